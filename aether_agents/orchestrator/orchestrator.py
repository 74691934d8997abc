"""The one door: every face submits, answers, stops and follows tasks here, and nowhere else.

A door holds a connection to the store and, once it has something to send, a Celery producer. It never
waits for a task and never asks Celery for a result: state is in the store, news comes as events.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from aether_agents.access.roles import Act, may_approve, require
from aether_agents.contracts import Answer, HighLevelTask, Intervention, Role
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask, NotAllowed, NoWorker, StoreUnavailable
from aether_agents.orchestrator import undo
from aether_agents.orchestrator.reader import Window
from aether_agents.settings.model import Settings
from aether_agents.store import Delivery, Store, open_store
from aether_agents.telemetry import tracing

PLANNER_QUEUE = "planner"


class Sender(Protocol):
    """What the door needs of `execution.delivery.sender.Sender`."""

    def send(self, deliveries: Iterable[Delivery]) -> None:
        """Send one message per delivery."""

    def close(self) -> None:
        """Let go of all connections."""


def connect(settings: Settings) -> "Orchestrator":
    """Open the door to the store and broker the settings name.

    Raises:
        StoreUnavailable: the store cannot be reached.
        CannotOpen: there is no sealing key.
    """
    return Orchestrator(settings, open_store(settings))


class Orchestrator(Window):
    """Submit, answer, stop and follow tasks. Safe to share between threads; close it when done."""

    def __init__(self, settings: Settings, store: Store) -> None:
        super().__init__(settings, store)
        store.when_freed(self._send)

    def __enter__(self) -> "Orchestrator":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections. Tasks go on."""
        if "_sender" in self.__dict__:
            self._sender.close()
        self._store.close()

    # -- ask ---------------------------------------------------------------------------------------------------

    def submit(self, task: HighLevelTask) -> str:
        """Accept a task and hand it to a planner. The same id from the same owner is the same task.

        Raises:
            NotAllowed: the role may not submit, or not approve ahead, or the id is another owner's.
            InvalidTask: its context is unknown or its folder is relative.
            StoreUnavailable: nothing was accepted.
        """
        require(task.role, "submit")
        _require_consent(task.role, assume_yes=task.assume_yes)
        task = self._completed(task)
        tracing.begin("client", quiet=True)
        with tracing.span("submit", task_id=task.task_id):
            if self._store.tasks.create(task):
                self._send([Delivery(task.task_id, "", PLANNER_QUEUE, task.priority)])
        return task.task_id

    def require_worker(self, queue: str = PLANNER_QUEUE) -> None:
        """Make sure that somebody serves a queue.

        Raises:
            NoWorker: nobody does.
            StoreRefuses: nobody could say so.
        """
        if not any(queue in worker.queues and worker.hears for worker in self.workers()):
            self._store.try_to_write()
            raise NoWorker(f"no worker serves the queue `{queue}`: start one with `aether-agent worker {queue}`")

    # -- act ---------------------------------------------------------------------------------------------------

    def answer(self, task_id: str, answer: Answer, *, role: Role = "Owner") -> None:
        """Answer an intervention; what becomes ready is sent at once.

        Raises:
            TaskNotFound: there is no such task.
            NotAllowed: the role may not approve (it may give inputs to a task of its own).
            WrongStatus: nothing of that name is being asked, or the answer is not one of its choices.
        """

        def may(asked: Intervention) -> None:  # it judges what is then answered: read twice, it could be two questions
            of_planning = asked.subtask_id is None and asked.kind in ("input", "choice")
            act: Act = "act" if of_planning else "approve"  # "it may have run: again?" weighs as much as the first yes
            self._allow(role, act, task_id, answer.by)

        self._send(self._store.tasks.answer(task_id, answer, may))

    def refine(self, task_id: str, instruction: str, *, by: str = "local", role: Role = "Owner") -> None:
        """Have a task planned anew with more words, while it asks about its plan; what it asked is void.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus, InvalidTask: see each.
        """
        self._allow(role, "act", task_id, by)
        self._send(self._store.tasks.refine(task_id, instruction, by))

    def pause(self, task_id: str, *, by: str = "local", role: Role = "Owner") -> None:
        """Start nothing new of a task until it is resumed; what runs goes on to its end.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        self._allow(role, "act", task_id, by)
        self._store.tasks.pause(task_id, by)

    def resume(self, task_id: str, *, by: str = "local", role: Role = "Owner") -> None:
        """Go on with a paused task.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        self._allow(role, "act", task_id, by)
        self._send(self._store.tasks.resume(task_id, by))

    def cancel(self, task_id: str, *, by: str = "local", reason: str = "", role: Role = "Owner") -> None:
        """End a task: nothing of it starts any more, and calls that run are cancelled at their server.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        self._allow(role, "act", task_id, by)
        self._store.tasks.cancel(task_id, by, reason)

    def undo(
        self, task_id: str, to: str | None = None, *, by: str = "local", role: Role = "Owner", assume_yes: bool = False
    ) -> str:
        """Put back what an ended task changed, in a task of its own, whose id this gives; `undoing` shows it first.

        Args:
            task_id: the task to undo.
            to: the subtask to go back to: it stays, what ended after it is undone.
            by: who asks.
            role: the asker's role.
            assume_yes: answer ahead the questions policy lets one answer ahead.

        Raises:
            CannotUndo: it changed nothing, or nothing of what it changed can be undone.
            TaskNotFound, NotAllowed, WrongStatus: see each; what has been undone is not undone again.
        """
        self._allow(role, "act", task_id, by)
        _require_consent(role, assume_yes=assume_yes)
        tracing.begin("client", quiet=True)
        with tracing.span("undo", undoes=task_id):
            task = undo.accept(self._store, task_id, to, role=role, assume_yes=assume_yes, complete=self._completed)
            self._send([Delivery(task.task_id, "", PLANNER_QUEUE, task.priority)])
        return task.task_id

    def list_server(self, name: str) -> None:
        """Have a worker list a server's tools anew; until then the catalogue calls its entry outdated.

        Raises:
            InvalidSettings: there is no such server.
        """
        self._store.catalogue.outdate(name)

    def accept_server(self, name: str, digest: str) -> None:
        """Accept the tools of a server as they were shown: `digest` is that of the catalogue's entry.

        Raises:
            InvalidSettings: there is no such server.
            ToolDrifted: it has been listed otherwise since then.
        """
        self._store.catalogue.accept(name, digest)

    # -- inside ------------------------------------------------------------------------------------------------

    @cached_property
    def _sender(self) -> Sender:
        # Celery takes as long to import as all the rest together; who only looks need not wait for it.
        from aether_agents.execution.delivery import sender  # noqa: PLC0415

        return sender.Sender.to(self.settings)

    def _send(self, deliveries: list[Delivery]) -> None:
        if deliveries:
            with suppress(StoreUnavailable):  # the store has it: what is not sent now, the reaper sends
                self._sender.send(deliveries)

    def _allow(self, role: Role, act: Act, task_id: str, by: str) -> None:
        # As it is sealed: what stands beside it, for lists, anybody can write who can write to the store.
        require(role, act, own=self._store.tasks.task(task_id).owner == by)

    def _completed(self, task: HighLevelTask) -> HighLevelTask:
        """The task with what the settings say where it says nothing."""
        settings = self.settings
        context = task.context or settings.agent_system.cli_interface.default_context
        if context not in settings.contexts and context != "local":
            known = ["local", *settings.contexts]
            raise InvalidTask(f"there is no context `{context}`{nearest(context, known)}; known: {', '.join(known)}")
        if task.folder and not Path(task.folder).is_absolute():
            raise InvalidTask(f"`folder` must be absolute, not `{task.folder}`")
        timeout = task.timeout_seconds or settings.agent_system.orchestrator.task_timeout
        return task.model_copy(update={"context": context, "timeout_seconds": timeout})


def _require_consent(role: Role, *, assume_yes: bool) -> None:
    """Make sure that consent ahead of time is given by who may approve.

    Raises:
        NotAllowed: it is not.
    """
    if assume_yes and not may_approve(role):
        raise NotAllowed(f"{role} may not approve, so not ahead either: leave `assume_yes` out, and it is asked")
