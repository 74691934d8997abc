"""Plans of tasks that belong to others: what is put back, what is run again, and what is taken over."""
