"""A process is ended only if it is the one that was started."""

import subprocess
import sys
from pathlib import Path

import pytest

from aether_agents.local.supervision import process_identity as module
from aether_agents.local.supervision.process_identity import ProcessIdentity

SLEEPER = [sys.executable, "-c", "input()"]
STUBBORN = [sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); input()"]


@pytest.fixture(params=["proc", "ps"], autouse=True)
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux tells in /proc; elsewhere `ps` is asked."""
    if request.param == "ps":
        monkeypatch.setattr(module, "PROC", Path("/nowhere"))


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def test_another_process_with_the_same_number_is_left_alone() -> None:
    with start(SLEEPER) as process:
        recycled = ProcessIdentity(process.pid, "an earlier birth")
        assert not recycled.alive()
        recycled.end(timeout=0.1)
        assert process.poll() is None
        assert ProcessIdentity.of(process.pid).alive()
        process.kill()


def test_a_process_is_asked_and_then_killed() -> None:
    for command in (SLEEPER, STUBBORN):
        with start(command) as process:
            if command is STUBBORN:
                assert process.stdout is not None
                process.stdout.readline()
            identity = ProcessIdentity.of(process.pid)
            identity.end(timeout=0.3)
            assert not identity.alive()  # a zombie is not alive


def test_no_process_is_never_alive() -> None:
    assert not ProcessIdentity.of(0).alive()
    assert not ProcessIdentity(0, "").alive()
