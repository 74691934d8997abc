"""Templates, plan files and fixtures as files."""
