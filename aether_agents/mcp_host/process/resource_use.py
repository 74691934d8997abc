"""ResourceUse: CPU and memory of this process and of the MCP servers that it started, with what these started."""

import os
import time
from collections.abc import Callable, Mapping, Sequence

import psutil

#: Seconds between two looks: reading a process tree costs about a millisecond a process.
EVERY = 10.0

#: Whose: a queue and a server; of the process itself, no server.
Whose = tuple[str, str]


class ResourceUse:
    """Looks at times. What a process that has ended used since the last look is not known, and counts for nothing."""

    def __init__(
        self, own: str, processes: Callable[[], Mapping[Whose, Sequence[int]]], spent: Callable[[Whose, int], None]
    ) -> None:
        """`own` names this process; `processes` gives those of its servers; `spent` hears of milliseconds of CPU."""
        self._own: Whose = (own, "")
        self._processes = processes
        self._spent = spent
        self._looked = float("-inf")
        self._before: dict[tuple[int, float], int] = {}
        #: Bytes that are resident now.
        self.memory: dict[Whose, int] = {}

    def by_name(self) -> dict[str, int]:
        """The bytes by `queue|server`."""
        return {"|".join(whose): used for whose, used in self.memory.items()}

    def turn(self) -> None:
        """Look, if it is time."""
        now = time.monotonic()
        if now - self._looked < EVERY:
            return
        self._looked = now
        memory: dict[Whose, int] = {}
        seen: dict[tuple[int, float], int] = {}
        for whose, pids in {self._own: [os.getpid()], **self._processes()}.items():
            used = 0
            for process in _trees(pids, alone=whose == self._own):
                try:
                    with process.oneshot():
                        key, times = (process.pid, process.create_time()), process.cpu_times()
                        memory[whose] = memory.get(whose, 0) + process.memory_info().rss
                except psutil.Error:  # it has just ended
                    continue
                seen[key] = int(1000 * (times.user + times.system))
                used += max(0, seen[key] - self._before.get(key, 0))
            if used:
                self._spent(whose, used)
        self._before, self.memory = seen, memory


def _trees(pids: Sequence[int], *, alone: bool) -> list[psutil.Process]:
    """Processes, and all below each unless they count alone."""
    found: list[psutil.Process] = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            found += [process, *([] if alone else process.children(recursive=True))]
        except psutil.Error:
            continue
    return found
