"""The least that followers cost: one thread that reads a task's stream, and what asyncio and Socket.IO do anyway.

No order is kept, nothing is replayed, nobody is waited for.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import socketio

from aether_agents.store import Store
from tests.integration.agentserver.host import running


class Tail:
    """What is written to one stream, message by message, in the event loop that made this; None at its end."""

    def __init__(self, store: Store, task_id: str, hear: Callable[[str | None], None]) -> None:
        self._store = store
        self._stream = store.keys.events(task_id)
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        last, over = "1-0", False
        while not over:
            for _, entries in self._store.connection.wait_for({self._stream: last}):
                last = entries[-1][0].decode()
                for _, fields in entries:
                    over = fields[b"t"] == b"task.cancelled"
                    self._loop.call_soon_threadsafe(self._hear, None if over else fields[b"m"].decode())


class Crowd:
    """Tasks that wait for one `asyncio.Event`, and look at one variable."""

    def __init__(self, store: Store, task_id: str) -> None:
        self._news = asyncio.Event()
        self._message: str | None = ""
        self._tail = Tail(store, task_id, self._put)

    def _put(self, message: str | None) -> None:
        self._message = message
        self._news.set()
        self._news.clear()

    async def follow(self, hear: Callable[[str], None]) -> None:
        """Hear every message until the task has ended."""
        await self._news.wait()
        while self._message is not None:
            hear(self._message)
            await self._news.wait()


@contextmanager
def bare_host(store: Store) -> Iterator[str]:
    """A Socket.IO server whose clients join the room of a task; what is written is emitted to the room. Its address."""
    sio = socketio.AsyncServer(async_mode="asgi")
    tails: dict[str, Tail] = {}
    sending: set[asyncio.Task[None]] = set()

    def emit(task_id: str, message: str | None) -> None:
        update = {
            "task_id": task_id, "seq": 1, "status": "cancelled" if message is None else "planning",
            "progress": 0.0, "message": message or "", "timestamp": "2026-01-01T00:00:00.000+00:00",
        }  # fmt: skip
        task = asyncio.create_task(sio.emit("agent_update", update, occupancy=task_id))
        sending.add(task)
        task.add_done_callback(sending.discard)

    async def subscribe(sid: str, said: dict[str, Any]) -> dict[str, str]:
        task_id = said["task_id"]
        await sio.enter_room(sid, task_id)
        if task_id not in tails:
            tails[task_id] = Tail(store, task_id, lambda message: emit(task_id, message))
        return {"status": "ok"}

    sio.on("agent_subscribe_task", subscribe)
    with running(socketio.ASGIApp(sio)) as port:
        yield f"http://127.0.0.1:{port}"
