"""AetherTerm's `aetherterm.agents.orchestrator`: leads to `aether_agents`. There is no code here, and never will be."""

from aether_agents import AgentProcess, HighLevelTask, Orchestrator, connect
from aether_agents.agentserver.platform.enhanced import EnhancedAgentShell, EnhancedControlServer
from aether_agents.agentserver.platform.registration import register_aetherterm
from aether_agents.agentserver.platform.task_router import TaskRouter

AgentOrchestrator = Orchestrator

__all__ = [
    "AgentOrchestrator",
    "AgentProcess",
    "EnhancedAgentShell",
    "EnhancedControlServer",
    "HighLevelTask",
    "Orchestrator",
    "TaskRouter",
    "connect",
    "register_aetherterm",
]
