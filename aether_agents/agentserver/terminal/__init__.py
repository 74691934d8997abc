"""AetherTerm's terminals: AgentShell, history, the audit file."""
