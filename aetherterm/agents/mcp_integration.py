"""AetherTerm's `aetherterm.agents.mcp_integration`: leads to `aether_agents`. There is no code here."""

from aether_agents.agentserver.platform.mcp_servers import MCPServerRegistry
from aether_agents.agentserver.platform.task_router import TaskRouter

__all__ = ["MCPServerRegistry", "TaskRouter"]
