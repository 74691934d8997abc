"""Counts: what happened, as numbers that only grow, and what there is now. All reads are of bounded structures."""

from collections.abc import Mapping
from typing import NamedTuple

from aether_agents.store.client.store_client import StorePart

#: Seconds of a day.
DAY = 86_400


class Present(NamedTuple):
    """What there is at this moment."""

    active: int  #: tasks that hold an admission slot
    queued: int  #: tasks that wait for one
    waiting: int  #: tasks that wait for a person
    longest_wait: float  #: seconds the first of them has waited


class Today(NamedTuple):
    """What was called on one day."""

    day: int  #: UTC days since 1970
    calls: dict[str, int]  #: by MCP server, whatever their results


class Counts(StorePart):
    """One hash, counted up by the Lua library and by workers."""

    def add(self, counts: Mapping[str, int]) -> None:
        """Count what a process saw.

        Raises:
            StoreUnavailable: the store is away; nothing was counted, or all of it.
        """
        if counts:
            flat = [part for field, by in counts.items() for part in (field, by)]
            self._access.call("count", *flat)

    def read(self) -> dict[str, int]:
        """Every count by its field; `lua/counts.lua` says what they mean."""
        found = self._access.connection.command("HGETALL", self._access.keys.counts)
        return {field.decode(): int(value) for field, value in found.items()}

    def present(self) -> Present:
        """What there is now."""
        keys = self._access.keys
        active, queued, waiting, first, now = self._access.connection.commands(
            [
                ("SCARD", keys.active),
                ("ZCARD", keys.queued),
                ("ZCARD", keys.waits),
                ("ZRANGE", keys.waits, 0, 0, "WITHSCORES"),
                ("TIME",),
            ]
        )
        since = float(first[1]) / 1000 if first else 0.0
        return Present(active, queued, waiting, max(0.0, int(now[0]) - since) if first else 0.0)

    def queues(self) -> set[str]:
        """The specialists' queues that anything ever went through."""
        return {field.split("|")[1] for field in self.read() if field.startswith("sub.in|")}

    def today(self) -> Today:
        """The calls of tools since midnight, UTC, by the store's clock.

        They are counted as workers tell them, every two seconds: calls just before midnight may be the next day's.
        Whoever asks gets all of them, however late that day he was started.
        """
        day = int(self._access.connection.command("TIME")[0]) // DAY
        found = self._access.connection.command("HGETALL", self._access.keys.calls(day))
        return Today(day, {server.decode(): int(calls) for server, calls in found.items()})

    def waiting(self, longer_than: float) -> list[str]:
        """Tasks that have waited longer than so many seconds for a person, the longest first; at most 100."""
        until = int((int(self._access.connection.command("TIME")[0]) - longer_than) * 1000)
        keys = self._access.keys
        found = self._access.connection.command("ZRANGEBYSCORE", keys.waits, "-inf", until, "LIMIT", 0, 100)
        return [task.decode() for task in found]
