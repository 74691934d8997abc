"""ControlServer: what a supervisor sees of all tasks, and the brake. It speaks AetherTerm's line, as an agent, too."""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial

from aether_agents.access.roles import require
from aether_agents.agentserver.service.backend import Backend
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.priority import prioritize
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.service.update import Message
from aether_agents.agentserver.sockets.control_line import Brake, ControlLine, Line, SessionTasks
from aether_agents.contracts import TERMINAL_TASK, TaskStatus
from aether_agents.errors import AetherError, NotAllowed, TaskNotFound, WrongStatus
from aether_agents.store.tasks.open_tasks import OpenTask

log = logging.getLogger(__name__)

#: Ended tasks a report goes back to.
REPORTED = 50


class ControlServer:
    """Looks at all tasks and stops them, in the name of a Supervisor or an Owner."""

    def __init__(self, service: Service, person: Person, *, brake: Brake = "pause") -> None:
        """`brake`: whether a block that came over the line pauses tasks, or cancels them."""
        self._service = service
        self._person = person
        self._brake = brake
        self._braked: set[str] = set()
        self._session_of: dict[str, str] = {}  # of each open task; empty where it came from none

    async def monitor_agent_operations(self) -> Message:
        """Resource use, priorities and reports, as they are now.

        Raises:
            NotAllowed: the role may not look.
            StoreUnavailable: the store cannot be reached.
        """
        require(self._person.role, "look")
        if self._person.own_only:
            raise NotAllowed("who sees only tasks of his own does not see all operations: ask a Supervisor")
        return await self._service.call(_monitored)

    async def emergency_block(
        self, action: Brake | None = None, *, reason: str = "emergency block", sessions: Iterable[str] | None = None
    ) -> Message:
        """Pause or cancel every open task at once, or those of some terminal sessions.

        Without sessions the brake is on from then on: nothing is planned and no call begins, in any process, also after
        a restart, until `release`.

        Returns:
            `{action, affected: [task ids], failed: {task id: why}}`. A task that has just ended, or stood still
            already, is in neither.

        Raises:
            NotAllowed: the role may not act on others' tasks.
        """
        require(self._person.role, "act")
        action = action or self._brake
        affected: list[str] = []
        failed: dict[str, str] = {}
        if sessions is None:
            pauses = action == "pause"
            affected += await self._service.call(partial(_braked, person=self._person, reason=reason, pause=pauses))
        for task in await self._concerned(sessions):
            try:
                if action == "cancel":
                    await self._service.cancel(task.task_id, self._person, reason)
                else:
                    await self._service.pause(task.task_id, self._person)
                    self._braked.add(task.task_id)
                affected.append(task.task_id)
            except WrongStatus:
                continue
            except AetherError as error:
                failed[task.task_id] = str(error)
        return {"action": action, "affected": affected, "failed": failed}

    async def release(self, sessions: Iterable[str] | None = None) -> Message:
        """Go on with what a block paused, and release the brake if all was blocked. `{affected: [task ids]}`."""
        affected = await self._service.call(partial(_released, person=self._person)) if sessions is None else []
        for task in await self._concerned(sessions):
            if task.task_id in self._braked and task.status is TaskStatus.PAUSED:
                await self._service.resume(task.task_id, self._person)
                affected.append(task.task_id)
        self._braked.difference_update(affected)
        return {"affected": affected}

    async def set_priority(self, task_id: str, priority: int) -> Message:
        """Give a task another priority, 0 to 9, while it waits or runs. `{task_id, priority}`.

        Raises:
            InvalidTask, NotAllowed, TaskNotFound, WrongStatus: as `Orchestrator.set_priority`.
        """
        await prioritize(self._service, task_id, {"priority": priority}, self._person)
        return {"task_id": task_id, "priority": priority}

    async def serve(self, line: Line, agent_id: str) -> None:
        """Be an agent of AetherTerm's ControlServer, on a connection to its `/agent`, until it ends.

        The sessions of open tasks are announced, and one named `agent_id` that stands for all tasks.
        """
        await ControlLine(self, line, agent_id).serve()

    async def sessions(self) -> dict[str, SessionTasks]:
        """The terminal sessions that have open tasks."""
        tasks = await self._service.open_tasks()
        self._session_of = await self._service.call(partial(_session_of, tasks=tasks, known=self._session_of))
        found: dict[str, SessionTasks] = {}
        for task in tasks:
            if session := self._session_of.get(task.task_id):
                before = found.get(session, SessionTasks(task.owner, task.created, ()))
                created = min(before.created, task.created)
                found[session] = SessionTasks(before.owner, created, (*before.task_ids, task.task_id))
        return found

    async def _concerned(self, sessions: Iterable[str] | None) -> list[OpenTask]:
        tasks = await self._service.open_tasks()
        if sessions is None:
            return tasks
        wanted = set(sessions)
        known = await self.sessions()
        ids = {one for session, found in known.items() if session in wanted for one in found.task_ids}
        return [one for one in tasks if one.task_id in ids]


def _session_of(backend: Backend, *, tasks: list[OpenTask], known: Mapping[str, str]) -> dict[str, str]:
    """The session of each open task that has one; of those known before, no document is opened again."""
    found: dict[str, str] = {}
    for one in tasks:
        if (session := known.get(one.task_id)) is None:
            try:
                session = backend.store.tasks.task(one.task_id).session or ""
            except TaskNotFound:  # it has just been removed
                continue
        found[one.task_id] = session
    return found


def _braked(backend: Backend, *, person: Person, reason: str, pause: bool) -> tuple[str, ...]:
    return backend.orchestrator.put_brake_on(by=person.name, reason=reason, role=person.role, pause=pause)


def _released(backend: Backend, *, person: Person) -> list[str]:
    try:
        return list(backend.orchestrator.release_brake(by=person.name, role=person.role))
    except WrongStatus:  # it is not on
        return []


def _monitored(backend: Backend) -> Message:
    tasks = backend.store.tasks.open_tasks()
    workers = backend.orchestrator.workers()
    queues = sorted({queue for worker in workers for queue in worker.queues})
    slots = sum(one.status in (TaskStatus.PLANNING, TaskStatus.RUNNING) for one in tasks)
    limit = backend.settings.agent_system.orchestrator.max_concurrent_tasks
    memory = backend.store.connection.command("INFO", "memory")
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "resources": {
            "slots": {"used": slots, "of": limit},
            "queues": backend.store.backlog(queues),
            "workers": [worker._asdict() for worker in workers],
            "store_bytes": int(memory.get("used_memory", 0)),
            "load": [round(one, 2) for one in os.getloadavg()],
        },
        "tasks": [{**one._asdict(), "status": one.status.value} for one in tasks],
        "priorities": {one.task_id: one.priority for one in tasks},
        "reports": _reports(backend),
    }


def _reports(backend: Backend) -> Message:
    """The result of the latest tasks."""
    ended = [view for view in backend.orchestrator.tasks(REPORTED) if view.status in TERMINAL_TASK]
    fields = {"task_id", "description", "owner", "status", "degraded", "created_at", "finished_at", "error"}
    return {
        "by_status": dict(Counter(view.status.value for view in ended)),
        "latest": [view.model_dump(mode="json", include=fields) for view in ended],
    }
