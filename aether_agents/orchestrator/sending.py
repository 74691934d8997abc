"""Sending: a reader that can hand tasks to the store and messages to Celery, and knows who may."""

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

from aether_agents.access.roles import Act, may_approve, require
from aether_agents.contracts import HighLevelTask, Role
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask, NotAllowed, StoreUnavailable
from aether_agents.orchestrator.plan_reader import PlanReader
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, Delivery, Store


class Sender(Protocol):
    """What the orchestrator needs of `execution.delivery.sender.Sender`."""

    def send(self, deliveries: Iterable[Delivery]) -> None:
        """Send one message per delivery."""

    def close(self) -> None:
        """Let go of all connections."""


class Sending(PlanReader):
    """What all that changes a task needs."""

    def __init__(self, settings: Settings, store: Store) -> None:
        super().__init__(settings, store)
        store.when_freed(self._send)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections. Tasks go on."""
        if "_sender" in self.__dict__:
            self._sender.close()
        self._store.close()

    @cached_property
    def _sender(self) -> Sender:
        # Celery takes as long to import as all the rest together; who only looks need not wait for it.
        from aether_agents.execution.delivery import sender  # noqa: PLC0415

        return sender.Sender.to(self.settings)

    def _send(self, deliveries: list[Delivery]) -> None:
        if deliveries:
            with suppress(StoreUnavailable):  # the store has it: what is not sent now, the reaper sends
                self._sender.send(deliveries)

    def _send_to_planner(self, task: HighLevelTask) -> None:
        self._send([Delivery(task.task_id, "", PLANNER, task.priority)])

    def _allow(self, role: Role, act: Act, task_id: str, by: str) -> None:
        # As it is sealed: what stands beside it, for lists, anybody can write who can write to the store.
        require(role, act, own=self._store.tasks.task(task_id).owner == by)

    def _completed(self, task: HighLevelTask) -> HighLevelTask:
        """The task with what the settings say where it says nothing."""
        settings = self.settings
        context = task.context or self._named_context(task) or settings.agent_system.cli_interface.default_context
        if context not in settings.contexts and context != "local":
            known = ["local", *settings.contexts]
            raise InvalidTask(f"there is no context `{context}`{nearest(context, known)}; known: {', '.join(known)}")
        if task.folder and not Path(task.folder).is_absolute():
            raise InvalidTask(f"`folder` must be absolute, not `{task.folder}`")
        timeout = task.timeout_seconds or settings.agent_system.orchestrator.task_timeout
        return task.model_copy(update={"context": context, "timeout_seconds": timeout})

    def _named_context(self, task: HighLevelTask) -> str:
        """The one context that the sentence names, if it does: the task's secrets and inputs are that context's."""
        if task.document is not None or not self.settings.contexts:
            return ""
        from aether_agents.planning.sentence.named_contexts import contexts_in  # noqa: PLC0415 - only with contexts

        names = {one.name for one in contexts_in(task.description, self.settings.contexts)}
        return names.pop() if len(names) == 1 else ""


def require_consent(role: Role, *, assume_yes: bool, four_eyes: bool) -> None:
    """Make sure that consent ahead of time is given by who may approve.

    Raises:
        NotAllowed: it is not.
    """
    if assume_yes and not may_approve(role):
        raise NotAllowed(f"{role} may not approve, so not ahead either: leave `assume_yes` out, and it is asked")
    if assume_yes and four_eyes:
        raise NotAllowed("who asks may not approve here (policy.four_eyes), so not ahead either: leave `--yes` out")
