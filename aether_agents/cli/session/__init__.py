"""One call of the program: settings, connections, reconnecting."""
