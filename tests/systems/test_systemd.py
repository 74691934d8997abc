"""The units as systemd reads them: how exposed they are, and what works under their filter of system calls."""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.store import add_key
from aether_sandbox.confine import MECHANISMS
from tests import ordinary
from tests.conftest import eventually
from tests.systems.conftest import free_port, program

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
FACES = ("aether-agentserver.service", "aether-beat.service", "aether-flower.service")
WORKER = "aether-worker@.service"
DROP_IN = UNITS / "landlock-only.conf"
TRIES = "from aether_sandbox.confine import MECHANISMS, works; print(*[one for one in MECHANISMS if works(one)])"


def exposure(unit: Path) -> float:
    """How exposed systemd calls a unit, 0 to 10."""
    words = [program("systemd-analyze"), "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert found, said.stdout + said.stderr
    return float(found[1])


def calls_of(group: str) -> set[str]:
    """The system calls of a group of systemd's, those of the groups within it too."""
    said = subprocess.run(
        [program("systemd-analyze"), "syscall-filter", "--no-pager", group], capture_output=True, text=True, check=True
    )
    found: set[str] = set()
    for line in said.stdout.splitlines()[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            found |= calls_of(word) if word.startswith("@") else {word}
    return found


def allowed(unit: Path) -> set[str]:
    """What the filter of a unit allows."""
    found: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.MULTILINE):
        taken, words = line.startswith("~"), line.removeprefix("~").split()
        named = set().union(*(calls_of(word) if word.startswith("@") else {word} for word in words))
        found = found - named if taken else found | named
    assert len(found) > 200
    return found


@pytest.mark.parametrize("unit", FACES)
def test_a_face_is_hardly_exposed(unit: str) -> None:
    assert exposure(UNITS / unit) <= 2.0


def test_a_worker_is_as_little_exposed_as_its_sandbox_allows(tmp_path: Path) -> None:
    """What is left are namespaces and mounts, which sandboxes are made with."""
    assert exposure(UNITS / WORKER) <= 2.6
    strict = tmp_path / "aether-worker@.service"
    strict.write_text(f"{(UNITS / WORKER).read_text()}\n{DROP_IN.read_text()}")
    assert exposure(strict) <= 2.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that an ordinary user reaches."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def under(unit: Path, *command: str) -> list[str]:
    return [sys.executable, "-m", "tests.systems.filtered", ",".join(sorted(allowed(unit))), *command]


@pytest.mark.timeout(60)
def test_each_mechanism_of_the_sandbox_works_under_the_filter_of_the_worker(folder: Path) -> None:
    env = {"PYTHONPATH": str(ordinary.ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = ordinary.run(under(UNITS / WORKER, sys.executable, "-c", TRIES), folder, env)
    assert done.stdout.split() == [*MECHANISMS], done.stderr[-2000:]


@pytest.mark.timeout(60)
def test_without_namespaces_landlock_is_left(folder: Path, tmp_path: Path) -> None:
    strict = tmp_path / "strict.service"
    strict.write_text(DROP_IN.read_text())
    env = {"PYTHONPATH": str(ordinary.ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = ordinary.run(under(strict, sys.executable, "-c", TRIES), folder, env)
    assert "landlock" in done.stdout.split(), done.stderr[-2000:]
    assert "bubblewrap" not in done.stdout.split()


@pytest.mark.timeout(90)
def test_agentserver_serves_under_its_filter_and_is_alive_without_a_store(folder: Path) -> None:
    """And only not ready: the store is away."""
    port, nobody = free_port(), free_port()
    alive = folder / "alive"
    add_key(folder / "key")
    environ = {
        **os.environ,
        "AETHER_HOME": str(folder / "home"),
        "AETHER_SEALING_KEY_FILE": str(folder / "key"),
        "AETHER_REDIS_URL": f"redis://127.0.0.1:{nobody}/0",
        "AETHER_DELIVERY__ALIVE_FILE": str(alive),
        "PYTHONPATH": str(ordinary.ROOT),
    }
    agent = str(Path(sys.executable).with_name("aether-agent"))
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            under(UNITS / FACES[0], agent, "serve", "--port", str(port)),
            env=environ,
            cwd=folder,
            stdout=log,
            stderr=log,
        ) as serving,
    ):
        try:
            live = eventually(lambda: answer(port, "live"), 40, "it answers")
            assert live == (200, "ok"), (folder / "log").read_text()
            assert answer(port, "health") == (503, "no_store")
            assert alive.exists()
        finally:
            serving.terminate()
            serving.wait(20)


def answer(port: int, path: str) -> tuple[int, str] | None:
    """The status of an address and what it says; None while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as said:
            return said.status, json.load(said)["status"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)["status"]
    except OSError:
        return None
