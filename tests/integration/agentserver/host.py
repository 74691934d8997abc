"""A host as AetherTerm is one: a Socket.IO server under uvicorn, with handlers of its own, and clients of it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

import socketio
import uvicorn

from aether_agents.agentserver import Handle, register
from aether_agents.settings.model import Settings
from tests.conftest import eventually

Update = dict[str, Any]


class Host(NamedTuple):
    """A running server."""

    url: str
    sio: socketio.AsyncServer
    handle: Handle
    loop: asyncio.AbstractEventLoop
    left: list[str]  #: what the host's own disconnect handler saw


@contextmanager
def hosted(settings: Settings) -> Iterator[Host]:
    """A Socket.IO server that knows its clients by the session it gave them, with AgentServer registered on it."""
    sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
    left: list[str] = []

    async def connect(sid: str, environ: object, auth: Any = None) -> None:
        await sio.save_session(sid, auth or {})

    async def disconnect(sid: str, reason: object = None) -> None:
        left.append(sid)

    sio.on("connect", connect)
    sio.on("disconnect", disconnect)
    handle = register(sio, settings)
    loops: list[asyncio.AbstractEventLoop] = []
    app = socketio.ASGIApp(sio, on_startup=lambda: loops.append(asyncio.get_running_loop()), on_shutdown=handle.close)
    with running(app) as port:
        yield Host(f"http://127.0.0.1:{port}", sio, handle, loops[0], left)


@contextmanager
def running(app: Any, **options: Any) -> Iterator[int]:
    """An ASGI application under uvicorn in a thread; its port."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", lifespan="on", timeout_graceful_shutdown=2, **options
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), within=20, what="uvicorn listens")
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


class Client:
    """Somebody's browser."""

    def __init__(self, sio: socketio.AsyncClient) -> None:
        self.sio = sio
        self.updates: list[Update] = []
        self.errors: list[Update] = []
        self._news = asyncio.Event()
        sio.on("agent_update", self.hear)
        sio.on("agent_error", self._error)

    async def call(self, event: str, payload: Any = None) -> Update:
        """Send an event and give back the acknowledgement."""
        answer: Update = await self.sio.call(event, payload, timeout=20)
        return answer

    async def execute(self, **payload: Any) -> str:
        """Submit a task that is accepted; its id."""
        answer = await self.call("agent_execute_task", payload)
        assert answer["status"] == "accepted", answer
        return str(answer["task_id"])

    async def until(self, wanted: Callable[[Update], Any], within: float = 30) -> Update:
        """The first update that fits, whether it has come or is still to come."""
        seen = 0
        async with asyncio.timeout(within):
            while True:
                self._news.clear()
                for update in self.updates[seen:]:
                    seen += 1
                    if wanted(update):
                        return update
                await self._news.wait()

    async def status(self, task_id: str, *wanted: str) -> Update:
        """The first update of a task with one of these statuses."""
        return await self.until(lambda one: one["task_id"] == task_id and one["status"] in wanted)

    async def subtask(self, task_id: str, subtask_id: str, status: str) -> Update:
        """The update that says that a subtask has a status."""

        def fits(one: Update) -> bool:
            about = one.get("subtask", {})
            return one["task_id"] == task_id and (about.get("id"), about.get("status")) == (subtask_id, status)

        return await self.until(fits)

    def of(self, task_id: str) -> list[Update]:
        """The updates of one task, as they came."""
        return [one for one in self.updates if one["task_id"] == task_id]

    async def hear(self, update: Update) -> None:
        """An update has come."""
        self.updates.append(update)
        self._news.set()

    async def _error(self, error: Update) -> None:
        self.errors.append(error)


@asynccontextmanager
async def client(host: Host, user: str, role: str = "User") -> AsyncIterator[Client]:
    """A connected client whose session says who it is."""
    sio = socketio.AsyncClient(reconnection=False)
    somebody = Client(sio)
    await sio.connect(host.url, auth={"user": user, "role": role}, transports=["websocket"], wait_timeout=10)
    try:
        yield somebody
    finally:
        await sio.disconnect()
