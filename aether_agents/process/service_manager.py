"""The service manager above this process: systemd is told that it is up and well, where systemd asks to be told."""

import os
import socket
from contextlib import suppress


class ServiceManager:
    """Speaks systemd's protocol: one datagram to the socket it names. Without such a socket, it says nothing."""

    def __init__(self) -> None:
        self._address = os.environ.pop("NOTIFY_SOCKET", "")  # what we start is none of its business
        self._limit = os.environ.pop("WATCHDOG_USEC", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]

    @property
    def every(self) -> float | None:
        """Seconds between two signs of life, of which three are due before it acts; none where it expects none."""
        return int(self._limit) / 3e6 if self._address and self._limit.isdecimal() else None

    def ready(self) -> None:
        """This process is up."""
        self._say("READY=1")

    def well(self) -> None:
        """This process is well."""
        self._say("WATCHDOG=1")

    def ends(self, why: str) -> None:
        """This process ends."""
        self._say(f"STOPPING=1\nSTATUS={why}")

    def _say(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # it is no reason to wait
            line.sendto(text.encode(), self._address)
