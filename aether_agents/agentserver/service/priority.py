"""The priority of a task that waits or runs, changed by a person at any interface."""

from collections.abc import Mapping
from typing import Any

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.payload import number
from aether_agents.agentserver.service.service import Service
from aether_agents.errors import InvalidTask


async def prioritize(service: Service, task_id: str, said: Mapping[str, Any], person: Person) -> None:
    """Give a task the `priority` of a payload.

    Raises:
        InvalidTask, NotAllowed, TaskNotFound, WrongStatus: as `Orchestrator.set_priority`.
    """
    if said.get("priority") is None:
        raise InvalidTask("`priority` is missing")
    priority = number(said, "priority")
    await service.view(task_id, person)  # to who does not see it, it is not there
    await service.call(
        lambda backend: backend.orchestrator.set_priority(task_id, priority, by=person.name, role=person.role)
    )
