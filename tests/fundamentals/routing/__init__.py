"""A sentence becomes the right template, or a question: hundreds of them, against every template that ships."""
