"""Schedules for clients: who may see, add and remove which."""

from aether_agents.access.roles import may_approve, require
from aether_agents.agentserver.service.backend import Backend
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.service.update import Message
from aether_agents.errors import TooManyTasks
from aether_agents.orchestrator import scheduling
from aether_agents.orchestrator.scheduling import Kept, Times


async def schedules(service: Service, person: Person) -> list[Message]:
    """All of them, or of who sees only his own, those that he added.

    Raises:
        NotAllowed: his role may not look.
    """
    require(person.role, "look")
    found = await service.call(lambda backend: scheduling.schedules(backend.store.schedules, backend.settings))
    return [_told(one) for one in found if person.may_see(one.by)]


async def add(service: Service, task_id: str, times: Times, name: str, person: Person) -> Message:
    """Do again and again what a task does that was only planned.

    Raises:
        NotAllowed, TaskNotFound, WrongStatus, InvalidTask, InvalidSettings: as `scheduling.schedule_planned`.
        TooManyTasks: he may not approve, and has added as many as one user may have tasks open.
    """
    await service.view(task_id, person)
    most = service.settings.agent_system.agent_process.max_background_tasks

    def kept(backend: Backend) -> str:
        mine = [one for one in backend.store.schedules.added().values() if one.owner == person.name]
        if len(mine) >= most and not may_approve(person.role):
            raise TooManyTasks(
                f"{person.name} has added {most} schedules, as many as one user may have "
                "(agent_system.agent_process.max_background_tasks): remove one"
            )
        own, _ = scheduling.schedule_planned(
            backend.store, backend.settings, task_id, times, name, by=person.name, role=person.role
        )
        backend.schedules_changed()
        return own

    own = await service.call(kept)
    return next(one for one in await schedules(service, person) if one["name"] == own)


async def remove(service: Service, name: str, person: Person) -> None:
    """Forget a schedule that was added. To who does not see it, it is not there.

    Raises:
        NotAllowed: it is another's, and his role may not act on that.
        InvalidSettings: there is none of that name.
    """
    require(person.role, "look")

    def gone(backend: Backend) -> None:
        kept, by = backend.store.schedules, person.name
        scheduling.remove_schedule(kept, backend.settings, name, by=by, role=person.role, sees=person.may_see)
        backend.schedules_changed()

    await service.call(gone)


def _told(one: Kept) -> Message:
    fired = one.note.fired
    return {
        "name": one.name,
        "task": one.settings.task,
        "crontab": one.settings.crontab,
        "every": one.settings.every,
        "timezone": one.settings.timezone or "UTC",
        "enabled": one.settings.enabled,
        "paused": one.note.paused,
        "next": one.next.isoformat() if one.next else None,
        "last": fired.slot.isoformat() if fired else None,
        "last_task": fired.task_id if fired else "",
        "last_error": fired.error if fired else "",
        "missed": fired.missed if fired else 0,
        "by": one.by or "settings",
    }
