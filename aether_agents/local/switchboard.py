"""Switchboard: the open lines to the supervisor, and which of them hold the stack."""

import contextlib
import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path

from aether_agents.local.supervisor_link import Line, Message


class Switchboard:
    """Hears every line through the supervisor's selector and passes on what is said."""

    def __init__(self, selector: selectors.BaseSelector, answer: Callable[[Message, Line], None]) -> None:
        self.holders: set[Line] = set()
        self._selector = selector
        self._answer = answer
        self._lines: list[Line] = []
        self._listener = socket.socket(socket.AF_UNIX)

    def listen(self, path: Path) -> None:
        """Accept lines from now on."""
        os.chdir(path.parent)  # the limit on a socket's address is on how it is written: a bare name is short
        self._listener.bind(path.name)
        self._listener.listen(64)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def connect(self, line: Line) -> None:
        """Hear this line too."""
        self._lines.append(line)
        self._selector.register(line.connection, selectors.EVENT_READ, lambda: self._hear(line))

    def tell_holders(self, message: Message) -> None:
        """Say something to all who hold the stack."""
        for line in self.holders:
            line.send(message)

    def refuse(self) -> None:
        """Accept nobody any more: who comes now starts the next stack, which waits for the lock."""
        if self._listener.fileno() >= 0:
            with contextlib.suppress(KeyError):
                self._selector.unregister(self._listener)
            self._listener.close()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self.connect(Line(connection))

    def _hear(self, line: Line) -> None:
        while (message := self._next(line)) is not None:
            self._answer(message, line)
            if not line.unread:
                return
        self._selector.unregister(line.connection)
        self._lines.remove(line)
        self.holders.discard(line)
        line.close()

    def _next(self, line: Line) -> Message | None:
        try:
            return line.receive(0.2)
        except (TimeoutError, ValueError):  # half a message, or none of ours: hang up
            return None
