"""Line: a connection to the supervisor. One JSON object per line each way.

An open line that said `hold` keeps the stack running; the kernel closes it when its process dies, however it dies.
"""

import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any, Self

#: Longest path of a unix socket that every supported system takes (Linux 108 bytes with the ending zero, macOS 104).
SOCKET_PATH_MAX = 100

Message = dict[str, Any]


class Line:
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
