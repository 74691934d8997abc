"""What a task left behind, and the plan that puts it back."""

from typing import Any

import pytest

from aether_agents.contracts import Call, Outcome, PlannedSubtask, Risk, SubtaskStatus
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import WrongStatus
from aether_agents.planning.linked.undo_plan import undoing
from aether_agents.planning.validation.structure import structure


def left(
    name: str, ended: int, *needs: str, output: Any = None, undo: dict[str, Any] | None = None, **more: Any
) -> EndedSubtask:
    """A subtask that completed and changed something."""
    status = SubtaskStatus(more.pop("status", "completed"))
    sent = more.pop("sent", True)
    fields = {"tool": "files/make", "specialist": "dev", "risk": Risk.WRITE, "needs": needs, **more}
    compensate = None if undo is None else Call(tool="files/drop", args=undo)
    kind: Any = status.value
    outcome = Outcome(status=kind, output=output, sent=sent)
    return EndedSubtask(name, PlannedSubtask(id=name, compensate=compensate, **fields), status, 1, outcome, ended)


def needs_of(*parts: EndedSubtask, **more: Any) -> dict[str, tuple[str, ...]]:
    document = undoing("t", "d", parts, **more).document
    assert document is not None
    assert structure(document) == []
    return {step.id: step.needs for step in document.subtasks}


def test_what_came_last_is_undone_first() -> None:
    parts = left("a", 1, undo={}), left("b", 2, "a", undo={}), left("c", 3, "b", undo={})
    assert needs_of(*parts) == {"undo/c": (), "undo/b": ("undo/c",), "undo/a": ("undo/b",)}


def test_what_ran_side_by_side_is_undone_side_by_side() -> None:
    parts = left("a", 1, undo={}), left("b", 2, "a", undo={}), left("c", 3, "a", undo={})
    needs = needs_of(*parts)
    assert needs["undo/b"] == needs["undo/c"] == ()
    assert set(needs["undo/a"]) == {"undo/b", "undo/c"}


def test_the_order_holds_across_what_needs_no_undoing() -> None:
    look = left("look", 2, "a", risk=Risk.READ)
    assert needs_of(left("a", 1, undo={}), look, left("b", 3, "look", undo={}))["undo/a"] == ("undo/b",)


def test_references_become_what_the_task_came_to_and_secrets_stay() -> None:
    undo = {"branch": "${subtasks.a.output.branch}", "of": "${subtasks.first.output}", "key": "${secrets.token}"}
    first = left("first", 1, output="$x ${y", risk=Risk.READ)
    found = undoing("t", "d", [first, left("a", 2, "first", output={"branch": "b1"}, undo=undo)])
    assert found.document is not None
    [step] = found.document.subtasks
    assert step.args == {"branch": "b1", "of": "$x $${y", "key": "${secrets.token}"}


def test_each_child_of_a_fan_out_is_undone_by_its_own_result() -> None:
    undo = {"branch": "${subtasks.each.output.branch}"}
    join = left("each", 9, for_each=["x", "y"], output=[], undo=undo, max_parallel=1)
    children = [left(f"each#{i}", i + 1, output={"branch": f"b{i}"}, undo=undo) for i in range(2)]
    document = undoing("t", "d", [*children, join]).document
    assert document is not None
    assert [(step.id, step.args["branch"], step.needs) for step in document.subtasks] == [
        ("undo/each/n1", "b1", ()),
        ("undo/each/n0", "b0", ("undo/each/n1",)),
    ]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (left("a", 1), "names no call"),
        (left("a", 1, status="failed", undo={}), "may have changed something"),
        (left("a", 1, status="cancelled", undo={}), "may have changed something"),
        (left("a", 1, undo={"x": "${subtasks.a.output.gone}"}), "cannot be made"),
    ],
)
def test_what_cannot_be_undone_is_said(part: EndedSubtask, why: str) -> None:
    found = undoing("t", "d", [part])
    assert found.document is None
    [told] = found.cannot
    assert (told.subtask, told.tool) == ("a", "files/make")
    assert why in told.why


@pytest.mark.parametrize(
    "part", [left("a", 1, risk=Risk.READ), left("a", 1, status="failed", sent=False), left("a", 1, status="skipped")]
)
def test_what_changed_nothing_is_not_mentioned(part: EndedSubtask) -> None:
    found = undoing("t", "d", [part])
    assert (found.document, found.cannot) == (None, ())


def test_back_to_a_subtask_undoes_only_what_came_after() -> None:
    parts = left("a", 1, undo={}), left("b", 2, "a", undo={}), left("c", 3, "b", undo={})
    assert list(needs_of(*parts, to="a")) == ["undo/c", "undo/b"]
    with pytest.raises(WrongStatus, match="did you mean"):
        undoing("t", "d", [left("first", 1, undo={})], to="frist")
    with pytest.raises(WrongStatus, match="did not complete"):
        undoing("t", "d", [left("a", 1, status="failed")], to="a")


def test_what_an_earlier_undoing_put_back_is_left_out() -> None:
    parts = left("a", 1, undo={}), left("b", 2, "a", undo={})
    assert list(needs_of(*parts, already=["undo/b"])) == ["undo/a"]


def test_of_a_chain_the_later_task_is_undone_first_and_each_change_once() -> None:
    first = left("a", 1, undo={})
    failed = left("b", 2, "a", undo={}, status="failed")
    over = left("a", 0, undo={})._replace(taken_over=True, calls=0, turn=1)
    second = left("b", 1, "a", undo={})._replace(turn=1)
    found = undoing("t", "d", [first, failed, over, second])
    assert found.document is not None
    assert structure(found.document) == []
    assert {one.id: one.needs for one in found.document.subtasks} == {"undo1/b": (), "undo/a": ("undo1/b",)}
    assert found.undone == ("b", "a")
    assert found.cannot == (), "what failed first was done later: putting that back puts both back"


def test_what_two_tasks_of_a_chain_did_is_undone_twice() -> None:
    first = left("a", 1, output={"id": 1}, undo={"id": "${subtasks.a.output.id}"})
    again = left("a", 1, output={"id": 2}, undo={"id": "${subtasks.a.output.id}"})._replace(turn=1)
    found = undoing("t", "d", [first, again])
    assert found.document is not None
    assert [(one.id, one.args, one.needs) for one in found.document.subtasks] == [
        ("undo1/a", {"id": 2}, ()),
        ("undo/a", {"id": 1}, ("undo1/a",)),
    ]
    rest = undoing("t", "d", [first, again], already={"undo1/a"})
    assert rest.undone == ("a",)


def test_back_to_a_subtask_of_an_earlier_task_of_a_chain() -> None:
    first, second = left("a", 1, undo={}), left("b", 5, "a", undo={}, status="failed")
    over = left("a", 0, undo={})._replace(taken_over=True, calls=0, turn=1)
    later, last = left("b", 1, "a", undo={})._replace(turn=1), left("c", 2, "b", undo={})._replace(turn=1)
    parts = [first, second, over, later, last]
    assert undoing("t", "d", parts, to="a").undone == ("c", "b")
    assert undoing("t", "d", parts, to="b").undone == ("c",)
