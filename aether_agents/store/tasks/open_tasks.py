"""OpenTasks: which tasks are open, read without opening a document."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aether_agents.contracts import TERMINAL_TASK, TaskStatus
from aether_agents.store.client.store_client import StorePart

#: Tasks looked at in one go.
PAGE = 1_000


class OpenTask(NamedTuple):
    """A task that has not ended."""

    task_id: str
    owner: str
    status: TaskStatus
    priority: int
    created: float  #: seconds since the epoch, by the store's clock
    done: int  #: subtasks that have ended
    total: int  #: subtasks there are; 0 before it runs


class OpenTasks(StorePart):
    """Who has what open."""

    def open_tasks(self, owner: str | None = None, limit: int | None = None) -> list[OpenTask]:
        """The open tasks among the latest ones (10,000), newest first; of one owner, or of all."""
        found: list[OpenTask] = []
        for task in self._open():
            if owner in (None, task.owner):
                found.append(task)
            if len(found) == limit:
                break
        return found

    def known(self, ids: Iterable[str]) -> set[str]:
        """Which of these tasks the store has, open or ended."""
        asked = list(ids)
        there: list[int] = []
        for start in range(0, len(asked), PAGE):
            page = asked[start : start + PAGE]
            there += self._access.connection.commands([("EXISTS", self._access.keys.task(one)) for one in page])
        return {one for one, found in zip(asked, there, strict=True) if found}

    def _open(self) -> Iterator[OpenTask]:
        connection, keys = self._access.connection, self._access.keys
        start = 0
        while ids := connection.command("ZREVRANGE", keys.recent, start, start + PAGE - 1):
            start += PAGE
            fields = ("owner", "status", "priority", "created", "total", "left")
            rows = connection.commands([("HMGET", keys.task(one.decode()), *fields) for one in ids])
            for task_id, row in zip(ids, rows, strict=True):
                if row[1] is None or (status := TaskStatus(row[1].decode())) in TERMINAL_TASK:
                    continue
                priority, created, total, left = (int(value or 0) for value in row[2:])
                yield OpenTask(task_id.decode(), row[0].decode(), status, priority, created / 1000, total - left, total)
