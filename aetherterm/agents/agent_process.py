"""AetherTerm's `AgentProcess`: leads to `aether_agents`. There is no code here.

The platform's own path, `aetherterm.agentserver.agent_process`, lies in a package of AetherTerm's: there one line,
`from aetherterm.agents.agent_process import AgentProcess`, does it; or `install_hook()` before the first import.
"""

from aether_agents.agentserver import AgentProcess
from aether_agents.agentserver.platform.import_hook import install_hook

__all__ = ["AgentProcess", "install_hook"]
