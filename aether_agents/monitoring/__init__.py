"""What operators look at: Flower, Prometheus metrics, budgets of calls."""
