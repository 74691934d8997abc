"""Abandoned calls: cancelled, and perhaps still under way at their server. Each is followed until it is over.

The protocol forbids a server to answer a call that was cancelled, so silence says nothing: the work may have stopped,
or go on. An answer that comes all the same says that it is over. A server that says nothing is ended after a grace, as
soon as nothing else runs on its session; the next call starts it anew.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

#: Seconds a server has to say that a cancelled call is over, before its caller hears that it may still be running.
HEARD_WITHIN = 0.5
#: Seconds between two looks whether a session is over.
_LOOK_EVERY = 0.1

#: Hears how the call of a key ended: in words, and how many seconds after it was cancelled.
Tell = Callable[[object, str, float], None]


class Followed(Protocol):
    """What is needed of a session."""

    @property
    def over(self) -> bool:
        """Whether it is closed, and its server ended if it is a process of ours."""

    @property
    def remote(self) -> bool:
        """Whether its server is none of our processes."""


class Issued:
    """One request on its way: the session that has it, and whether an answer to it has come, however late."""

    def __init__(self) -> None:
        self.session: Followed | None = None
        self.answered = asyncio.Event()


#: The request that the present task sends; the transport learns from it which call a message belongs to.
ISSUED: ContextVar[Issued | None] = ContextVar("issued", default=None)


class AbandonedCalls:
    """The calls that were cancelled and are not over. Lives on the loop of its pool."""

    def __init__(self, grace: float, retire: Callable[[Followed], None], tell: Tell) -> None:
        """`retire` lets a session end when nothing runs on it any more."""
        self._grace = grace
        self._retire = retire
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    async def follow(self, issued: Issued, key: object) -> bool:
        """Whether a call that was just cancelled may still be running; if so, it is followed until it is over."""
        session, began = issued.session, asyncio.get_running_loop().time()
        if session is None or await _over(issued, session, began + HEARD_WITHIN):
            return False
        task = asyncio.create_task(self._until_over(issued, session, key, began), name="mcp-abandoned")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def close(self) -> None:
        """Follow nothing more: the servers end with this process."""
        for task in self._tasks:
            task.cancel()

    async def _until_over(self, issued: Issued, session: Followed, key: object, began: float) -> None:
        how = "its worker ended, and its server with it"
        try:
            retired = False
            if not await _over(issued, session, began + self._grace):
                retired = True
                self._retire(session)
                await _over(issued, session, float("inf"))
            how = "its server answered it" if issued.answered.is_set() else "its server ended"
            if retired and not issued.answered.is_set():
                how = "its connection was closed" if session.remote else "its server was ended"
        finally:
            self._tell(key, how, asyncio.get_running_loop().time() - began)


async def _over(issued: Issued, session: Followed, deadline: float) -> bool:
    """Wait until a call is over, or a time of the loop; gives whether it is."""
    loop = asyncio.get_running_loop()
    while not issued.answered.is_set() and not session.over:
        if loop.time() >= deadline:
            return False
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await issued.answered.wait()
        except TimeoutError:
            continue
    return True
