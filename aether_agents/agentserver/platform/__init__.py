"""AetherTerm's own names for what is here, and registration on its AgentServer."""
