"""Limits that stop: of two workers together no call is made too many, and a person is told which limit it was."""

from aether_agents.settings.limits import LimitSettings
from aether_agents.settings.upkeep import AlertSettings
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step


def test_two_workers_make_as_many_calls_as_a_budget_lets_and_no_more(bare_lab: Lab) -> None:
    lab = bare_lab
    budgets = AlertSettings.model_validate({"budgets": {"dev-echo": {"calls": 7, "stop": True}}})
    limited = lab.settings.model_copy(update={"alerts": budgets, "limits": LimitSettings(calls_per_task=5)})
    for name in ("w-one", "w-two"):
        lab.worker(["dev"], settings=limited, called=name, ready=False)
    eventually(lambda: len({one.name for one in lab.store.presence.alive()}) == 2, 60, "both workers are there")
    for task_id in ("one", "two"):
        lab.launch([step(task_id, f"n{at}", on_failure="continue") for at in range(20)], task_id, direct=True)
    assert {lab.ended("one"), lab.ended("two")} == {"completed"}
    began = lab.calls().started
    assert sum(began.values()) == 7
    assert max(sum(key.startswith(f"{one}/") for key in began) for one in ("one", "two")) <= 5
    failed = [one for task_id in ("one", "two") for one in lab.store.tasks.view(task_id).subtasks if one.error]
    assert len(failed) == 33
    assert {one.error_kind for one in failed} == {"policy"}
    assert {
        "(`alerts.budgets`, `stop`)" in (one.error or "") or "(`limits.calls_per_task`)" in (one.error or "")
        for one in failed
    } == {True}
