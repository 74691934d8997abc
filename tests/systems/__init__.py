"""Tests with real systems from the distribution's packages: `make test-systems`, a stage of its own."""
