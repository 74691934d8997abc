"""Plan edits: a plan that waits to be run, changed for a client that waits for the difference; and what it takes."""

import asyncio
from contextlib import aclosing

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.service.update import Message

#: Seconds that a client waits for a plan; then it has the id, and follows the task.
_TIMEOUT = 60.0
_ENDS = frozenset({"completed", "failed", "cancelled", "waiting_user_input"})


async def refine(service: Service, task_id: str, instruction: str, person: Person) -> Message:
    """Tell a task more; or change a plan that waits to be run, and say what is other in the new one.

    Raises:
        NotAllowed, TaskNotFound, WrongStatus, InvalidTask: as `Orchestrator.refine` and `Orchestrator.change_plan`.
    """
    await service.view(task_id, person)
    if not await service.call(lambda backend: backend.orchestrator.is_proposal(task_id)):
        await service.refine(task_id, instruction, person)
        return {"status": "ok"}
    by, role = person.name, person.role
    new = await service.call(lambda backend: backend.orchestrator.change_plan(task_id, instruction, by=by, role=role))
    try:
        async with asyncio.timeout(_TIMEOUT), aclosing(service.updates(new, person)) as updates:
            async for update in updates:
                if update["status"] in _ENDS:
                    break
    except TimeoutError:
        pass  # it is still being planned: what there is is told
    found = await service.call(lambda backend: backend.orchestrator.refined(new))
    return {"status": "ok", "plan": found.model_dump(mode="json")}


async def accept(service: Service, task_id: str, person: Person) -> Message:
    """Run exactly the plan of a task that was only planned; the answer has the id of the task that does.

    Raises:
        NotAllowed, TaskNotFound, WrongStatus: as `Orchestrator.accept_plan`.
        TooManyTasks: its owner has as many open as one user may have.
    """
    await service.view(task_id, person)
    by, role = person.name, person.role
    async with service.submitting:
        await service.call(lambda backend: service.count(backend, backend.store.tasks.task(task_id).owner))
        new = await service.call(lambda backend: backend.orchestrator.accept_plan(task_id, by=by, role=role))
    return {"status": "accepted", "task_id": new}


async def dry_calls(service: Service, task_id: str, person: Person) -> list[Message]:
    """The calls of a dry run: those that were made, and those that would be.

    Raises:
        NotAllowed, TaskNotFound, WrongStatus: as `Orchestrator.dry_calls`.
    """
    await service.view(task_id, person)
    found = await service.call(lambda backend: backend.orchestrator.dry_calls(task_id))
    return [call.model_dump(mode="json") for call in found]


async def estimate(service: Service, task_id: str, person: Person) -> Message | None:
    """What the plan of a task takes; none before there is a plan.

    Raises:
        NotAllowed, TaskNotFound: as `Orchestrator.estimate`.
    """
    await service.view(task_id, person)
    found = await service.call(lambda backend: backend.orchestrator.estimate(task_id))
    return found.model_dump(mode="json") if found else None
