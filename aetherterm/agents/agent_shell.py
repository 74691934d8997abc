"""AetherTerm's `EnhancedAgentShell`: leads to `aether_agents`. There is no code here."""

from aether_agents.agentserver import AgentCommand, CommandResult
from aether_agents.agentserver.platform.enhanced import EnhancedAgentShell

__all__ = ["AgentCommand", "CommandResult", "EnhancedAgentShell"]
