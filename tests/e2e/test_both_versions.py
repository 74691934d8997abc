"""The version before and this one side by side on one store: questions, `serve`, beats and schedules of either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.store import Store
from tests.conftest import eventually
from tests.e2e.test_upgrade import ASK, LOOK, asked, becomes
from tests.e2e.two_versions import BEFORE, THIS, Running, TwoVersions

SCHEDULES = """\
schedules:
  look:
    every: 3
    task: look at the permissions of one folder
    template: look_at_permissions
    inputs: {folder: .}
"""


@pytest.fixture
def two(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path, before: str) -> Iterator[TwoVersions]:
    """Both versions, and a project that each of them trusts."""
    both = TwoVersions(tmp_path, valkey.url, f"b{tmp_path.name[-20:].lower().strip('_')}", sealing_key, before)
    both.trust({"templates/look.yaml": LOOK, "templates/ask.yaml": ASK, "aether_agent.yaml": SCHEDULES})
    yield both
    both.close()


@pytest.fixture
def store(two: TwoVersions) -> Iterator[Store]:
    """Their store, read by this version."""
    with two.store() as opened:
        yield opened


def workers(two: TwoVersions, version: str) -> None:
    """A planner and a worker of a version."""
    for queue in ("planner", "security"):
        two.start(version, "worker", queue)


def ran(store: Store, task_id: str) -> bool:
    """Whether the one call of a task has begun."""
    view = store.tasks.view(task_id)
    return any(one.status.value in {"completed", "failed"} for one in view.subtasks)


def waits(store: Store, task_id: str) -> bool:
    """Whether a task waits for a yes that this version believes."""
    asks = store.tasks.view(task_id).interventions
    return bool(asks) and "approve" in asks[0].choices


@pytest.mark.timeout(300)
def test_a_question_of_either_version_gets_its_yes_and_nothing_runs_without_one(two: TwoVersions, store: Store) -> None:
    workers(two, BEFORE)
    two.ready(store, "planner", "security", servers=("code",))
    old = [asked(two, BEFORE, "look_with_consent") for _ in range(3)]
    for one in old:
        becomes(store, one, "waiting_user_input")

    # A worker of this version asks anew what it cannot believe. No worker of either takes that for a yes.
    workers(two, THIS)
    eventually(lambda: all(waits(store, one) for one in old), 90, "each is asked again, sealed")
    assert [ran(store, one) for one in old] == [False] * 3
    assert two.run(THIS, "approve", old[0]).returncode == 0
    with two.serve(THIS) as page:
        question = store.tasks.view(old[1]).interventions[0].id
        said = {"intervention_id": question, "response": "approve"}
        assert page.post(f"/api/tasks/{old[1]}/approve", json=said).json() == {"status": "ok"}
        assert {becomes(store, one, "completed", "failed") for one in old[:2]} == {"completed"}
        known = {one["task_id"] for one in page.get("/api/tasks").json()}
        assert known >= {*old}, "the page of this version shows tasks of both"
    refused = two.run(BEFORE, "approve", old[2])
    assert refused.returncode != 0, "that question is of this version by now"
    assert not ran(store, old[2])

    # The other way round: the version before cannot say yes to what this one asks, nor end it.
    new = asked(two, THIS, "look_with_consent")
    becomes(store, new, "waiting_user_input")
    for words in (("approve", new), ("cancel", new)):
        assert two.run(BEFORE, *words).returncode == 2, words
    with two.serve(BEFORE) as page:
        assert page.get(f"/api/tasks/{new}").json()["code"] == "cannot_open"
        assert page.get(f"/api/tasks/{old[0]}").status_code in {200, 503}, "it answers, whatever it can read"
    assert waits(store, new)
    for one in (old[2], new):
        assert two.run(THIS, "approve", one).returncode == 0
        assert becomes(store, one, "completed", "failed") == "completed"


@pytest.mark.timeout(300)
def test_of_beats_of_both_versions_one_fires_each_slot_once(two: TwoVersions, store: Store) -> None:
    workers(two, THIS)
    two.ready(store, "planner", "security", servers=("code",))
    words = ("schedule", "add", "look at the permissions of one folder every night at 02:30", "-i", "folder=.", "--yes")
    added = two.json(THIS, *words)["name"]

    def fired(*beats: Running) -> list[str]:
        """The slots that beats say they made a task of; one file has all that beats of a version wrote."""
        lines = "".join(one.said() for one in beats).splitlines()
        return [line.partition("the slot ")[2].split()[0] for line in lines if " is task " in line]

    old = two.start(BEFORE, "beat")
    eventually(lambda: len(fired(old)) >= 2, 60, "the one of before fires")
    new = two.start(THIS, "beat")
    eventually(lambda: "Starting" in new.said(), 60, "the other one stands by")
    seen = len(fired(old))
    eventually(lambda: len(fired(old)) > seen, 60, "and the first goes on")
    assert fired(new) == []
    rows = {one["name"]: one for one in two.json(THIS, "schedule", "list")}
    assert rows["look"]["last"]
    assert added in rows

    old.stop()
    eventually(lambda: fired(new), 60, "this one takes over")
    again = two.start(BEFORE, "beat")
    eventually(lambda: "Starting" in again.said().partition("Releasing lock")[2], 60, "one of before stands by")
    new.stop()
    seen = len(fired(again))
    eventually(lambda: len(fired(again)) > seen, 60, "and takes over again")
    again.stop()
    tasks = [one.task_id for one in store.tasks.recent() if one.owner == "schedule:look"]
    assert {becomes(store, one, "completed", "failed") for one in tasks} == {"completed"}
    slots = fired(old, new)
    assert len(slots) == len(set(slots)), "each slot once, whoever fired it"
    assert 0 <= len(tasks) - len(slots) <= 2, "each is a task; one whose beat was told to end while it fired may say no"
    assert set(store.schedules.added()) == {added}, "what was added is there after a beat of before"
