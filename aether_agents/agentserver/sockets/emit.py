"""Emitter: an update that many clients are to have is packed once and sent to all of them, not once for each."""

import asyncio
from typing import Protocol

from aether_agents.agentserver.service.update import Message


class Line(Protocol):
    """What this needs of a `socketio.AsyncServer`."""

    async def emit(self, event: str, data: Message, *, to: list[str]) -> None: ...


class Emitter:
    """Belongs to one event loop. Followers of one task hear of an event in one turn of it; so they share an emit."""

    def __init__(self, sio: Line) -> None:
        self._sio = sio
        self._waiting: dict[tuple[str, int], tuple[list[str], asyncio.Task[None]]] = {}

    async def send(self, update: Message, sid: str) -> None:
        """Send a client an update; back when it is on its way, so that the next one comes after it."""
        key = (update["task_id"], update["seq"])
        if key not in self._waiting:
            self._waiting[key] = ([], asyncio.create_task(self._emit(key, update), name=f"aether-{key[0]}"))
        sids, sending = self._waiting[key]
        sids.append(sid)
        await asyncio.shield(sending)  # a client that leaves takes it from nobody else

    async def _emit(self, key: tuple[str, int], update: Message) -> None:
        sids, _ = self._waiting.pop(key)  # whoever comes now is sent one of his own
        await self._sio.emit("agent_update", update, to=sids)
