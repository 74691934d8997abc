"""Tasks that belong to others: chains of retries, and what the next one takes over."""
