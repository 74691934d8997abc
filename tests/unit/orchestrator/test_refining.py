"""A plan that has not run, changed: the task that plans the change, and what is told of it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from aether_agents.contracts import HighLevelTask, Plan, PlannedSubtask, Risk, TaskStatus, Template
from aether_agents.errors import InvalidTask, WrongStatus
from aether_agents.orchestrator import refining
from aether_agents.settings.model import Settings
from aether_agents.store import Store


def step(name: str, *needs: str, **more: Any) -> PlannedSubtask:
    document = {"id": name, "tool": "a/do", "needs": needs, "specialist": "dev", "risk": Risk.READ, "args": {"n": 1}}
    return PlannedSubtask.model_validate({**document, **more})


PLAN = Plan(name="p", description="p", origin="template", subtasks=(step("a"), step("b", "a")))


def store(plan: Plan = PLAN, status: TaskStatus = TaskStatus.COMPLETED, **task: Any) -> Store:
    told = {"task_id": "first", "description": "do it", "plan_only": True, "inputs": {"x": 1}, "owner": "ann", **task}
    old = HighLevelTask(**told)
    view = SimpleNamespace(status=status, refines=None, error=None, interventions=())
    tasks = SimpleNamespace(task=lambda _: old, plan=lambda _: plan, view=lambda _: view)
    return cast(Store, SimpleNamespace(tasks=tasks))


def changed(line: str, at: Store | None = None) -> HighLevelTask:
    return refining.changed(at or store(), Settings(), "first", line, role="User", complete=lambda task: task)


def test_a_change_is_planned_in_a_task_of_its_own_that_runs_nothing() -> None:
    task = changed("drop b")
    assert (task.plan_only, task.refines, task.owner, task.role) == (True, "first", "ann", "User")
    assert task.task_id != "first"
    assert task.document is not None
    assert [one.id for one in task.document.subtasks] == ["a"]
    assert task.inputs == {}


def test_what_is_no_edit_is_more_of_the_sentence_and_reword_another_one() -> None:
    more = changed("only ./app")
    assert (more.description, more.document, more.inputs) == ("do it. only ./app", None, {"x": 1})
    assert changed("reword look at ./b").description == "look at ./b"
    document = Template.model_validate({"name": "p", "description": "p", "subtasks": [{"id": "a", "tool": "a/do"}]})
    with pytest.raises(InvalidTask, match="without the changes"):  # or the changes would be lost unsaid
        changed("only ./app", store(document=document))
    assert changed("reword look at ./b", store(document=document)).document is None


def test_words_are_added_by_the_planner() -> None:
    task = changed("add audit ./b")
    assert (task.addition, len(task.document.subtasks) if task.document else 0) == ("audit ./b", 2)


@pytest.mark.parametrize(
    ("line", "said"),
    [("drop c", "there is no subtask `c`"), ("move a after b", "cannot run before"), ("set a", "ARGUMENT=VALUE")],
)
def test_a_change_that_cannot_be_is_refused_with_its_reason(line: str, said: str) -> None:
    plan = PLAN.model_copy(update={"subtasks": (step("a"), step("b", "a", args={"n": "${subtasks.a.output}"}))})
    with pytest.raises(InvalidTask, match=said):
        changed(line, store(plan))


@pytest.mark.parametrize("task", [{"plan_only": False}, {"status": TaskStatus.RUNNING}])
def test_only_a_plan_that_has_not_run_is_changed_or_accepted(task: dict[str, Any]) -> None:
    with pytest.raises(WrongStatus, match="aether-agent plan"):
        changed("drop b", store(**task))


def test_what_began_as_a_draft_is_reviewed_when_it_is_accepted() -> None:
    def accepted(at: Store) -> HighLevelTask:
        told: dict[str, Any] = {"role": "User", "assume_yes": False, "complete": lambda task: task}
        return refining.accepted(at, Settings(), "first", **told)

    draft = PLAN.model_copy(update={"origin": "draft"})
    assert accepted(store(draft)).drafted
    assert accepted(store(drafted=True)).drafted
    task = accepted(store())
    assert (task.drafted, task.plan_only, task.refines) == (False, False, "first")


def test_who_sends_a_task_does_not_say_what_belongs_to_changes() -> None:
    for name in ("addition", "drafted", "refines"):
        with pytest.raises(InvalidTask, match=name):
            HighLevelTask.from_dict({"description": "x", name: "y"})
