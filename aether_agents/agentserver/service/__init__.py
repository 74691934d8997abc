"""What is behind every face for browsers: tasks, identity, events, throttling."""
