"""HistoryTerminal: the terminal of a host whose sessions can be written to and remember what they showed.

AetherTerm's sessions give no exit codes. So a command is typed between two marks that the shell itself prints, and its
exit code after the second. The typed line holds each mark in two halves: its echo is not mistaken for the mark.

It is typed only where the session's own shell stands at its prompt (`foreground`), and after what a person has half
typed was cleared. What a session showed before the first mark is nobody's here: it is not given back.
"""

import asyncio
import re
import shlex
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from uuid import uuid4

from aether_agents.agentserver.terminal.agent_shell import Ran
from aether_agents.agentserver.terminal.foreground import Foreground, TerminalBusy
from aether_agents.errors import TaskNotFound

#: Seconds between two looks at what a session shows.
LOOK = 0.05

#: How each line we type ends: fewer characters of an echo are not recognised.
_TAIL = '"$?"\n'

#: Ctrl-C: ends what runs; at a prompt, whatever is half typed, over several lines too.
INTERRUPT = "\x03"

#: Ctrl-U: what somebody typed in the moment after that.
KILL_LINE = "\x15"

#: Seconds a shell may take to stand at its prompt.
PROMPT = 1.0

#: Seconds an interrupted shell may take to show that it was.
NOTE = 1.0

#: Characters by which what is shown later is told from what was there.
KNOWN = 400

#: What a shell shows when it was interrupted: a new line, and a prompt in it.
_NEXT_PROMPT = re.compile(r"[\r\n][^\r\n]*\S[^\r\n]*$")

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Session(Protocol):
    """What is needed of a session, with `fd` and `pid`, our end of its terminal and the process that was started on the
    other end: AetherTerm's `AsyncioTerminal` has all of it.
    """

    @property
    def history(self) -> str:
        """What it showed, at least the end of it."""

    @property
    def closed(self) -> bool:
        """Whether its shell has ended."""

    def write(self, text: str) -> Awaitable[None]:
        """Type something."""


class Front(Protocol):
    """What is in front of a session, as `Foreground` sees it."""

    def require_prompt(self, shown: str) -> None:
        """Make sure that the session's shell reads what is typed now, as a command; raise TerminalBusy if not."""

    def require_room(self, line: str) -> None:
        """Make sure that the terminal takes a line whole; raise TerminalBusy if not."""

    def interrupt(self) -> bool:
        """Interrupt what is in front; False where Ctrl-C has to be typed for it."""


class HistoryTerminal:
    """One command at a time per session, in the session's own POSIX shell: a changed folder or variable stays."""

    def __init__(self, sessions: Mapping[str, Session], in_front: Callable[[Session], Front] | None = None) -> None:
        """`in_front` looks into sessions whose terminals are not of this machine; else `fd` and `pid` are looked at."""
        self._sessions = sessions
        self._in_front = in_front or foreground_of
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, session: str, command: str, within: float) -> Ran:
        """Run one command; one that does not end in time is interrupted, and has no exit code.

        Raises:
            TaskNotFound: there is no such session.
            TerminalBusy: its shell is not at the prompt, so that something else would read the command.
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
        line = f"{_print(start)}; eval {quoted} </dev/null; {_print(end)}\n{_print(aborted)}\n"
        front = self._in_front(session)
        await _clear(session, front, line)
        await session.write(KILL_LINE + line)
        ends = [re.compile(rf"{re.escape(one)} (\d+)") for one in (end, aborted)]
        until = time.monotonic() + within
        started = last = False
        while True:
            last = time.monotonic() >= until or session.closed
            shown = session.history
            started = started or start in shown
            found = next(filter(None, (one.search(shown) for one in ends)), None)
            if found or last:
                break
            await asyncio.sleep(LOOK)
        if not found and not session.closed:
            await _interrupt(session, front)
        if not started and not (found and found.re is ends[0]):
            return Ran(int(found[1]) if found else None, "")  # what is shown was there before
        until_here = found.start() if found else len(shown)
        return Ran(int(found[1]) if found else None, _between(shown, start, until_here, _print(aborted)))


def foreground_of(session: Session) -> Foreground:
    """What is in front of a session on a terminal of this machine.

    Raises:
        TerminalBusy: it does not show its terminal.
    """
    terminal, shell = getattr(session, "fd", None), getattr(session, "pid", None)
    if terminal is None or shell is None:
        raise TerminalBusy(
            "this session does not show what is in its foreground (it has no `fd` and `pid`): nothing was typed"
        )
    return Foreground(terminal, shell)


async def _clear(session: Session, front: Front, line: str) -> None:
    """Have the shell drop what is half typed, and stand at an empty prompt.

    Raises:
        TerminalBusy: it is not at a prompt, or does not come back to one.
    """
    await _prompt(session, front)
    front.require_room(line)
    await _interrupt(session, front)
    await _prompt(session, front)


async def _prompt(session: Session, front: Front) -> None:
    """Wait a moment for the prompt: a shell that has just started, or was just interrupted, has none yet."""
    until = time.monotonic() + PROMPT
    while True:
        try:
            front.require_prompt(session.history)
        except TerminalBusy:
            if time.monotonic() > until or session.closed:
                raise
            await asyncio.sleep(LOOK)
        else:
            return


async def _interrupt(session: Session, front: Front) -> None:
    """Interrupt, and let the shell take note: what is typed before that is dropped with what it drops."""
    before = session.history[-KNOWN:]
    if not await asyncio.to_thread(front.interrupt):
        await session.write(INTERRUPT)
    until = time.monotonic() + NOTE
    while time.monotonic() < until and not session.closed:
        shown = session.history.rpartition(before)[2] if before else session.history
        if _NEXT_PROMPT.search(shown):  # until then its line editor is not set up anew
            return
        await asyncio.sleep(LOOK)


def _print(mark: str) -> str:
    """What makes the shell print a mark and the last exit code, without holding the mark itself."""
    return f"printf '%s%s %d\\n' '{mark[:9]}' '{mark[9:]}' \"$?\""


def _between(history: str, start: str, end: int, typed: str) -> str:
    """What was shown after the first mark, as plain text: all that is remembered, if it was printed so long ago.

    The terminal may echo the line that was `typed` last while the command is already speaking: whole, or, where its
    beginning was echoed before the mark, the rest of it at once after the mark.
    """
    begin = history.find(start, 0, end)
    shown = history[history.find("\n", begin) + 1 if begin >= 0 else 0 : end]
    plain = _ESCAPES.sub("", shown).replace("\r\n", "\n").replace("\r", "\n")
    echo = f"{typed}\n"
    rest = next((echo[at:] for at in range(len(echo) - len(_TAIL)) if plain.startswith(echo[at:])), "")
    return (plain.removeprefix(rest) if rest else plain.replace(echo, "", 1)).strip("\n")
