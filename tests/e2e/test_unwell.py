"""What `ps` and `doctor` say of a stack that is not well: never that it is ready."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from aether_agents.local.valkey import ValkeyServer
from tests.conftest import eventually
from tests.e2e.terminal import Person, only
from tests.integration.local.conftest import processes_of


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Person]:
    """Somebody with a running stack of one specialist."""
    project = tmp_path / "project"
    project.mkdir()
    somebody = Person(tmp_path / "home", project, **only("security"))
    assert somebody.run("up", within=120).returncode == 0
    yield somebody
    somebody.run("down", "--now")
    left = processes_of(somebody.home)
    for process in left:
        process.kill()
    assert left == []


def statuses(person: Person) -> dict[str, str]:
    return {row["name"]: row["status"] for row in person.json("ps")}


def test_what_is_unwell_is_said_with_its_fix_and_forgotten_when_it_is_over(owner: Person) -> None:
    well = statuses(owner)
    assert set(well.values()) == {"ready"}
    pids = {row["name"]: row["pid"] for row in owner.json("ps")}
    for name in ("worker", "valkey"):
        process = psutil.Process(pids[name])
        process.suspend()
        try:
            eventually(lambda name=name: statuses(owner)[name] == "stopped", what="ps says so", pause=0.5)
            told = owner.run("doctor", within=60)
        finally:
            process.resume()
        assert told.returncode != 0
        assert f"{name} (process {process.pid}): stopped" in told.stdout, told.stdout + told.stderr
        assert "kill -CONT" in told.stdout
        eventually(lambda: statuses(owner) == well, what="all is ready", pause=0.5)
    with Redis.from_url(ValkeyServer(owner.home / "stack" / "valkey").url) as admin:
        admin.execute_command("CONFIG", "SET", "maxmemory", 1)
        eventually(lambda: statuses(owner)["worker"] == "waits for the store", what="ps says so", pause=0.5)
        told = owner.run("doctor")
        admin.execute_command("CONFIG", "SET", "maxmemory", 0)
    assert told.returncode != 0
    assert "worker (process" in told.stdout, told.stdout + told.stderr
    assert "waits for the store" in told.stdout
    eventually(lambda: statuses(owner) == well, what="all is ready", pause=0.5)
    told = owner.run("doctor")
    assert "(process " not in told.stdout, told.stdout
