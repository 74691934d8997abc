"""What a terminal shows around a command is not the command's: its echo may come at any moment."""

import asyncio
import re

import pytest

from aether_agents.agentserver.terminal.history_terminal import HistoryTerminal


class EchoingSession:
    """A session that echoes the last line typed in two parts: before the first mark, and after it."""

    closed = False

    def __init__(self, early: int) -> None:
        self.history = ""
        self._early = early

    async def write(self, text: str) -> None:
        if "\n" not in text:  # Ctrl-C
            self.history += "\r\n$ "
            return
        first, last = text.removesuffix("\n").split("\n")
        head, tail = re.findall(r"'%s%s %d\\n' '([^']+)' '([^']+)'", first)[0]
        start = head + tail
        self.history = (
            f"$ {first}\r\n{last[: self._early]}{start} 0\r\n{last[self._early :]}\r\nhello\r\n>{start[1:]} 3\r\n"
        )


class AtPrompt:
    """What is in front of a session that is always at its prompt."""

    def require_prompt(self, shown: str) -> None: ...
    def require_room(self, line: str) -> None: ...
    def interrupt(self) -> bool:
        return False


@pytest.mark.parametrize("early", [0, 1, 20, 40, 50])
def test_the_echo_of_what_was_typed_is_not_output(early: int) -> None:
    terminal = HistoryTerminal({"s": EchoingSession(early)}, lambda _: AtPrompt())
    assert asyncio.run(terminal.run("s", "say hello", 5)) == (3, "hello")
