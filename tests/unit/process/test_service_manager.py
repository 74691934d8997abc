"""systemd is told where it asks to be told, and nobody else is bothered."""

import os
import socket
from pathlib import Path

import pytest

from aether_agents.process.service_manager import ServiceManager


def test_it_says_what_happens_to_the_socket_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)  # a short path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("notify")
        monkeypatch.setenv("NOTIFY_SOCKET", "notify")
        monkeypatch.setenv("WATCHDOG_USEC", "90000000")
        manager = ServiceManager()
        assert manager.every == 30
        assert "NOTIFY_SOCKET" not in os.environ  # nothing that is started from here speaks in its name
        manager.ready()
        manager.well()
        manager.ends("deaf")
        said = [line.recv(100) for _ in range(3)]
    assert said == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1\nSTATUS=deaf"]


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody"])
def test_nobody_is_no_trouble(monkeypatch: pytest.MonkeyPatch, address: str):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    manager = ServiceManager()
    assert manager.every is None
    manager.ready()
