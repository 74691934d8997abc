"""ControlLine: our end of a connection to AetherTerm's ControlServer, as one of its agents.

That server knows a session only once it was announced, sends a block to whoever announced it last, and forgets a block
as soon as one of its sessions is unblocked. Beside the sessions of open tasks we announce one that bears our own name:
to block and unblock it is to stop all tasks and to let them go on.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol

from aether_agents.agentserver.service.update import Message
from aether_agents.errors import AetherError, InvalidTask

log = logging.getLogger(__name__)

#: Seconds between two looks for sessions that are new, and for new tasks of blocked ones.
ROUND = 1.0

#: Who unblocks where a person at a blocked terminal pressed Ctrl-D: he speaks for his session only.
BY_ITSELF = "system_auto_unblock"

Brake = Literal["pause", "cancel"]


class Line(Protocol):
    """A connection to AetherTerm's ControlServer, such as a `websockets` client: texts, each a JSON object."""

    async def send(self, text: str) -> None: ...
    def __aiter__(self) -> AsyncIterator[str | bytes]: ...


class SessionTasks(NamedTuple):
    """The open tasks of one terminal session."""

    owner: str
    created: float  #: of the oldest, seconds since the epoch
    task_ids: tuple[str, ...]


class Control(Protocol):
    """What is done of what comes over the line."""

    async def monitor_agent_operations(self) -> Message: ...
    async def emergency_block(
        self, action: Brake | None = None, *, reason: str = ..., sessions: Iterable[str] | None = None
    ) -> Message: ...
    async def release(self, sessions: Iterable[str] | None = None) -> Message: ...
    async def sessions(self) -> Mapping[str, SessionTasks]: ...


class ControlLine:
    """One connection, from its registration to its end."""

    def __init__(self, control: Control, line: Line, agent_id: str) -> None:
        self._control = control
        self._line = line
        self._agent_id = agent_id
        self._announced: set[str] = set()
        self._blocked: set[str] = set()
        self._all: set[str] = set()  # what was blocked when everything was

    async def serve(self) -> None:
        """Register, announce sessions, and do what is said, until the connection ends."""
        await self._send("agent_register", capabilities=["monitor_agent_operations", "emergency_block"])
        await self._announce()
        rounds = asyncio.create_task(self._look(), name=f"aether-control-{self._agent_id}")
        try:
            async for text in self._line:
                message = _message(text)
                if message is not None:
                    await self._hear(message)
        finally:
            rounds.cancel()
            await asyncio.gather(rounds, return_exceptions=True)

    async def _hear(self, message: dict[str, Any]) -> None:
        try:
            match message.get("type"):
                case "emergency_block":
                    await self._block(message)
                case "unblock_session":
                    await self._unblock(_text(message.get("session_id")), message.get("admin_user"))
                case "get_status":
                    await self._send("agent_operations", **await self._control.monitor_agent_operations())
        except AetherError as error:
            log.warning("%s of the control server: %s", message.get("type"), error)
            await self._send("error", code=error.code, error=str(error))

    async def _block(self, message: dict[str, Any]) -> None:
        named, unread = _names(message.get("affected_sessions"))
        everything = message.get("action") == "block_all_sessions" or self._agent_id in named
        reason = _text(message.get("message")) or "emergency block"
        done = await self._control.emergency_block(reason=reason, sessions=None if everything else named)
        known = await self._control.sessions()
        going = {name for name, one in known.items() if set(one.task_ids) & set(done["failed"])}
        if everything:
            self._all = {*named, *known, *self._announced, self._agent_id}
        else:
            self._blocked |= set(named) & {*known, *self._announced}
        confirmed = sorted((self._all if everything else self._blocked & set(named)) - going)
        await self._send("block_confirmation", block_id=message.get("block_id"), confirmed_sessions=confirmed, **done)
        if unread and not everything:
            raise InvalidTask(
                "emergency_block: affected_sessions is a list of session names; what is none was passed by. "
                "To stop all tasks, say `action: block_all_sessions`"
            )

    async def _unblock(self, session: str, by: object) -> None:
        everything = session == self._agent_id or (session in self._all and by != BY_ITSELF)
        self._blocked.discard(session)
        if everything:
            self._all = set()
        done = await self._control.release(None if everything else [session])
        await self._send("unblock_confirmation", session_id=session, **done)

    async def _look(self) -> None:
        """What is new since the last look is announced; new tasks of a blocked session stop too."""
        while True:
            await asyncio.sleep(ROUND)
            try:
                await self._announce()
                if self._blocked:
                    await self._control.emergency_block(sessions=self._blocked)
            except AetherError as error:
                log.debug("sessions are not announced now: %s", error)

    async def _announce(self) -> None:
        if self._agent_id not in self._announced:
            await self._update(self._agent_id, "aether-agents", datetime.now(UTC))
        for session, tasks in (await self._control.sessions()).items():
            if session not in self._announced:
                await self._update(session, tasks.owner, datetime.fromtimestamp(tasks.created, UTC))

    async def _update(self, session: str, user: str, created: datetime) -> None:
        self._announced.add(session)
        about = {"session_id": session, "user_info": {"user_name": user}, "created_at": created.isoformat()}
        await self._send("session_update", session=about | {"last_activity": datetime.now(UTC).isoformat()})

    async def _send(self, kind: str, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat()
        await self._line.send(json.dumps({"type": kind, "agent_id": self._agent_id, "timestamp": now, **fields}))


def _message(text: str | bytes) -> dict[str, Any] | None:
    """What a text tells; nothing where it is no JSON object, however deep."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _text(value: object) -> str:
    """A field that ought to be a text, as one that any store takes."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text.encode(errors="replace").decode()


def _names(value: object) -> tuple[list[str], bool]:
    """The sessions that are named, and whether anything there is no name: what can be read is blocked all the same."""
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    names = [_text(one) for one in found if isinstance(one, str) and one]
    return names, len(names) < len(found) or not isinstance(value, (str, list, type(None)))
