"""Durations: how long the last calls of each tool took, and, by buckets, the last tasks of each template."""

from collections.abc import Iterable, Mapping, Sequence

from aether_agents.contracts import Spread
from aether_agents.errors import StoreRefuses
from aether_agents.store.client.encoding import BUCKETS
from aether_agents.store.client.store_client import StorePart

#: Calls that are remembered of each tool, and for how long after the last one (seconds).
REMEMBERED, KEPT = 200, 90 * 86_400
#: Least calls that say anything.
FEWEST = 3


class Durations(StorePart):
    """One list for each tool that was called; it expires when the tool is called no more."""

    def add(self, lasted: Mapping[str, Sequence[int]]) -> None:
        """Remember what calls took, in milliseconds, by tool. A store that refuses it goes without.

        Raises:
            StoreUnavailable: the store is away.
        """
        commands: list[tuple[str | int, ...]] = []
        for tool, times in lasted.items():
            key = self._access.keys.lasted(tool)
            commands += [("LPUSH", key, *times), ("LTRIM", key, 0, REMEMBERED - 1), ("EXPIRE", key, KEPT)]
        if not commands:
            return
        try:
            self._access.connection.commands(commands)
        except StoreRefuses:
            return

    def of(self, tools: Iterable[str]) -> dict[str, Spread]:
        """How long calls of these tools took; one of which too little is known is left out.

        Raises:
            StoreUnavailable: the store is away.
        """
        named = list(dict.fromkeys(tools))
        if not named:
            return {}
        found = self._access.connection.commands(
            [("LRANGE", self._access.keys.lasted(tool), 0, REMEMBERED - 1) for tool in named]
        )
        times = {tool: sorted(int(one) / 1000 for one in values) for tool, values in zip(named, found, strict=True)}
        return {tool: spread(values) for tool, values in times.items() if len(values) >= FEWEST}

    def of_template(self, name: str) -> Spread | None:
        """How long tasks of a template took, waiting for people included; each time is the upper bound of its bucket.

        Raises:
            StoreUnavailable: the store is away.
        """
        bounds = [f"{bound:g}" for bound in BUCKETS]
        fields = [f"task.seconds|{name}|{bound}" for bound in bounds]
        counts = self._access.connection.command("HMGET", self._access.keys.counts, *fields)
        times = [
            bound for bound, count in zip(BUCKETS, counts, strict=True) for _ in range(min(int(count or 0), 1_000))
        ]
        return spread(sorted(times)) if len(times) >= FEWEST else None


def spread(times: Sequence[float]) -> Spread:
    """The middle and the ninth tenth of times that are in order."""
    last = len(times) - 1
    return Spread(p50=times[round(0.5 * last)], p90=times[round(0.9 * last)], count=len(times))
