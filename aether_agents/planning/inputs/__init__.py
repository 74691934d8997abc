"""What fills the inputs of a template."""
