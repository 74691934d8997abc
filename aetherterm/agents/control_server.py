"""AetherTerm's `EnhancedControlServer`: leads to `aether_agents`. There is no code here."""

from aether_agents.agentserver.platform.enhanced import EnhancedControlServer

__all__ = ["EnhancedControlServer"]
