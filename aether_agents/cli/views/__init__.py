"""How plans, tasks, events and outcomes look."""
