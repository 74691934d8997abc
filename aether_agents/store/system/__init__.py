"""What the store knows beside tasks: servers, workers, schedules, alerts, its own health."""
