"""Snapshot: all that a prefix holds, taken while tasks run, and put back under an empty prefix on any server.

Tasks that have ended do not change: they are read page by page. All else - open tasks, indexes, the audit record - is
read in one transaction, so that it is of one moment. Celery's messages are left out: the reaper sends again what lies
ready. So is what processes say of themselves.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from aether_agents.contracts import TERMINAL_TASK
from aether_agents.errors import StoreRefuses
from aether_agents.store.client.connection import ResponseError
from aether_agents.store.client.store_client import StorePart

#: Keys that one command looks at, and that one round reads or writes.
PAGE = 500
#: Times that open tasks are read before others keep coming too fast.
_TRIES = 20

#: First parts of keys that belong to processes, not to what they do.
_LEFT_OUT = ("celery:", "beat:", "worker:", "wake:")
_LEFT_OUT_WHOLE = ("workers", "probe", "libraries", "audit:linker", "grace")
_TASK = "task:"

Item = TypeVar("Item")


class Record(NamedTuple):
    """One key."""

    name: str  #: without the prefix
    expires_at: int  #: ms since 1970 by the server's clock; 0: never
    value: bytes  #: as DUMP gives it


class Held(NamedTuple):
    """What a prefix holds."""

    tasks: dict[str, int]  #: how many tasks, by status
    schedules: int  #: that people added
    running: int  #: subtasks that were running
    head: int  #: number of the last entry of the audit record


class Snapshot(StorePart):
    """Takes and puts back."""

    def records(self, progress: Callable[[int], None] = lambda _count: None) -> Iterator[Record]:
        """Every key, each once. `progress` hears how many were read.

        Raises:
            StoreRefuses: open tasks change too fast to be read in one moment.
        """
        names = set(self._names())
        over = self._ended(names)
        ended = {name for name in names if _task_of(name) in over}
        count = 0
        for page in _pages(sorted(ended)):
            for record in self._read(page, whole=False):
                count += 1
                yield record
            progress(count)
        for record in self._of_one_moment(names - ended, ended):
            count += 1
            yield record
        progress(count)

    def empty(self) -> bool:
        """Whether nothing of ours is there, but for what processes say of themselves."""
        return next(self._names(), None) is None

    def put(self, records: Iterable[Record], progress: Callable[[int], None] = lambda _count: None) -> int:
        """Write what was taken; what has expired meanwhile is left out. How many keys there are.

        The store begins a new epoch: it is one that came back older, so what may have been called is asked.

        Raises:
            StoreRefuses: the server does not take what another one wrote, or its user may not.
        """
        count, now = 0, self._now()
        for page in _pages(one for one in records if not one.expires_at or one.expires_at > now):
            lines = [("RESTORE", self._key(one.name), one.expires_at, one.value, "ABSTTL") for one in page]
            try:
                self._access.connection.commands(lines)
            except ResponseError as error:
                raise StoreRefuses(
                    f"the server does not take the snapshot ({error}): one of the same version, or a newer one, of the "
                    "product that it was taken from does; and its user needs the command RESTORE"
                ) from None
            count += len(page)
            progress(count)
        # Whoever worked when it was taken is not here to tell what it called since: that is not known of anybody.
        self._access.connection.command("ZADD", self._access.keys.witnesses, self._now(), "restored/0")
        epoch = self._key("epoch")
        self._access.connection.command("HSET", epoch, "server", "restored", "salt", secrets.token_hex(8))
        self._access.connection.command("HDEL", epoch, "number")
        return count

    def held(self) -> Held:
        """What is there now."""
        tasks: dict[str, int] = {}
        running = 0
        keys = [self._key(name) for name in self._names() if name.startswith(_TASK) and name.count(":") == 1]
        for page in _pages(keys):
            for status, busy in self._access.connection.commands([("HMGET", key, "status", "busy") for key in page]):
                word = (status or b"").decode()
                tasks[word] = tasks.get(word, 0) + 1
                running += int(busy or 0) if word == "running" else 0
        added = self._access.connection.command("HLEN", self._access.keys.added_schedules)
        head = self._access.connection.command("HGET", self._access.keys.audit_head, "number")
        return Held(tasks, int(added), running, int(head or 0))

    def _of_one_moment(self, names: set[str], ended: set[str]) -> Iterator[Record]:
        """Keys that change, in one transaction; again where a task came meanwhile."""
        for _ in range(_TRIES):
            records = list(self._read(sorted(names), whole=True))
            came = {name for name in self._open() if name not in names and name not in ended}
            if not came:
                yield from records
                return
            names |= came
        raise StoreRefuses("tasks come too fast to be read in one moment: `aether-agent brake` holds them meanwhile")

    def _open(self) -> set[str]:
        """The keys of the tasks that are open by now."""
        found = self._access.connection.commands(
            [("ZRANGE", self._key("due"), 0, -1), ("ZRANGE", self._key("queued"), 0, -1)]
        )
        tasks = {member.decode().partition("|")[0] for members in found for member in members}
        names = [f"{_TASK}{task}{part}" for task in tasks for part in ("", ":subtasks", ":events", ":waiting")]
        there = self._access.connection.commands([("EXISTS", self._key(name)) for name in names]) if names else []
        return {name for name, found in zip(names, there, strict=True) if found}

    def _read(self, names: list[str], *, whole: bool) -> Iterator[Record]:
        lines = [line for name in names for line in (("DUMP", self._key(name)), ("PEXPIRETIME", self._key(name)))]
        if not lines:
            return
        ask = self._access.connection.transaction if whole else self._access.connection.commands
        try:
            found = ask(lines)
        except ResponseError as error:
            raise StoreRefuses(f"the store's user may not read it ({error}): DUMP and PEXPIRETIME are needed") from None
        for name, value, until in zip(names, found[::2], found[1::2], strict=True):
            if value is not None:
                yield Record(name, max(int(until), 0), value)

    def _names(self) -> Iterator[str]:
        """Every key that is ours to keep, in rounds of bounded work."""
        cursor, start = 0, len(self._access.keys.prefix) + 1
        while True:
            cursor, page = self._access.connection.command(
                "SCAN", cursor, "MATCH", f"{self._access.keys.prefix}:*", "COUNT", PAGE
            )
            for key in page:
                name = key.decode()[start:]
                if not name.startswith(_LEFT_OUT) and name not in _LEFT_OUT_WHOLE:
                    yield name
            cursor = int(cursor)
            if not cursor:
                return

    def _ended(self, names: set[str]) -> set[str]:
        tasks = sorted({task for name in names if (task := _task_of(name))})
        over: set[str] = set()
        for page in _pages(tasks):
            found = self._access.connection.commands([("HGET", self._key(_TASK + one), "status") for one in page])
            over |= {
                one for one, status in zip(page, found, strict=True) if status and status.decode() in _TERMINAL_WORDS
            }
        return over

    def _key(self, name: str) -> str:
        return f"{self._access.keys.prefix}:{name}"

    def _now(self) -> int:
        seconds, micros = self._access.connection.command("TIME")
        return int(seconds) * 1000 + int(micros) // 1000


_TERMINAL_WORDS = {status.value for status in TERMINAL_TASK}


def _task_of(name: str) -> str:
    return name.split(":")[1] if name.startswith(_TASK) else ""


def _pages(items: Iterable[Item]) -> Iterator[list[Item]]:
    page: list[Item] = []
    for one in items:
        page.append(one)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
