"""Reviewed: what the review of a result shows, for whoever may look at its task."""

from aether_agents.access.roles import require
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service
from aether_agents.contracts import Shown
from aether_agents.errors import WrongStatus


async def reviewed(service: Service, task_id: str, intervention_id: str, person: Person) -> Shown:
    """All that an open review shows.

    Raises:
        NotAllowed: his role may not look.
        WrongStatus: it is no such review, or it is not open any more.
    """
    require(person.role, "look")
    asked = await service.question(task_id, intervention_id, person)
    if asked is None:
        raise WrongStatus(f"`{intervention_id}` is not open: it was answered, or its task has ended")
    return await service.call(lambda backend: backend.orchestrator.review(task_id, asked))
