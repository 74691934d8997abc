"""What the store knows beside tasks: servers, workers, schedules, alerts, counters, its own health."""
