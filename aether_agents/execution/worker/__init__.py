"""The worker process: services, heartbeat, tool listings, planner steps, subtasks."""
