"""A batch: many tasks from one file, in order of their needs, side by side, picked up where it stopped."""
