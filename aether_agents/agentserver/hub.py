"""Hub: one reader of the store per process, fanned out in memory to everybody who follows a task.

A follower has a bounded box. What does not fit, and whatever came before he did, he reads from the store by number:
numbers have no gaps, so nothing can be missed and nothing is told twice.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from aether_agents.contracts import Event
from aether_agents.errors import StoreUnavailable, TaskNotFound
from aether_agents.store import Store

#: Events that wait in memory for one follower.
BOX = 256

#: Events read from the store in one go.
PAGE = 500

#: Seconds a follower goes on trying to reach a store that is gone.
PATIENCE = 60.0

#: Seconds between two tries.
RETRY = 0.5

#: Calls a function that blocks, in a thread.
Threaded = Callable[[Callable[[], Any]], Awaitable[Any]]


class Following:
    """One follower of one task."""

    def __init__(self, task_id: str, after: int, store: Store, threaded: Threaded) -> None:
        self.task_id = task_id
        self._last = after
        self._box: deque[Event] = deque()
        self._behind = True  # the store has something that the box has not
        self._over: Exception | bool = False
        self._news = asyncio.Event()
        self._store = store
        self._threaded = threaded

    def put(self, events: list[Event]) -> None:
        """Something happened."""
        if len(self._box) + len(events) > BOX:
            self._box.clear()
            self._behind = True
        else:
            self._box.extend(events)
        self._news.set()

    def end(self, why: Exception | None = None) -> None:
        """Nothing will happen any more: the task has vanished, or the hub closes."""
        self._over = why or True
        self._news.set()

    async def next(self, within: float | None = None) -> list[Event] | None:
        """What has happened since the last call; empty after `within` seconds without any, None when all is said.

        Raises:
            TaskNotFound: the task has expired.
            StoreUnavailable: the store was away for longer than a minute.
        """
        while True:
            if isinstance(self._over, Exception):
                raise self._over
            if self._over:
                return None
            self._news.clear()
            if events := await self._missed() if self._behind else self._boxed():
                self._last = events[-1].seq
                self._over = events[-1].ends_task
                return events
            if self._behind or self._over:
                continue
            if within is None:  # as nearly always: a timeout for each of a thousand followers would cost as much again
                await self._news.wait()
                continue
            try:
                async with asyncio.timeout(within):
                    await self._news.wait()
            except TimeoutError:
                return []

    def _boxed(self) -> list[Event]:
        events = [event for event in self._box if event.seq > self._last]
        self._box.clear()
        if events and events[0].seq != self._last + 1:
            self._behind = True
            return []
        return events

    async def _missed(self) -> list[Event]:
        self._behind = False  # before it is read: what comes meanwhile goes into the box
        events: list[Event] = await self._read(partial(self._store.events.read, self.task_id, self._last, PAGE))
        self._behind = self._behind or len(events) == PAGE
        if not events:
            head = await self._read(partial(self._store.events.head, self.task_id))
            self._over = head.finished and head.seq <= self._last
            self._last = min(self._last, head.seq)  # who asks for what is not there yet gets what comes
        return events

    async def _read(self, read: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return await self._threaded(read)
            except StoreUnavailable:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(RETRY)


class Hub:
    """Everybody who follows anything in this process. Belongs to one event loop."""

    def __init__(self, store: Store, threaded: Threaded) -> None:
        self._store = store
        self._threaded = threaded
        self._loop = asyncio.get_running_loop()
        self._followers: dict[str, set[Following]] = {}
        self._feed = store.events.feed(
            lambda events: self._soon(self._deliver, events), lambda task_id: self._soon(self._vanished, task_id)
        )

    @asynccontextmanager
    async def following(self, task_id: str, after: int = 0) -> AsyncIterator[Following]:
        """Follow a task: what happened after number `after`, then what happens, until it has ended.

        Raises:
            TaskNotFound: there is no such task.
            StoreUnavailable: the store cannot be reached.
        """
        head = await self._threaded(partial(self._store.events.head, task_id))
        follower = Following(task_id, after, self._store, self._threaded)
        followers = self._followers.setdefault(task_id, set())
        followers.add(follower)
        try:
            if len(followers) == 1 and not head.finished:
                self._feed.follow(task_id, head.seq)
                await self._threaded(self._feed.wake)
            yield follower
        finally:
            followers.discard(follower)
            if not followers and self._followers.get(task_id) is followers:
                del self._followers[task_id]
                self._feed.forget(task_id)

    @property
    def followed(self) -> int:
        """How many tasks are followed now."""
        return len(self._followers)

    async def close(self) -> None:
        """End every following and the reader."""
        for followers in self._followers.values():
            for follower in followers:
                follower.end()
        await self._threaded(self._feed.close)

    def _soon(self, act: Callable[[Any], None], what: object) -> None:
        with suppress(RuntimeError):  # the loop has just ended, and its followers with it
            self._loop.call_soon_threadsafe(act, what)

    def _deliver(self, events: list[Event]) -> None:
        for follower in self._followers.get(events[0].task_id, ()):
            follower.put(events)

    def _vanished(self, task_id: str) -> None:
        gone = TaskNotFound(f"the task `{task_id}` has expired: `aether-agent tasks` lists those that are kept")
        for follower in self._followers.get(task_id, ()):
            follower.end(gone)
