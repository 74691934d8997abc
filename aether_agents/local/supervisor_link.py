"""The connections to the supervisor: `SupervisorLink` is one, a JSON object per line; `Switchboard` is all of them.

An open line that said `hold` keeps the stack running; the kernel closes it when its process dies, however it dies.
"""

import contextlib
import json
import os
import selectors
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

#: Longest path of a unix socket that every supported system takes (Linux 108 bytes with the ending zero, macOS 104).
SOCKET_PATH_MAX = 100

Message = dict[str, Any]


class SupervisorLink:
    """A connected socket that speaks messages."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unread = b""  # what came after the message that was received last

    @classmethod
    def to(cls, path: Path) -> Self | None:
        """A line to the supervisor that listens there; None when none does."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
                connection.connect(str(path))
            else:  # the limit is on the address as it is written: a link makes it short
                with tempfile.TemporaryDirectory(prefix="aether-", dir="/tmp") as short:  # TMPDIR may be long
                    link = Path(short) / "s"
                    link.symlink_to(path.parent)
                    connection.connect(str(link / path.name))
        except OSError:
            connection.close()
            return None
        return cls(connection)

    def send(self, message: Message) -> None:
        """Say something; nothing happens when the other end is gone (reading will show it)."""
        try:
            self.connection.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return

    def receive(self, timeout: float | None) -> Message | None:
        """The next message; None when the other end is gone.

        Raises:
            TimeoutError: nothing came within `timeout` seconds (0 looks only).
            ValueError: what came is not a message.
        """
        while b"\n" not in self.unread:
            self.connection.settimeout(timeout)
            try:
                chunk = self.connection.recv(65_536)
            except BlockingIOError:
                raise TimeoutError from None
            except TimeoutError:
                raise
            except OSError:
                return None
            if not chunk:
                return None
            self.unread += chunk
        first, _, self.unread = self.unread.partition(b"\n")
        message = json.loads(first)
        if not isinstance(message, dict):
            raise ValueError("a message is an object")  # noqa: TRY004 - as malformed JSON is
        return message

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


class Switchboard:
    """Hears every line through the supervisor's selector and passes on what is said."""

    def __init__(self, selector: selectors.BaseSelector, answer: Callable[[Message, SupervisorLink], None]) -> None:
        self.holders: set[SupervisorLink] = set()
        self._selector = selector
        self._answer = answer
        self._lines: list[SupervisorLink] = []
        self._listener = socket.socket(socket.AF_UNIX)

    def listen(self, path: Path) -> None:
        """Accept lines from now on."""
        os.chdir(path.parent)  # the limit on a socket's address is on how it is written: a bare name is short
        self._listener.bind(path.name)
        self._listener.listen(64)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def connect(self, line: SupervisorLink) -> None:
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
        self.connect(SupervisorLink(connection))

    def _hear(self, line: SupervisorLink) -> None:
        while (message := self._next(line)) is not None:
            self._answer(message, line)
            if not line.unread:
                return
        self._selector.unregister(line.connection)
        self._lines.remove(line)
        self.holders.discard(line)
        line.close()

    def _next(self, line: SupervisorLink) -> Message | None:
        try:
            return line.receive(0.2)
        except (TimeoutError, ValueError):  # half a message, or none of ours: hang up
            return None
