"""The version before and this one side by side on one store: a rolling upgrade forward, and back again."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.store import Store
from tests.conftest import eventually
from tests.e2e.two_versions import BEFORE, THIS, TwoVersions, install_before

LOOK = """\
name: look_at_permissions
description: Look at the permissions of one folder
specialist: security
examples: ["look at the permissions of one folder"]
inputs: {folder: {type: string, format: path, required: true}}
subtasks:
  - {id: look, tool: code/permissions, args: {path: "${inputs.folder}"}}
outputs: {status: "${subtasks.look.output.status}"}
"""
ASK = LOOK.replace("look_at_permissions", "look_with_consent").replace("one folder", "a folder after a yes")
ASK = ASK.replace('"${inputs.folder}"}}', '"${inputs.folder}"}, approval: required}')
SCHEDULES = """\
schedules:
  often: {every: 2, task: "look at the permissions of one folder", template: look_at_permissions, inputs: {folder: "."}}
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of the version before."""
    return install_before(tmp_path_factory.mktemp("before"))


@pytest.fixture
def two(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path, before: str) -> Iterator[TwoVersions]:
    """Both versions, and a project that each of them trusts."""
    both = TwoVersions(tmp_path, valkey.url, f"t{tmp_path.name[-20:].lower().strip('_')}", sealing_key, before)
    (both.project / "templates").mkdir()
    (both.project / "templates" / "look.yaml").write_text(LOOK)
    (both.project / "templates" / "ask.yaml").write_text(ASK)
    (both.project / "aether_agent.yaml").write_text(SCHEDULES)
    for version in (BEFORE, THIS):
        assert both.run(version, "trust", "--yes").returncode == 0
    yield both
    both.close()


@pytest.fixture
def store(two: TwoVersions) -> Iterator[Store]:
    """Their store, read by this version."""
    with two.store() as opened:
        yield opened


def asked(two: TwoVersions, version: str, template: str = "look_at_permissions") -> str:
    """A task that a version asks for, without waiting for it."""
    words = ("execute", "look at the permissions", "--template", template, "--input", "folder=.", "--detach")
    return str(two.json(version, *words)["task_id"])


def becomes(store: Store, task_id: str, *statuses: str) -> str:
    """Wait until a task has one of these statuses."""
    eventually(lambda: store.tasks.view(task_id).status.value in statuses, 60, f"{task_id} is {statuses}")
    return store.tasks.view(task_id).status.value


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def health(port: int) -> dict[str, str]:
    """What `serve` says of itself; nothing while it starts."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            return dict(json.load(answer))
    except OSError:
        return {}


@pytest.mark.timeout(400)
def test_a_rolling_upgrade_loses_no_task_and_fails_none(two: TwoVersions, store: Store) -> None:
    old = [two.start(BEFORE, "worker", queue) for queue in ("planner", "security")]
    two.ready(store, "planner", "security", servers=("code",))
    finished, waiting = asked(two, BEFORE), asked(two, BEFORE, "look_with_consent")
    assert becomes(store, finished, "completed", "failed") == "completed"
    becomes(store, waiting, "waiting_user_input")

    new = [two.start(THIS, "worker", queue) for queue in ("planner", "security")]
    eventually(lambda: len(store.presence.alive()) == 4 and store.catalogue.own().get("code"), 60)
    tasks = [asked(two, version) for _ in range(4) for version in (BEFORE, THIS)]
    assert {becomes(store, one, "completed", "failed") for one in tasks} == {"completed"}
    assert {entry.status for entry in store.catalogue.entries().values()} <= {"live", "failed"}
    assert [one.version for one in store.presence.alive() if one.version] == [THIS, THIS]

    # What each of them shows of all this, whoever wrote it.
    for version in (BEFORE, THIS):
        for words in (("ps",), ("tasks",), ("tools", "list"), ("servers", "list"), ("events", tasks[0])):
            ran = two.run(version, *words)
            assert (ran.returncode, "fault of ours" in ran.stderr) == (0, False), (version, words, ran.stderr)

    for one in old:
        one.stop()
    assert two.json(THIS, "status", finished)["status"] == "completed"
    assert two.json(THIS, "result", finished)["outputs"] == {"status": "pass"}
    assert two.run(THIS, "approve", waiting, "--yes").returncode == 0
    assert becomes(store, waiting, "completed", "failed") == "completed"
    for one in new:
        one.stop()


@pytest.mark.timeout(400)
def test_back_to_the_version_before_and_forward_again(two: TwoVersions, store: Store) -> None:
    new = [two.start(THIS, "worker", queue) for queue in ("planner", "security")]
    two.ready(store, "planner", "security", servers=("code",))
    finished, waiting = asked(two, THIS), asked(two, THIS, "look_with_consent")
    assert becomes(store, finished, "completed", "failed") == "completed"
    becomes(store, waiting, "waiting_user_input")
    for one in new:
        one.stop()

    old = [two.start(BEFORE, "worker", queue) for queue in ("planner", "security")]
    eventually(lambda: store.catalogue.before().get("code"), 60)
    left, own = asked(two, THIS), [asked(two, BEFORE) for _ in range(3)]
    assert {becomes(store, one, "completed", "failed") for one in own} == {"completed"}
    assert two.run(BEFORE, "tasks").returncode == 0
    said = two.run(BEFORE, "status", finished)
    assert (said.returncode, "0.2.0" in said.stderr) == (2, True), "it says who reads it"
    assert store.tasks.view(waiting).status.value == "waiting_user_input"
    assert store.tasks.view(left).status.value == "pending", "left alone: what a newer version wrote is not failed"

    new = [two.start(THIS, "worker", queue) for queue in ("planner", "security")]
    assert two.run(THIS, "approve", waiting, "--yes").returncode == 0
    assert {becomes(store, one, "completed", "failed") for one in (left, waiting)} == {"completed"}
    for one in (*old, *new):
        one.stop()


@pytest.mark.timeout(400)
def test_beats_and_servers_of_both_versions_share_a_store(two: TwoVersions, store: Store) -> None:
    for version in (BEFORE, THIS):
        two.start(version, "worker", "planner", "security")
    two.ready(store, "planner", "security", servers=("code",))
    ports = {version: free_port() for version in (BEFORE, THIS)}
    for version, port in ports.items():
        two.start(version, "beat")
        two.start(version, "serve", "--port", str(port))
    for version, port in ports.items():
        assert eventually(lambda port=port: health(port), 60) == {"status": "ok", "version": version}
    seen: dict[object, str] = {}

    def slots() -> int:
        fired = store.schedules.notes().get("often")
        if fired is not None and fired.fired is not None and fired.fired.task_id:
            assert seen.setdefault(fired.fired.slot, fired.fired.task_id) == fired.fired.task_id, "fired once a slot"
        return len(seen)

    eventually(lambda: slots() >= 4, 90, "four slots")
    assert {becomes(store, one, "completed", "failed") for one in seen.values()} == {"completed"}
