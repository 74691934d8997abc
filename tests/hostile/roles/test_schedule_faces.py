"""Who may list, add and remove schedules over HTTP: by role, of one's own and of others; no body says who asks."""

from itertools import count
from typing import Any

import httpx
import pytest

from aether_agents.contracts import GitIdentity, HighLevelTask, Plan, Role
from aether_agents.settings.model import ScheduleSettings
from aether_agents.store import PlanningClaim
from beat.added import only_added
from beat.firing import task_of
from tests.hostile.roles.test_faces import SECRET, SMUGGLED, address, lab  # noqa: F401 - fixtures
from tests.integration.execution.lab import Lab, step

NUMBERS = count()
NIGHTLY = {"crontab": "30 2 * * *", "timezone": "Europe/Berlin"}


def person(address: str, name: str, role: str) -> httpx.Client:  # noqa: F811 - the fixture's value
    """Somebody behind the proxy."""
    headers = {"X-Remote-User": name, "X-Auth-Roles": role, "X-Aether-Proxy-Secret": SECRET}
    return httpx.Client(base_url=address, headers=headers, timeout=20)


def only_planned(lab: Lab, owner: str) -> str:  # noqa: F811
    """A task that was only planned, by a User."""
    tasks, task_id = lab.store.tasks, f"planned-{next(NUMBERS)}"
    git, folder = GitIdentity(), str(lab.folder)
    asked = HighLevelTask(task_id=task_id, description="look", owner=owner, role="User", git=git, folder=folder)
    tasks.create(asked.model_copy(update={"plan_only": True}))
    claim = tasks.claim_planning(task_id, limit=10_000)
    assert isinstance(claim, PlanningClaim)
    plan = Plan(name="look", description="x", origin="template", subtasks=(step(task_id, "a"),), digest="sha256:1")
    tasks.save_plan(task_id, claim.token, plan)
    tasks.finish_planning(task_id, claim.token)
    return task_id


def add(http: httpx.Client, task_id: str, **more: Any) -> httpx.Response:
    return http.post("/api/schedules", json={"task_id": task_id, **NIGHTLY, **more})


#: Status of adding one's own, and another's.
ADDS: dict[Role, tuple[int, int]] = {
    "Anonymous": (401, 401), "Viewer": (403, 404), "Auditor": (403, 403), "User": (201, 404), "Supervisor": (201, 201),
}  # fmt: skip


@pytest.mark.parametrize("role", ADDS)
def test_adding_goes_by_role_and_is_sealed_with_who_added_it(lab: Lab, address: str, role: Role) -> None:  # noqa: F811
    with person(address, "eve", role) as eve:
        for own in (True, False):
            task_id, before = only_planned(lab, "eve" if own else "ann"), lab.store.schedules.added()
            for extra in (*SMUGGLED, {"task": "another"}, {"settings": {}}):
                assert add(eve, task_id, **extra).status_code >= 400
            assert lab.store.schedules.added() == before
            told = add(eve, task_id)
            assert told.status_code == ADDS[role][not own], told.text
            new = lab.store.schedules.added().keys() - before.keys()
            assert len(new) == (told.status_code == 201)
            for name in new:
                kept = lab.store.schedules.added()[name]
                assert (kept.owner, kept.role, kept.git) == ("eve", role, GitIdentity())
                assert told.json()["by"] == "eve"
                assert told.json()["timezone"] == "Europe/Berlin"


def test_a_yes_ahead_counts_from_who_may_approve(lab: Lab, address: str) -> None:  # noqa: F811
    with person(address, "eve", "User") as eve, person(address, "sue", "Supervisor") as sue:
        task_id = only_planned(lab, "eve")
        assert add(eve, task_id, yes=True).json()["code"] == "not_allowed"
        assert add(eve, task_id, yes="true").status_code == 400
        name = add(eve, task_id, name="hers").json()["name"]
        added = only_added(lab.settings, lab.store.schedules)[name]
        fired = task_of(name, ScheduleSettings.model_validate(added.settings), added=added)
        assert (fired.role, fired.added_by, fired.assume_yes, fired.git) == ("User", "eve", False, GitIdentity())
        assert add(sue, task_id, yes=True, name="with-yes").status_code == 201
        assert lab.store.schedules.added()["with-yes"].settings["yes"] is True


def test_each_sees_and_removes_his_own_and_who_oversees_all(lab: Lab, address: str) -> None:  # noqa: F811
    with (
        person(address, "ann", "User") as ann,
        person(address, "bob", "User") as bob,
        person(address, "sue", "Supervisor") as sue,
    ):
        for name in ("of-ann", "also-ann"):
            assert add(ann, only_planned(lab, "ann"), name=name).status_code == 201
        assert {"of-ann", "also-ann"} <= {one["name"] for one in ann.get("/api/schedules").json()}
        assert not [one for one in bob.get("/api/schedules").json() if one["by"] != "bob"]
        assert {one["by"] for one in sue.get("/api/schedules").json()} >= {"ann"}
        told = [bob.delete(f"/api/schedules/{name}").json() for name in ("of-ann", "nobodys")]
        assert told[0]["error"].replace("of-ann", "nobodys") == told[1]["error"], "it is not there for him"
        with person(address, "abe", "Auditor") as abe:
            assert abe.delete("/api/schedules/of-ann").status_code == 403
        assert {"of-ann", "also-ann"} <= lab.store.schedules.added().keys()
        assert ann.delete("/api/schedules/of-ann").status_code == 200
        assert sue.delete("/api/schedules/also-ann").status_code == 200
        assert not {"of-ann", "also-ann"} & lab.store.schedules.added().keys()


def test_times_and_names_that_fit_nothing_are_refused(lab: Lab, address: str) -> None:  # noqa: F811
    wrong: list[dict[str, Any]] = [
        {"crontab": "99 * * * *"}, {"crontab": "every night"}, {"crontab": "* * * *"}, {"crontab": ""}, {"crontab": 5},
        {"timezone": "Mars/Base"}, {"timezone": "../../etc/passwd"}, {"name": "../x"}, {"name": "Ä"},
        {"name": "x" * 49},
    ]  # fmt: skip
    with person(address, "ann", "User") as ann:
        task_id, before = only_planned(lab, "ann"), lab.store.schedules.added()
        for one in wrong:
            assert add(ann, task_id, **one).status_code == 400, one
        assert add(ann, "nobodys").status_code == 404
        assert lab.store.schedules.added() == before
        assert add(ann, task_id, name="twice").status_code == 201
        assert "there is a schedule `twice`" in add(ann, task_id, name="twice").json()["error"]


def test_nobody_adds_without_end(lab: Lab, address: str) -> None:  # noqa: F811
    """Their tasks belong to the schedule, so they are not counted among his."""
    most = lab.settings.agent_system.agent_process.max_background_tasks
    with person(address, "zoe", "User") as zoe:
        task_id = only_planned(lab, "zoe")
        told = [add(zoe, task_id, name=f"z{number}").status_code for number in range(most + 1)]
    assert told == [201] * most + [429]
