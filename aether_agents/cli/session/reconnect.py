"""Reconnect: a call that is made again until the store can be reached, saying so once."""

import time
from collections.abc import Callable
from typing import TypeVar

from aether_agents.errors import StoreUnavailable

Answer = TypeVar("Answer")

#: Seconds between two tries: short enough to go on at once, long enough to cost nothing.
PAUSE = 0.5


def patiently(call: Callable[[], Answer], lost: Callable[[bool], None]) -> Answer:
    """The answer of `call`, which is repeated while the store is away. Ctrl-C ends the waiting.

    Args:
        call: safe to repeat.
        lost: told True when the connection is lost, and False when it is back.
    """
    waited = False
    while True:
        try:
            answer = call()
        except StoreUnavailable:
            if not waited:
                lost(True)
            waited = True
            time.sleep(PAUSE)
        else:
            if waited:
                lost(False)
            return answer
