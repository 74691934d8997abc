"""What the hostile try, and what must not happen."""
