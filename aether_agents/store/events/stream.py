"""Events: what happened to a task, in order; replayed, then followed."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from aether_agents.contracts import Event
from aether_agents.errors import StoreUnavailable
from aether_agents.store.client.connection import BLOCK
from aether_agents.store.client.store_client import StorePart, unknown
from aether_agents.store.events.entry import events_of
from aether_agents.store.events.epochs import Epochs
from aether_agents.store.events.feed import Deliver, Feed, Vanished

#: Seconds a follower goes on trying to reach a store that is gone, before it gives up.
RECONNECT_FOR = 60.0

#: Events fetched at once.
PAGE = 1_000


class Head(NamedTuple):
    """How far the events of a task have come."""

    seq: int  #: number of the last one
    finished: bool  #: nothing follows it


class Events(StorePart):
    """The stream of each task. The id of an entry is `<seq>-0`, so numbering and order are the server's."""

    def read(self, task_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """The events after number `after`; all there are, or at most `limit`.

        Raises:
            TaskNotFound: there is no such task.
        """
        found: list[Event] = []
        page = PAGE
        while page and (limit is None or len(found) < limit):
            start = found[-1].seq if found else after
            page = PAGE if limit is None else min(PAGE, limit - len(found))
            entries = self._access.connection.command(
                "XRANGE", self._access.keys.events(task_id), f"({start}-0", "+", "COUNT", page
            )
            found += events_of(self._access, task_id, entries)
            page = page if len(entries) == page else 0
        if not found:
            self._access.require(task_id)
        return found

    def follow(
        self,
        task_id: str,
        after: int = 0,
        *,
        idle: Callable[[], None] | None = None,
        on_reconnect: Callable[[str], None] | None = None,
        timeout: float = RECONNECT_FOR,
    ) -> Iterator[Event]:
        """Replay the events after number `after`, then follow, until the event that ends the task.

        `idle` is called whenever a while (about five seconds) has passed without one. After a lost connection it goes
        on from the last number it gave; `on_reconnect` is told what is wrong, once per loss.

        Raises:
            TaskNotFound: there is no such task, or it has expired meanwhile.
            StoreUnavailable: the store was away for longer than `timeout` seconds.
        """
        last, lost_at, epochs = after, 0.0, Epochs(self._access)
        if self._is_over(task_id, after):
            return
        while True:
            try:
                news = epochs.wait({self._access.keys.events(task_id): f"{last}-0"})
                if news is None:  # the store was restarted: what it forgot happens again, under the same numbers
                    last = epochs.still(task_id, last)
                    continue
                entries = news[0][1] if news else []
                over = not entries and self._is_over(task_id, last)
            except StoreUnavailable as error:
                now = time.monotonic()
                if not lost_at:
                    lost_at = now
                    if on_reconnect:
                        on_reconnect(str(error))
                if now - lost_at > timeout:
                    raise
                time.sleep(min(1.0, max(0.1, (now - lost_at) / 4)))
                continue
            lost_at = 0.0
            for event in events_of(self._access, task_id, entries):
                last = event.seq
                yield event
                if event.ends_task:
                    return
            if over:
                return
            if not entries and idle:
                idle()

    def head(self, task_id: str) -> Head:
        """How far the events of a task have come.

        Raises:
            TaskNotFound: there is no such task.
        """
        finished, seq = self._access.connection.command("HMGET", self._access.keys.task(task_id), "finished", "seq")
        if seq is None:
            raise unknown(task_id)
        return Head(int(seq), bool(finished))

    def feed(self, deliver: Deliver, vanished: Vanished) -> Feed:
        """A reader of the streams of many tasks, with one thread and one connection of its own. Close it when done."""
        return Feed(self._access, deliver, vanished)

    def _is_over(self, task_id: str, last: int) -> bool:
        """Whether nothing can follow number `last`."""
        head = self.head(task_id)
        return head.finished and head.seq <= last


__all__ = ["BLOCK", "RECONNECT_FOR", "Events", "Head"]
