"""Steering: priorities of tasks under way, the brake on all of them, and several tasks chosen at once."""

from aether_agents.access.roles import SEES_ALL, require
from aether_agents.contracts import TERMINAL_SUBTASK, Role, TaskStatus
from aether_agents.errors import AetherError, InvalidTask, NotAllowed, WrongStatus
from aether_agents.orchestrator.sending import Sending
from aether_agents.store.tasks.steering import Brake

LOWEST, HIGHEST = 0, 9


class Steering(Sending):
    """What a person changes of tasks that are under way."""

    def set_priority(self, task_id: str, priority: int, *, by: str = "local", role: Role = "Owner") -> None:
        """Give a task another priority, whether it waits or runs; calls under way go on as they are.

        Raises:
            InvalidTask: it is not from 0 to 9.
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        if not LOWEST <= priority <= HIGHEST:
            raise InvalidTask(f"`priority`: a whole number from {LOWEST} to {HIGHEST} is wanted, not {priority}")
        self._allow(role, "act", task_id, by)
        self._send(self._store.tasks.set_priority(task_id, priority, by))

    def brake(self) -> Brake | None:
        """The brake on all tasks, while it is on."""
        return self._store.tasks.brake()

    def put_brake_on(
        self, *, by: str = "local", reason: str = "", role: Role = "Owner", pause: bool = True
    ) -> tuple[str, ...]:
        """Let nothing be planned and no call begin, in any process, until the brake is released. It survives restarts.

        Calls under way go on to their end. Open tasks are paused, so that their time does not run out meanwhile, and
        resumed with the release; gives their ids. Where the brake is on already, nothing changes.

        Raises:
            NotAllowed: the role may not act on others' tasks.
        """
        _require_all(role)
        stand = self._store.tasks.open_tasks() if pause else []
        going = [one.task_id for one in stand if one.status is not TaskStatus.PAUSED]
        if not self._store.tasks.put_brake_on(by, reason, going):
            return ()
        return tuple(one for one in going if self._paused(one, by))

    def _paused(self, task_id: str, by: str) -> bool:
        try:
            self._store.tasks.pause(task_id, by)
        except WrongStatus:  # it has just ended
            return False
        return True

    def release_brake(self, *, by: str = "local", role: Role = "Owner") -> tuple[str, ...]:
        """Let tasks go on; those that were paused with the brake are resumed. Gives their ids.

        Raises:
            NotAllowed: the role may not act on others' tasks.
            WrongStatus: it is not on.
        """
        _require_all(role)
        was_on, paused = self._store.tasks.release_brake(by)
        if not was_on:
            raise WrongStatus("the brake is not on")
        resumed = []
        for task_id in paused:
            try:
                self._send(self._store.tasks.resume(task_id, by))
            except AetherError:
                continue  # somebody resumed or ended it
            resumed.append(task_id)
        return tuple(resumed)

    def chosen(
        self, *, owner: str | None = None, specialist: str | None = None, by: str = "local", role: Role = "Owner"
    ) -> list[str]:
        """The ids of open tasks, the oldest first: of an owner, with work left for a specialist, or all.

        Raises:
            NotAllowed: the role may not look.
        """
        require(role, "look")
        mine = owner if role in SEES_ALL else by
        found = [one.task_id for one in self._store.tasks.open_tasks(mine) if owner in (None, one.owner)]
        return [one for one in reversed(found) if specialist is None or self._concerns(one, specialist)]

    def _concerns(self, task_id: str, specialist: str) -> bool:
        try:
            view = self._store.tasks.view(task_id)
        except AetherError:
            return False
        return any(one.specialist == specialist and one.status not in TERMINAL_SUBTASK for one in view.subtasks)


def _require_all(role: Role) -> None:
    require(role, "act", own=False)
    if role not in SEES_ALL:
        raise NotAllowed(f"{role} may not stop everybody's tasks: ask a Supervisor or an Owner")
