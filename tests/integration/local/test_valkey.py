"""The launcher of the embedded server: bounded, locked per folder, gone with its owner, its data on disk."""

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aether_agents.errors import StackError
from aether_agents.local import valkey as launcher
from aether_agents.local.valkey import ValkeyServer, find_binary
from aether_agents.process.installation import install_command
from aether_agents.settings.model import Settings
from aether_agents.store.client.connection import Connection
from tests.conftest import eventually

OWNER = """
import sys
from pathlib import Path
from aether_agents.local.valkey import ValkeyServer
server = ValkeyServer(Path(sys.argv[1])).start()
print(server.pid, flush=True)
sys.stdin.read()
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_in_a_private_folder_and_keeps_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "valkey"
    with ValkeyServer(folder) as server:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert ValkeyServer(folder).alive(), "whoever looks at the folder sees it"
        connection = Connection(server.url)
        connection.command("SET", "kept", "yes")
        connection.close()
    assert not server.alive()
    assert server.pid is None
    with ValkeyServer(folder) as again:
        connection = Connection(again.url)
        assert connection.command("GET", "kept") == b"yes"
        connection.close()


def test_two_on_one_folder_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "LOCK_TIMEOUT", 0.1)
    with ValkeyServer(tmp_path) as server:
        with pytest.raises(StackError, match=rf"process {server.pid}.*aether-agent down"):
            ValkeyServer(tmp_path).start()
        assert server.alive()


def test_a_folder_with_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    with ValkeyServer(folder) as server:
        elsewhere = server.socket.parent
        assert len(os.fsencode(server.socket)) <= launcher.SOCKET_PATH_MAX
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
        assert ValkeyServer(folder).alive()
    assert not elsewhere.exists()


def test_a_folder_of_somebody_elses_in_the_sockets_place_is_refused(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path / ("deep" * 30))
    server.socket.parent.mkdir(mode=0o755)  # open to all: somebody may have put a socket there
    try:
        with pytest.raises(StackError, match="AETHER_HOME to a folder with a shorter path"):
            server.start()
    finally:
        server.socket.parent.rmdir()


def test_what_a_killed_server_left_of_its_socket_is_used_again(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        before = ValkeyServer(folder).socket
        owner.kill()
    with ValkeyServer(folder) as server:
        assert server.socket == before
    assert not before.parent.exists()


def test_a_server_that_will_not_end_is_killed(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path).start()
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    server.stop(timeout=0.2)
    eventually(lambda: not is_running(pid))


def test_it_dies_with_its_owner_even_a_killed_one(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert is_running(pid)
        owner.kill()
    eventually(lambda: not is_running(pid))
    with ValkeyServer(tmp_path) as server:
        assert server.alive(), "the folder is free again"


def test_a_killed_server_is_noticed_and_stopping_it_is_no_error(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path).start()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.alive())
    server.stop()
    server.stop()
    with server:
        assert server.alive()


def test_a_server_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho out of luck >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(StackError, match="ended at once:\nout of luck"):
        ValkeyServer(tmp_path / "folder", binary=broken).start()


def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    silent.write_text('#!/bin/sh\necho $$ > "$0.pid"\nexec sleep 60\n')
    silent.chmod(0o755)
    with pytest.raises(StackError, match=r"did not answer within 0\.3 s"):
        ValkeyServer(tmp_path / "folder", binary=silent).start(timeout=0.3)
    pid = int((tmp_path / "silent.pid").read_text())
    eventually(lambda: not is_running(pid))


def test_without_a_binary_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "find_spec", lambda _: None)
    monkeypatch.setattr(launcher.shutil, "which", lambda name: f"/opt/{name}" if name == "redis-server" else None)
    assert find_binary() == Path("/opt/redis-server")
    monkeypatch.setattr(launcher.shutil, "which", lambda _: None)
    with pytest.raises(StackError, match=rf"{re.escape(install_command('local'))}.*AETHER_REDIS_URL"):
        find_binary()


def test_it_listens_on_no_network_port(settings: Settings) -> None:
    assert settings.broker.url is not None
    connection = Connection(settings.broker.url)
    assert connection.command("CONFIG", "GET", "port") == [b"port", b"0"]
    connection.close()
