"""Lines: one message per line, however the bytes arrive; a dead end is seen; a long path is no obstacle."""

import os
import socket
from pathlib import Path

import pytest

from aether_agents.local.supervisor_link import SOCKET_PATH_MAX, SupervisorLink


def test_messages_arrive_whole_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    line = SupervisorLink(ours)
    with pytest.raises(TimeoutError):
        line.receive(0)
    theirs.sendall(b'{"do": "ke')
    with pytest.raises(TimeoutError):
        line.receive(0.01)
    theirs.sendall(b'ep"}\n{"do": "ps"}\n')
    assert line.receive(1) == {"do": "keep"}
    assert line.receive(0) == {"do": "ps"}
    theirs.sendall(b"[1]\n")
    with pytest.raises(ValueError, match="object"):
        line.receive(1)
    theirs.close()
    assert line.receive(1) is None
    line.send({"do": "ps"})  # nobody hears it, and nothing happens
    line.close()


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    path = folder / "control.sock"
    assert len(os.fsencode(path)) > SOCKET_PATH_MAX
    assert SupervisorLink.to(path) is None
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
        listener.listen()
        monkeypatch.chdir(tmp_path)
        line = SupervisorLink.to(path)
        assert line is not None
        other, _ = listener.accept()
        line.send({"do": "ps"})
        assert other.recv(64) == b'{"do": "ps"}\n'
        line.close()
        other.close()
