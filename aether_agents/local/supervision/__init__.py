"""What the supervisor of the embedded stack does: children, locks, orders, state."""
