"""Clients: what each connected client follows and owns. One that has left follows nothing; its tasks go on, unless the
settings say that a task ends with its client (`session_persistence: false`).
"""

import asyncio
import logging
from contextlib import aclosing
from typing import Any, Protocol

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.service.update import Message, error_of
from aether_agents.agentserver.sockets.emit import Emitter
from aether_agents.errors import AetherError, TooManyTasks, WrongStatus

log = logging.getLogger(__name__)

#: Tasks one client may follow at once.
FOLLOWED_MAX = 200

#: Packets that may wait for one client; while there are more, its updates wait, and progress among them is merged.
WAITING_MAX = 32

#: Seconds between two looks at a client that does not keep up.
PAUSE = 0.05

#: Seconds between two looks for clients that have left. The host's own `disconnect` handler is not touched for this.
ROUND = 1.0


class Rooms(Protocol):
    """What this needs of a `socketio.AsyncServer`."""

    manager: Any
    eio: Any

    async def emit(self, event: str, data: Message, *, to: str | list[str]) -> None: ...


class Clients:
    """Belongs to one event loop; close it when done."""

    def __init__(self, sio: Rooms, service: Service, *, keep: bool) -> None:
        self._sio = sio
        self._post = Emitter(sio)
        self._service = service
        self._keep = keep
        self._follows: dict[str, dict[str, asyncio.Task[None]]] = {}
        self._owned: dict[str, dict[str, Person]] = {}
        self._watch: asyncio.Task[None] | None = None

    def require_room(self, sid: str, task_id: str) -> None:
        """Make sure that a client may follow one task more.

        Raises:
            TooManyTasks: it follows as many as one may.
        """
        mine = self._follows.get(sid, {})
        if len(mine) >= FOLLOWED_MAX and task_id not in mine:
            raise TooManyTasks(f"this client follows {FOLLOWED_MAX} tasks, as many as one may: open another connection")

    def follow(self, sid: str, person: Person, task_id: str, *, after: int = 0, owned: bool = False) -> None:
        """Send a client what happens to a task, from a number on. Following it again begins anew."""
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look_for_leavers(), name="aether-clients")
        mine = self._follows.setdefault(sid, {})
        if before := mine.get(task_id):
            before.cancel()
        sending = asyncio.create_task(self._send(sid, person, task_id, after), name=f"aether-{task_id}-{sid}")
        mine[task_id] = sending
        sending.add_done_callback(lambda done: mine.pop(task_id) if mine.get(task_id) is done else None)
        if owned and not self._keep:
            self._owned.setdefault(sid, {})[task_id] = person

    async def close(self) -> None:
        """Stop sending. Tasks go on."""
        ours = [one for mine in self._follows.values() for one in mine.values()]
        ours += [self._watch] if self._watch else []
        for one in ours:
            one.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        self._follows.clear()

    async def _send(self, sid: str, person: Person, task_id: str, after: int) -> None:
        try:
            async with aclosing(self._service.updates(task_id, person, after)) as updates:
                async for update in updates:
                    await self._keeping_up(sid)
                    if "code" in update:  # nothing new, but why nothing comes
                        await self._sio.emit("agent_error", _lost(update), to=sid)
                    else:
                        await self._post.send(update, sid)
        except AetherError as error:
            await self._sio.emit("agent_error", error_of(error, task_id), to=sid)
        except Exception:
            log.exception("%s: updates to %s ended", task_id, sid)
        else:
            self._owned.get(sid, {}).pop(task_id, None)

    async def _keeping_up(self, sid: str) -> None:
        while self._waiting(sid) > WAITING_MAX:  # noqa: ASYNC110 - engine.io has no event for it
            await asyncio.sleep(PAUSE)

    def _waiting(self, sid: str) -> int:
        """Packets that engine.io holds for a client; 0 where that cannot be seen, and when it has left."""
        transport = self._sio.manager.eio_sid_from_sid(sid, "/")
        socket = self._sio.eio.sockets.get(transport) if transport else None
        queue = getattr(socket, "queue", None)
        return queue.qsize() if queue is not None else 0

    async def _look_for_leavers(self) -> None:
        while self._follows or self._owned:
            await asyncio.sleep(ROUND)
            for sid in [one for one in {*self._follows, *self._owned} if not self._here(one)]:
                for sending in list(self._follows.pop(sid, {}).values()):
                    sending.cancel()
                for task_id, person in self._owned.pop(sid, {}).items():
                    await self._end(task_id, person)
            self._follows = {sid: mine for sid, mine in self._follows.items() if mine}
            self._owned = {sid: mine for sid, mine in self._owned.items() if mine}

    def _here(self, sid: str) -> bool:
        return bool(self._sio.manager.is_connected(sid, "/"))

    async def _end(self, task_id: str, person: Person) -> None:
        try:
            await self._service.cancel(task_id, person, "its client has left (session_persistence: false)")
        except WrongStatus:
            log.debug("%s had ended before its client left", task_id)
        except AetherError as error:
            log.warning("%s goes on although its client has left: %s", task_id, error)


def _lost(update: Message) -> Message:
    return {name: update[name] for name in ("code", "error", "task_id")}
