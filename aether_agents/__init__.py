"""AetherTerm agents: give it a goal; it plans, sends each subtask to its specialist, and tells you what happens.

What another program may import from here is listed below, and every error is here too. It is loaded when it is first
used: the command line and the processes of the stack import this package first, and wait for nothing else.

    from aether_agents import HighLevelTask, connect, load_settings

    with connect(load_settings()) as orchestrator:
        task_id = orchestrator.submit(HighLevelTask(description="Onboard this project"))
        for event in orchestrator.follow(task_id):
            print(event.type)

Further faces: `aether_agents.agentserver` (the way in for a terminal server), `aether_agents.contracts` (the values),
`aether_agents.errors`, `aether_agents.settings`, `aether_agents.store`, `aether_agents.specialists` and
`aether_agents.testing`.
"""

from importlib import import_module

__version__ = "0.2.0"

__all__ = ["AgentProcess", "Answer", "Event", "HighLevelTask", "Orchestrator", "connect", "load_settings"]

_HOMES = {
    "Orchestrator": "orchestrator.orchestrator",
    "connect": "orchestrator.orchestrator",
    "HighLevelTask": "contracts.task",
    "Answer": "contracts.intervention",
    "Event": "contracts.event",
    "AgentProcess": "agentserver.service.agent_process",
    "load_settings": "settings.loader",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name) or ("errors" if name[:1].isupper() else "")
    found = getattr(import_module(f"{__name__}.{home}"), name, None) if home else None
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found
