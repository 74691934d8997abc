from aether_agents.orchestrator.orchestrator import Orchestrator as Orchestrator
from aether_agents.orchestrator.orchestrator import connect as connect
