"""Whether a plan can run: structure, order, scope, arguments, effects."""
