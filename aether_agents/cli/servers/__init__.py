"""What the command line does with servers that others brought or that ask for a login."""
