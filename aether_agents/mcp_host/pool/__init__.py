"""All sessions of a process: opened, kept warm, probed, closed."""
