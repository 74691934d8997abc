"""The command line with everything it can load, in this process."""
