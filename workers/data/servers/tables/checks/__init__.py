"""Checks: rules against tables, and what their columns hold."""
