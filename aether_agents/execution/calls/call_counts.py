"""CallCounts: what this process counts of its calls, kept until the heartbeat carries it to the store."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping

from aether_agents.store import bucket_of

#: Durations of one tool that are kept until they are carried away; more of them say no more.
_MOST = 200


class CallCounts:
    """Counts by field. Thread-safe."""

    def __init__(self, starts: Callable[[], Mapping[str, int]] = dict) -> None:
        """`starts` says how many sessions each server has had opened since this process began."""
        self._so_far = starts
        self._counts: Counter[str] = Counter()
        self._starts: Counter[str] = Counter()
        self._lasted: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def call(self, tool: str, result: str, seconds: float) -> None:
        """One call of `server/tool` ended: `ok`, or the kind of its error."""
        server = tool.partition("/")[0]
        with self._lock:
            if result == "ok" and len(times := self._lasted.setdefault(tool, [])) < _MOST:
                times.append(max(0, int(seconds * 1000)))
            self._counts[f"mcp.calls|{server}|{result}"] += 1
            self._counts[f"mcp.seconds|{server}|{bucket_of(seconds)}"] += 1
            self._counts[f"mcp.millis|{server}"] += int(seconds * 1000)

    def spent(self, whose: tuple[str, str], milliseconds: int) -> None:
        """CPU that a server of a queue used; without a server: this process."""
        with self._lock:
            self._counts[f"cpu.millis|{'|'.join(whose)}"] += milliseconds

    def take_durations(self) -> dict[str, list[int]]:
        """What calls took, in milliseconds by tool, which is forgotten here."""
        with self._lock:
            taken, self._lasted = self._lasted, {}
        return taken

    def take(self) -> dict[str, int]:
        """All that was counted, which is forgotten here."""
        with self._lock:
            for server, count in self._so_far().items():
                self._counts[f"mcp.starts|{server}"] += count - self._starts[server]
                self._starts[server] = count
            taken, self._counts = self._counts, Counter()
        return {field: by for field, by in taken.items() if by}

    def put_back(self, counts: Mapping[str, int]) -> None:
        """What could not be carried away."""
        with self._lock:
            self._counts.update(counts)
