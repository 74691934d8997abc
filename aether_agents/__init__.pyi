from aether_agents.agentserver.service.agent_process import AgentProcess as AgentProcess
from aether_agents.contracts.event import Event as Event
from aether_agents.contracts.intervention import Answer as Answer
from aether_agents.contracts.task import HighLevelTask as HighLevelTask
from aether_agents.errors import *  # noqa: F403 - every error
from aether_agents.orchestrator.orchestrator import Orchestrator as Orchestrator
from aether_agents.orchestrator.orchestrator import connect as connect
from aether_agents.settings.loader import load_settings as load_settings

__version__: str
