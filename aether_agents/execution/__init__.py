"""Execution: a plan becomes messages, a message becomes one call of a tool, a call becomes an outcome."""
