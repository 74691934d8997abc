"""The guard's own program, on real process groups."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from aether_agents.mcp_host.process import guard_program


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process group that ends when it is asked."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.fixture
def deaf() -> Iterator[subprocess.Popen[bytes]]:
    """A process group that has to be killed."""
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_groups_are_asked_then_killed(
    sleeper: subprocess.Popen[bytes], deaf: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_program, "GRACE", 0.3)

    began = time.monotonic()
    guard_program.end({sleeper.pid, deaf.pid})

    assert sleeper.wait(5) == -signal.SIGTERM
    assert deaf.wait(5) == -signal.SIGKILL
    assert time.monotonic() - began < 3
    assert not guard_program.alive(sleeper.pid)
    guard_program.end({sleeper.pid})  # one that is gone already is no fault


def test_only_groups_that_are_still_watched_are_ended(
    sleeper: subprocess.Popen[bytes], deaf: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_program, "GRACE", 0.3)
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    words = f"+{sleeper.pid}\n+{deaf.pid}\n-{deaf.pid}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(words)))
    try:
        guard_program.main()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)

    assert sleeper.wait(5) == -signal.SIGTERM
    assert deaf.poll() is None
    os.kill(deaf.pid, signal.SIGKILL)
