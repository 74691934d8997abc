"""Steering at the store: the priority of a task that is there already, and the brake on all of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from aether_agents.errors import WrongStatus
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Delivery
from aether_agents.store.client.store_client import StorePart, deliveries
from aether_agents.store.tasks.stored_views import moment


class Brake(NamedTuple):
    """While it is on, nothing is planned and no call begins, whichever process asks. It outlives all of them."""

    by: str
    reason: str
    at: datetime | None
    tasks: tuple[str, ...] = ()  #: paused with it


class Steering(StorePart):
    """What people change of tasks that are under way."""

    def set_priority(self, task_id: str, priority: int, by: str) -> list[Delivery]:
        """Give a task another priority, from 0 to 9. What waits of it is sent once more, with the new one.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it has ended, or is being ended.
        """
        kind, sends = self._access.call(
            "set_priority",
            task_id,
            priority,
            by,
            tells=("task.priority", {"task": task_id, "by": by, "priority": priority}),
        )
        if kind == b"closed":
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` has ended, or is being ended: its priority changes nothing any more")
        return deliveries(sends)

    def pause(self, task_id: str, by: str) -> None:
        """Start nothing new of a task; what runs goes on.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it is paused, or it has ended or is being ended.
        """
        if not self._access.call("pause", task_id, by, tells=("task.paused", {"task": task_id, "by": by})):
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` cannot be paused: it is paused already, or it has ended")

    def resume(self, task_id: str, by: str) -> list[Delivery]:
        """Go on with a paused task.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it is not paused.
        """
        done, sends = self._access.call("resume", task_id, by, tells=("task.resumed", {"task": task_id, "by": by}))
        if not done:
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` cannot be resumed: it is not paused, or is being ended")
        return deliveries(sends)

    def cancel(self, task_id: str, by: str, reason: str = "") -> list[str]:
        """End a task. Gives the subtasks that still run: their workers learn it at their next renewal.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it has ended or is being ended.
        """
        said = self._access.seal_said(task_id, f"cancelled by {by}: {reason}") if reason else b""
        tells = "task.stopped", {"task": task_id, "by": by}
        done, running = self._access.call("cancel", task_id, by, said, tells=tells)
        if not done:
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` cannot be cancelled: it has ended, or is being ended")
        return [name.decode() for name in running]

    def put_brake_on(self, by: str, reason: str = "", tasks: Iterable[str] = ()) -> bool:
        """Let nothing begin until the brake is released. False: it is on already, and stays as it is."""
        tells = "brake.on", {"by": by, "why": self._access.audit.digest(reason) if reason else ""}
        sealed = self._access.seal_text(Places.brake(), reason)
        return bool(self._access.call("brake", by, sealed, " ".join(tasks), tells=tells))

    def release_brake(self, by: str = "local") -> tuple[bool, tuple[str, ...]]:
        """Let tasks go on, within seconds. Whether it was on, and what was paused with it."""
        was_on, tasks = self._access.call("release", tells=("brake.off", {"by": by}))
        return bool(was_on), tuple(tasks.decode().split())

    def brake(self) -> Brake | None:
        """The brake, while it is on."""
        found = self._access.connection.command("HMGET", self._access.keys.brake, "by", "reason", "at", "tasks")
        if found[0] is None:
            return None
        by, reason, at, tasks = ((value or b"").decode() for value in found)
        return Brake(by, self._access.open_text(Places.brake(), reason), moment(int(at or 0)), tuple(tasks.split()))
