"""HistoryTerminal: the terminal of a host whose sessions can be written to and remember what they showed.

AetherTerm's sessions give no exit codes. So a command is typed between two marks that the shell itself prints, and its
exit code after the second. The typed line holds each mark in two halves: its echo is not mistaken for the mark.
"""

import asyncio
import re
import shlex
import time
from collections import defaultdict
from collections.abc import Awaitable, Mapping
from typing import Protocol
from uuid import uuid4

from aether_agents.agentserver.terminal.agent_shell import Ran
from aether_agents.errors import TaskNotFound

#: Seconds between two looks at what a session shows.
LOOK = 0.05

#: How each line we type ends: fewer characters of an echo are not recognised.
_TAIL = '"$?"\n'

#: Ctrl-C.
INTERRUPT = "\x03"

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Session(Protocol):
    """What is needed of a session: AetherTerm's `AsyncioTerminal` has it."""

    @property
    def history(self) -> str:
        """What it showed, at least the end of it."""

    @property
    def closed(self) -> bool:
        """Whether its shell has ended."""

    def write(self, text: str) -> Awaitable[None]:
        """Type something."""


class HistoryTerminal:
    """One command at a time per session, in the session's own POSIX shell: a changed folder or variable stays."""

    def __init__(self, sessions: Mapping[str, Session]) -> None:
        self._sessions = sessions
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, session: str, command: str, within: float) -> Ran:
        """Run one command; one that does not end in time is interrupted, and has no exit code.

        Raises:
            TaskNotFound: there is no such session.
        """
        if session not in self._sessions:
            self._turns.pop(session, None)
            raise TaskNotFound(f"there is no terminal session `{session}` (any more)")
        async with self._turns[session]:
            return await self._run(self._sessions[session], command, within)

    async def _run(self, session: Session, command: str, within: float) -> Ran:
        mark = uuid4().hex
        start, end, aborted = f"<{mark}", f">{mark}", f"!{mark}"
        quoted = shlex.quote(command)  # whatever it is, it ends where it should; and it reads nothing we type
        # What the shell cannot parse ends its own line, without the second mark: so there is a third on the next.
        await session.write(f"{_print(start)}; eval {quoted} </dev/null; {_print(end)}\n{_print(aborted)}\n")
        ends = [re.compile(rf"{re.escape(one)} (\d+)") for one in (end, aborted)]
        until = time.monotonic() + within
        while time.monotonic() < until and not session.closed:
            shown = session.history
            if found := next(filter(None, (one.search(shown) for one in ends)), None):
                return Ran(int(found[1]), _between(shown, start, found.start(), _print(aborted)))
            await asyncio.sleep(LOOK)
        shown = session.history
        if not session.closed:
            await session.write(INTERRUPT)
        return Ran(None, _between(shown, start, len(shown), _print(aborted)))


def _print(mark: str) -> str:
    """What makes the shell print a mark and the last exit code, without holding the mark itself."""
    return f"printf '%s%s %d\\n' '{mark[:9]}' '{mark[9:]}' \"$?\""


def _between(history: str, start: str, end: int, typed: str) -> str:
    """What was shown after the first mark (or all that is remembered, if it is so long ago), as plain text.

    The terminal may echo the line that was `typed` last while the command is already speaking: whole, or, where its
    beginning was echoed before the mark, the rest of it at once after the mark.
    """
    begin = history.find(start, 0, end)
    shown = history[history.find("\n", begin) + 1 if begin >= 0 else 0 : end]
    plain = _ESCAPES.sub("", shown).replace("\r\n", "\n").replace("\r", "\n")
    echo = f"{typed}\n"
    rest = next((echo[at:] for at in range(len(echo) - len(_TAIL)) if plain.startswith(echo[at:])), "")
    return (plain.removeprefix(rest) if rest else plain.replace(echo, "", 1)).strip("\n")
