"""Orders: how a program of the stack hears its orders, and ends when its supervisor does, however that happens."""

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterable

from aether_agents.local.supervision.child_process import FINISH, MARGIN, QUICK, heard_every


class Orders:
    """Reads the orders, and ends the process when they can come no more."""

    def __init__(self) -> None:
        self.serving = False  # whether there may be anything to finish
        self.grace = 0.0  # seconds in which that may end by itself, if the last order says that it may
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def order(self) -> str:
        """The next order; the process ends instead if there is none."""
        return self._orders.get()

    def _read(self) -> None:
        word = ""
        for line in sys.stdin:
            self._orders.put(line)
            word = line.strip()
        if self.serving:
            os.kill(os.getpid(), signal.SIGTERM if word == FINISH else signal.SIGINT)
            time.sleep(self.grace + MARGIN if word == FINISH else QUICK)
        os.killpg(0, signal.SIGKILL)  # a session of its own: nobody else is in this group


def say_ready(news: int, deaf_after: float, queues: Iterable[str] = ()) -> None:
    """Tell the supervisor that this program serves now, and from then on every few seconds that it still runs."""
    os.write(news, json.dumps({"queues": [*queues]}).encode() + b"\n")
    threading.Thread(target=_beat, args=(news, heard_every(deaf_after)), name="aether-alive", daemon=True).start()


def _beat(news: int, every: float) -> None:
    """On a thread that waits for nothing else: whatever the store or a call does, a process that runs is heard."""
    os.set_blocking(news, False)  # a supervisor that was stopped for hours hears the next one
    while True:
        time.sleep(every)
        with contextlib.suppress(BlockingIOError):
            os.write(news, b"{}\n")


def say_state(news: int, state: str) -> None:
    """Tell the supervisor in which state this program is."""
    os.write(news, json.dumps({"state": state}).encode() + b"\n")
