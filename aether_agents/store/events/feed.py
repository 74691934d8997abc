"""Feed: the events of many tasks, read with one thread and one connection."""

import logging
import threading
import time
from collections.abc import Callable
from uuid import uuid4

from aether_agents.contracts import Event
from aether_agents.errors import StoreUnavailable, TaskNotFound
from aether_agents.store.client.store_client import StoreClient
from aether_agents.store.events.entry import events_of
from aether_agents.store.events.epochs import Epochs

log = logging.getLogger(__name__)

#: What happened, in order per task; called in the feed's own thread.
Deliver = Callable[[list[Event]], None]

#: A task that is not there any more: it has expired; called in the feed's own thread.
Vanished = Callable[[str], None]

#: Milliseconds the key that wakes a reader lives: longer than any one read waits.
WAKE_LIVES = 60_000

#: Seconds between two looks for tasks that have expired.
LOOK = 30.0

#: Seconds to wait before a store that was lost is tried again, first and at most.
RETRY_FIRST, RETRY_MOST = 0.1, 2.0

#: Seconds the end of the thread is waited for. It is a daemon: a store that does not answer holds nobody up.
FAREWELL = 3.0


class Feed:
    """Follows tasks until each has ended or is forgotten. Survives a lost connection: it goes on where it was."""

    def __init__(self, access: StoreClient, deliver: Deliver, vanished: Vanished) -> None:
        self._access = access
        self._deliver = deliver
        self._vanished = vanished
        self._name = uuid4().hex
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}  # number of the last event delivered, by task
        self._epochs = Epochs(access)
        self._woken = "0-0"  # id of the last entry of our wake stream
        self._look_at = time.monotonic() + LOOK
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aether-feed", daemon=True)
        self._thread.start()

    def follow(self, task_id: str, after: int) -> None:
        """Deliver what happens to a task after number `after`, once the reader has been woken. Does not block."""
        with self._lock:
            self._last[task_id] = after

    def forget(self, task_id: str) -> None:
        """Deliver no more of a task. The reader notices with its next news."""
        with self._lock:
            self._last.pop(task_id, None)

    def close(self) -> None:
        """End the thread. Idempotent."""
        self._closed.set()
        self.wake()
        self._thread.join(FAREWELL)

    def wake(self) -> None:
        """Let the reader look at once at what it is to follow; without it, it does so with its next news."""
        try:
            self._access.call("wake", self._name, WAKE_LIVES)
        except StoreUnavailable:
            log.debug("the store is away: the reader looks up by itself, when it is back")

    def _run(self) -> None:
        pause = RETRY_FIRST
        while not self._closed.is_set():
            try:
                self._read()
                self._look()
                pause = RETRY_FIRST
            except StoreUnavailable as error:
                if pause == RETRY_FIRST:
                    log.warning("events stop for now: %s", error)
                self._closed.wait(pause)
                pause = min(2 * pause, RETRY_MOST)
            except Exception:  # one that ended would leave every follower deaf
                log.exception("unexpected in the feed")
                self._closed.wait(RETRY_MOST)

    def _read(self) -> None:
        keys = self._access.keys
        with self._lock:
            tasks = {keys.events(task_id): task_id for task_id in self._last}
            streams = {stream: f"{self._last[task_id]}-0" for stream, task_id in tasks.items()}
        wake = keys.wake(self._name)
        news = self._epochs.wait({wake: self._woken, **streams})
        if news is None:
            self._go_back(list(tasks.values()))
            return
        for name, entries in news:
            stream = name.decode()
            if stream == wake:
                self._woken = entries[-1][0].decode()
            else:
                self._pass_on(events_of(self._access, tasks[stream], entries))

    def _go_back(self, tasks: list[str]) -> None:
        """The store was restarted: what it forgot happens again, under the same numbers."""
        for task_id in tasks:
            try:
                last = self._epochs.still(task_id, self._last.get(task_id, 0))
            except TaskNotFound:
                self.forget(task_id)
                self._vanished(task_id)
                continue
            with self._lock:
                if task_id in self._last:
                    self._last[task_id] = min(last, self._last[task_id])

    def _pass_on(self, events: list[Event]) -> None:
        last = events[-1]
        with self._lock:
            if last.task_id not in self._last:
                return  # forgotten meanwhile
            if last.ends_task:
                del self._last[last.task_id]
            else:
                self._last[last.task_id] = last.seq
        self._deliver(events)

    def _look(self) -> None:
        """Now and then: a task that has expired sends no event that says so."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK
        with self._lock:
            tasks = list(self._last)
        found = self._access.connection.commands([("EXISTS", self._access.keys.task(one)) for one in tasks])
        for task_id in (one for one, there in zip(tasks, found, strict=True) if not there):
            self.forget(task_id)
            self._vanished(task_id)
