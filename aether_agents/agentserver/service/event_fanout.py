"""EventFanout: one reader of the store per process, fanned out in memory to everybody who follows a task.

A task's latest events are held once for all. Whoever is too slow for them, and whatever came before he did, he reads
from the store by number: numbers have no gaps, so nothing can be missed and nothing is told twice.
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

#: Events of one task that are held in memory: as many as are read from the store in one go.
HELD = PAGE = 500

#: Followers of one task that are woken together, before the next are.
GROUP = 128

#: Seconds a follower goes on trying to reach a store that is gone.
TIMEOUT = 60.0

#: Seconds between two tries.
RETRY = 0.5

#: Calls a function that blocks, in a thread.
Threaded = Callable[[Callable[[], Any]], Awaitable[Any]]


class Channel:
    """What has just happened to one task, for all here who follow it."""

    def __init__(self) -> None:
        self.followers = 0
        self.over: Exception | bool = False
        self._latest: deque[Event] = deque(maxlen=HELD)
        self._batch: list[Event] = []  # what came last: all that most followers have not seen
        self._groups: list[asyncio.Event] = []  # none stays set: whoever waits when something happens goes on

    def join(self) -> asyncio.Event:
        """One more follower; set for a moment when something happens."""
        if self.followers == GROUP * len(self._groups):
            self._groups.append(asyncio.Event())
        self.followers += 1
        return self._groups[-1]

    def put(self, events: list[Event]) -> None:
        """Something happened."""
        if self._latest and events[0].seq != self._latest[-1].seq + 1:
            self._latest.clear()
        self._latest.extend(events)
        self._batch = events
        self._wake()

    def end(self, why: Exception | None = None) -> None:
        """Nothing will happen any more: the task has vanished, or the fan-out closes."""
        self.over = why or True
        self._wake()

    def after(self, seq: int) -> list[Event] | None:
        """What came after a number; None when not all of that is held."""
        if not self._latest or (new := self._latest[-1].seq - seq) <= 0:
            return []
        if self._batch[0].seq == seq + 1:
            return self._batch
        if new > len(self._latest):
            return None
        return [self._latest[place] for place in range(-new, 0)]

    def _wake(self, group: int = 0) -> None:
        """Group by group, the first told before the next are woken: waking a thousand takes as long as telling them."""
        if group < len(self._groups):
            self._groups[group].set()
            self._groups[group].clear()
            asyncio.get_running_loop().call_soon(self._wake, group + 1)


class Following:
    """One follower of one task."""

    def __init__(
        self, task_id: str, after: int, channel: Channel, news: asyncio.Event, store: Store, threaded: Threaded
    ) -> None:
        self.task_id = task_id
        self._last = after
        self._behind = True  # the store has something that the channel has not
        self._over = False
        self._channel = channel
        self._news = news
        self._store = store
        self._threaded = threaded

    async def next(self, within: float | None = None) -> list[Event] | None:
        """What has happened since the last call; empty after `within` seconds without any, None when all is said.

        Raises:
            TaskNotFound: the task has expired.
            StoreUnavailable: the store was away for longer than a minute.
        """
        channel = self._channel
        events: list[Event] | None
        while not (self._over or channel.over):
            if self._behind:
                events = await self._missed()
            elif (events := channel.after(self._last)) is None:
                self._behind = True
            elif not events:
                if within is None:  # as nearly always: a timeout for each of a thousand would cost as much again
                    await self._news.wait()
                elif not await _happens(self._news, within):
                    return []
            if events:
                self._last = events[-1].seq
                self._over = events[-1].ends_task
                return events
        if isinstance(channel.over, Exception) and not self._over:
            raise channel.over
        return None

    async def _missed(self) -> list[Event]:
        events: list[Event] = await self._read(partial(self._store.events.read, self.task_id, self._last, PAGE))
        self._behind = len(events) == PAGE
        if not events:
            head = await self._read(partial(self._store.events.head, self.task_id))
            self._over = head.finished and head.seq <= self._last
            self._last = min(self._last, head.seq)  # who asks for what is not there yet gets what comes
        return events

    async def _read(self, read: Callable[[], Any]) -> Any:
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                return await self._threaded(read)
            except StoreUnavailable:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(RETRY)


async def _happens(what: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await what.wait()
    except TimeoutError:
        return False


class EventFanout:
    """Everybody who follows anything in this process. Belongs to one event loop."""

    def __init__(self, store: Store, threaded: Threaded) -> None:
        self._store = store
        self._threaded = threaded
        self._loop = asyncio.get_running_loop()
        self._channels: dict[str, Channel] = {}
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
        channel = self._channels.setdefault(task_id, Channel())
        news = channel.join()
        try:
            if channel.followers == 1 and not head.finished:
                self._feed.follow(task_id, head.seq)
                await self._threaded(self._feed.wake)
            yield Following(task_id, after, channel, news, self._store, self._threaded)
        finally:
            channel.followers -= 1
            if not channel.followers and self._channels.get(task_id) is channel:
                del self._channels[task_id]
                self._feed.forget(task_id)

    @property
    def followed(self) -> int:
        """How many tasks are followed now."""
        return len(self._channels)

    async def close(self) -> None:
        """End every following and the reader."""
        for channel in self._channels.values():
            channel.end()
        await self._threaded(self._feed.close)

    def _soon(self, act: Callable[[Any], None], what: object) -> None:
        with suppress(RuntimeError):  # the loop has just ended, and its followers with it
            self._loop.call_soon_threadsafe(act, what)

    def _deliver(self, events: list[Event]) -> None:
        if channel := self._channels.get(events[0].task_id):
            channel.put(events)

    def _vanished(self, task_id: str) -> None:
        if channel := self._channels.get(task_id):
            gone = f"the task `{task_id}` has expired: `aether-agent tasks` lists those that are kept"
            channel.end(TaskNotFound(gone))
