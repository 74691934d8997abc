"""The commands, a module per call: each is imported when it is called, and holds no logic."""
