"""What commands do with processes: the embedded stack, logs, schedules, doctor."""
