"""Programs that try to leave their sandbox, on each mechanism that the machine has."""
