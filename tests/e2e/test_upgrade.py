"""The version before and this one side by side on one store: a rolling upgrade forward, and back again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.store import Store
from tests.conftest import eventually
from tests.e2e.two_versions import BEFORE, THIS, TwoVersions

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


@pytest.fixture
def two(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path, before: str) -> Iterator[TwoVersions]:
    """Both versions, and a project that each of them trusts."""
    both = TwoVersions(tmp_path, valkey.url, f"t{tmp_path.name[-20:].lower().strip('_')}", sealing_key, before)
    both.trust({"templates/look.yaml": LOOK, "templates/ask.yaml": ASK})
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
    """Wait until a task has one of these statuses: the one that it has, and why it failed."""
    eventually(lambda: store.tasks.view(task_id).status.value in statuses, 60, f"{task_id} is {statuses}")
    view = store.tasks.view(task_id)
    return f"{view.status.value}: {view.error}" if view.error else view.status.value


@pytest.mark.timeout(400)
def test_a_rolling_upgrade_loses_no_task_and_fails_none(two: TwoVersions, store: Store) -> None:
    old = [two.start(BEFORE, "worker", queue) for queue in ("planner", "security")]
    two.ready(store, "planner", "security", servers=("code",))
    finished = asked(two, BEFORE)
    assert becomes(store, finished, "completed", "failed") == "completed"

    new = [two.start(THIS, "worker", queue) for queue in ("planner", "security")]
    eventually(lambda: len(store.presence.alive()) == 4 and store.catalogue.own().get("code"), 60)
    tasks = [asked(two, version) for _ in range(4) for version in (BEFORE, THIS)]
    assert {becomes(store, one, "completed", "failed") for one in tasks} == {"completed"}
    assert {entry.status for entry in store.catalogue.entries().values()} <= {"live", "failed"}
    assert [one.version.partition("+")[0] for one in store.presence.alive() if one.version] == [THIS, THIS]

    # What each of them shows of all this, whoever wrote it.
    for version in (BEFORE, THIS):
        for words in (("ps",), ("tools", "list"), ("servers", "list")):
            assert two.run(version, *words).returncode == 0, (version, words)
    assert two.run(THIS, "tasks").returncode == 0

    for one in old:
        one.stop()
    assert two.json(THIS, "status", finished)["status"] == "completed"
    assert two.run(THIS, "result", finished).returncode == 0
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
    said = two.run(BEFORE, "status", finished)
    assert (said.returncode, "does not open" in said.stderr) == (2, True), said.stderr  # 0.1.0 knows no better word
    assert store.tasks.view(waiting).status.value == "waiting_user_input"
    assert store.tasks.view(left).status.value == "pending", "left alone: what a newer version wrote is not failed"

    new = [two.start(THIS, "worker", queue) for queue in ("planner", "security")]
    assert two.run(THIS, "approve", waiting).returncode == 0
    assert {becomes(store, one, "completed", "failed") for one in (left, waiting)} == {"completed"}
    for one in (*old, *new):
        one.stop()
