"""AetherTerm's ControlServer, as it answers an agent and an administrator: its own words and its own rules.

It knows a session when it was announced, and who announced it last; it sends the block of one session there, and the
block of all to every agent; it forgets a block when one of its sessions is unblocked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

Said = dict[str, Any]


class Central:
    """One server with one agent; the agent's end of the connection is this object."""

    def __init__(self) -> None:
        self.agent = ""
        self.sessions: dict[str, Said] = {}
        self.blocks: dict[str, set[str]] = {}
        self.heard: list[Said] = []
        self._to_agent: asyncio.Queue[str | None] = asyncio.Queue()
        self._news = asyncio.Event()

    async def send(self, text: str) -> None:
        """The agent says something."""
        said = json.loads(text)
        self.heard.append(said)
        if said["type"] == "agent_register":
            self.agent = said["agent_id"]
            self._tell(type="registration_confirmed", agent_id=self.agent)
        if said["type"] == "session_update" and said["session"].get("session_id"):
            self.sessions[said["session"]["session_id"]] = said["session"]
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        yield "this is not JSON"
        while (text := await self._to_agent.get()) is not None:
            yield text

    def block_all(self, block_id: str = "b-all") -> None:
        self.blocks[block_id] = set(self.sessions)
        self._tell(
            type="emergency_block",
            block_id=block_id,
            severity="admin_initiated",
            message="管理者による緊急ブロック: fire",
            action="block_all_sessions",
            affected_sessions=list(self.sessions),
        )

    def block(self, session: str, block_id: str) -> None:
        if session in self.sessions:
            self.blocks[block_id] = {session}
            self._tell(
                type="emergency_block",
                block_id=block_id,
                action="block_session",
                affected_sessions=[session],
                message="",
            )

    def unblock(self, session: str, admin: str = "sue") -> None:
        block = next((one for one, sessions in self.blocks.items() if session in sessions), None)
        if block is not None:
            del self.blocks[block]
            self._tell(type="unblock_session", session_id=session, admin_user=admin)

    def end(self) -> None:
        self._to_agent.put_nowait(None)

    async def until(self, wanted: Callable[[Said], object]) -> Said:
        """What the agent says that fits, first of all that was not looked at by an earlier call."""
        async with asyncio.timeout(20):
            while True:
                self._news.clear()
                while self.heard:
                    if wanted(said := self.heard.pop(0)):
                        return said
                await self._news.wait()

    async def answer(self, kind: str) -> Said:
        return await self.until(lambda said: said["type"] == kind)

    def say(self, text: str) -> None:
        """Whatever a server with a fault may send."""
        self._to_agent.put_nowait(text)

    def _tell(self, **said: Any) -> None:
        self.say(json.dumps(said))
