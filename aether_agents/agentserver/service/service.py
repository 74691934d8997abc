"""Service: the one way in for sockets, HTTP and AgentProcess. Who may do what is the orchestrator's to say;
here its blocking calls are kept off the event loop, what each client has open is counted, events become updates.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

from aether_agents.access.roles import require
from aether_agents.agentserver.service.backend import Backend
from aether_agents.agentserver.service.event_fanout import EventFanout
from aether_agents.agentserver.service.identity import Person, in_name_of
from aether_agents.agentserver.service.throttle import Throttle
from aether_agents.agentserver.service.update import Message, Updates, ended, lost
from aether_agents.contracts import Answer, HighLevelTask, Intervention, Json, TaskView
from aether_agents.errors import StoreUnavailable, TooManyTasks
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.loader import load_settings
from aether_agents.settings.model import Settings
from aether_agents.store.client.store_client import unknown
from aether_agents.store.tasks.open_tasks import OpenTask

Value = TypeVar("Value")

#: Latest tasks among which those of a person are looked for who sees only his own.
LOOKED_THROUGH = 2_000

#: Threads for calls that block: each is a few milliseconds, unless the store is away.
THREADS = 8

#: Seconds between two tries to follow a task while the store is away.
AGAIN = 1.0


class Service:
    """Everything is a coroutine, for one event loop. Nothing is opened before it is needed; close it when done."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._process = settings.agent_system.agent_process
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aether-service")
        self._opening = asyncio.Lock()
        self._backend: Backend | None = None
        self._fanout: EventFanout | None = None
        self.submitting = asyncio.Lock()  # so that two submissions are not counted as one
        self._updates = Updates(lambda name: self.call(ended(name)))
        self._closed = False

    async def open(self) -> Backend:
        """The orchestrator, connected now unless it is.

        Raises:
            StoreUnavailable, StackError, CannotOpen: there is nothing behind it; the next call tries again.
        """
        async with self._opening:
            if self._closed:
                raise StoreUnavailable("this AgentServer is closed: register it again")
            if self._backend is None:
                self._backend = await self._threaded(partial(Backend, self.settings))
                self._fanout = EventFanout(self._backend.store, self._threaded)
            return self._backend

    @property
    def closed(self) -> bool:
        """Whether it serves no more."""
        return self._closed

    async def close(self) -> None:
        """Let go of everything. Tasks go on."""
        async with self._opening:
            self._closed = True
            if self._fanout is not None:
                await self._fanout.close()
            if self._backend is not None:
                await self._threaded(self._backend.close)
            self._fanout = self._backend = None
        self._threads.shutdown(wait=False)

    # -- ask

    async def submit(self, task: HighLevelTask, person: Person) -> str:
        """Accept a task in somebody's name.

        Raises:
            NotAllowed, InvalidTask: as `Orchestrator.submit`.
            TooManyTasks: he has as many open as one user may have.
        """
        require(person.role, "submit")
        backend = await self.open()
        owned = in_name_of(person, task)
        async with self.submitting:
            await self._threaded(partial(self.count, backend, owned.owner, owned.task_id))
            return await self._threaded(partial(backend.orchestrator.submit, owned))

    def count(self, backend: Backend, owner: str, task_id: str = "") -> None:
        """Refuse a task (`TooManyTasks`) of somebody who has as many open as one user may have."""
        limit = self._process.max_background_tasks
        mine = backend.store.tasks.open_tasks(owner, limit)
        if len(mine) >= limit and task_id not in {one.task_id for one in mine}:
            raise TooManyTasks(
                f"{owner} has {limit} tasks open, as many as one user may have (agent_system.agent_process."
                "max_background_tasks): wait for one to end, or cancel one"
            )

    async def answer(self, task_id: str, answer: Answer, person: Person) -> None:
        """As `Orchestrator.answer`, in somebody's name."""
        mine = answer.model_copy(update={"by": person.name})
        await self._act(task_id, person, lambda tasks: tasks.answer(task_id, mine, role=person.role))

    async def cancel(self, task_id: str, person: Person, reason: str = "") -> None:
        """As `Orchestrator.cancel`, in somebody's name."""
        by = person.name
        await self._act(task_id, person, lambda tasks: tasks.cancel(task_id, by=by, reason=reason, role=person.role))

    async def pause(self, task_id: str, person: Person) -> None:
        """As `Orchestrator.pause`, in somebody's name."""
        await self._act(task_id, person, lambda tasks: tasks.pause(task_id, by=person.name, role=person.role))

    async def resume(self, task_id: str, person: Person) -> None:
        """As `Orchestrator.resume`, in somebody's name."""
        await self._act(task_id, person, lambda tasks: tasks.resume(task_id, by=person.name, role=person.role))

    async def refine(self, task_id: str, instruction: str, person: Person) -> None:
        """As `Orchestrator.refine`, in somebody's name."""
        by = person.name
        await self._act(task_id, person, lambda tasks: tasks.refine(task_id, instruction, by=by, role=person.role))

    async def retry(
        self, task_id: str, person: Person, start: str, inputs: Mapping[str, Json] | None, replan: str | None = None
    ) -> str:
        """As `Orchestrator.retry`, in somebody's name; the difference is asked about first."""
        told: dict[str, Any] = {"inputs": inputs, "by": person.name, "role": person.role, "replan": replan}
        await self._require_sight(task_id, person)  # before its owner's tasks are counted, which names him
        async with self.submitting:
            await self.call(lambda backend: self.count(backend, backend.store.tasks.task(task_id).owner))
            return await self.call(lambda backend: backend.orchestrator.retry(task_id, start, **told))

    async def _act(self, task_id: str, person: Person, act: Callable[[Orchestrator], Value]) -> Value:
        await self._require_sight(task_id, person)
        return await self.call(lambda backend: act(backend.orchestrator))

    # -- look

    async def view(self, task_id: str, person: Person, *, outputs: bool = False) -> TaskView:
        """A task as it stands.

        Raises:
            NotAllowed: his role may not look.
            TaskNotFound: there is no such task.
        """
        await self._require_sight(task_id, person)
        return await self.call(lambda backend: backend.orchestrator.view(task_id, outputs=outputs))

    async def question(self, task_id: str, intervention_id: str, person: Person) -> Intervention | None:
        """An open question of a task that he sees."""
        await self._require_sight(task_id, person)
        return await self.call(lambda backend: backend.store.tasks.question(task_id, intervention_id))

    async def tasks(self, person: Person, limit: int = 50) -> list[TaskView]:
        """The latest tasks, newest first; of who sees only his own, his.

        Raises:
            NotAllowed: his role may not look.
        """
        require(person.role, "look")
        most = LOOKED_THROUGH if person.own_only else limit
        found = await self.call(lambda backend: backend.orchestrator.tasks(most))
        return [view for view in found if person.may_see(view.owner)][:limit]

    async def _require_sight(self, task_id: str, person: Person) -> None:
        """Make sure that a person sees a task: to others it is not there, and whose role may not look is refused."""
        require(person.role, "look")
        if person.own_only:
            task = await self.call(lambda backend: backend.store.tasks.task(task_id))
            if not person.may_see(task.owner):
                raise unknown(task_id)

    async def open_tasks(self, owner: str | None = None) -> list[OpenTask]:
        """The open tasks of one owner, or of all."""
        return await self.call(lambda backend: backend.store.tasks.open_tasks(owner))

    async def updates(self, task_id: str, person: Person, after: int = 0) -> AsyncGenerator[Message, None]:
        """What happened to a task after a number, then what happens, until it has ended; progress at its pace.

        While the store is away, whoever listens is told so (by the last update, with `code` and `error`), and goes on
        when it is back: the end of the task is not missed.

        Raises:
            NotAllowed: his role may not look.
            TaskNotFound: there is no such task, or it has expired meanwhile.
            StoreUnavailable: this AgentServer is closed.
        """
        last: Message = {"seq": after}
        while True:
            try:
                await self._require_sight(task_id, person)
                async with aclosing(self._following(task_id, last["seq"])) as updates:
                    async for last in updates:
                        yield dict(last)  # each follower has a copy
            except StoreUnavailable as error:
                if self._closed:
                    raise
                yield lost(task_id, last, error)
            else:
                return
            await asyncio.sleep(AGAIN)

    async def _following(self, task_id: str, after: int) -> AsyncGenerator[Message, None]:
        await self.open()
        if self._fanout is None:
            return
        throttle = Throttle(self._process.ui_update_interval)
        async with self._fanout.following(task_id, after) as following:
            while (events := await following.next(throttle.wait(time.monotonic()))) is not None:
                for event in throttle.take(events, time.monotonic()):
                    yield await self._updates.of(event)

    async def _threaded(self, work: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def call(self, work: Callable[[Backend], Value]) -> Value:
        """Something of the adapters' own that blocks, done in a thread."""
        backend = await self.open()
        return await self._threaded(partial(work, backend))


class _Common:
    """The service that those share who are given none."""

    service: Service | None = None


def common_service(service: Service | None = None) -> Service:
    """The service of this process: the one that was said last, or one for the settings found here.

    `AgentProcess(task, context, user)` is made deep inside a host that cannot pass one; nothing else uses this.

    Raises:
        InvalidSettings: the settings found here are wrong.
    """
    if service is not None:
        _Common.service = service
    if _Common.service is None or _Common.service.closed:
        _Common.service = Service(load_settings())
    return _Common.service
