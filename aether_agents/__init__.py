"""AetherTerm agents: give it a goal; it plans, sends each subtask to its specialist, and tells you what happens."""

__version__ = "0.1.0"
