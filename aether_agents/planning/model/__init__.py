"""A language model as planner, where one is configured: it drafts what no template does, and a person reviews it."""
