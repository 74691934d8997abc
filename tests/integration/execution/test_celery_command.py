"""`celery -A workers.dev worker`: the worker as Celery's own command starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.settings.model import Settings
from aether_agents.store import Store
from tests.conftest import eventually
from tests.integration.execution.lab import ROOT


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The dev specialist's worker; its broker and key come from the environment."""
    environ = {
        **os.environ,
        "AETHER_HOME": str(tmp_path / "home"),
        "AETHER_REDIS_URL": str(settings.broker.url),
        "AETHER_BROKER__PREFIX": settings.broker.prefix,
        "AETHER_SEALING_KEY_FILE": str(settings.encryption.key_file),
    }
    command = [sys.executable, "-m", "celery", "-A", "workers.dev", "worker", "--loglevel", "INFO"]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    yield process
    process.terminate()
    process.wait(20)


def test_it_serves_the_queue_of_its_specialist_and_no_other(
    worker: subprocess.Popen[bytes], store: Store, tmp_path: Path
) -> None:
    (alive,) = eventually(store.presence.alive, within=60, what="the worker is alive")
    assert alive.queues == ("dev",)
    assert alive.pid == worker.pid  # threads, unless told otherwise
    said = (tmp_path / "worker.log").read_text()
    assert "dev.run_subtask" in said
    assert "security.run_subtask" not in said


def test_without_a_broker_it_says_what_to_do(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AETHER_")}
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "workers.dev", "worker"],
        cwd=tmp_path,
        env={**environ, "AETHER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "set AETHER_REDIS_URL" in done.stderr
