"""The events of tasks: written, read, followed."""
