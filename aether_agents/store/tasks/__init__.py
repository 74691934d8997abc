"""Tasks in the store: control, planner steps, runs, links between tasks, views."""
