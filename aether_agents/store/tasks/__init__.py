"""Tasks in the store: control, planner steps, runs, questions, views."""
