"""The picture of a task follows its events."""

from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import SubtaskStatus, TaskStatus
from tests.unit.cli.recorded import TASK, Recording, at, subtask, task


def looked(*subtasks: object, **more: object) -> TaskState:
    state = TaskState(TASK)
    state.look(task(*subtasks, **more))  # type: ignore[arg-type]
    return state


def test_a_subtask_goes_from_ready_to_completed() -> None:
    state, said = looked(subtask("scan")), Recording()
    state.apply(said.add("subtask.ready", "scan", 1))
    assert state.nodes["scan"].status is SubtaskStatus.READY
    state.apply(said.add("subtask.started", "scan", 2))
    state.apply(said.add("subtask.progress", "scan", 3, data={"fraction": 0.5}, message="half"))
    assert state.nodes["scan"].fraction == 0.5
    assert state.nodes["scan"].seconds(at(6)) == 4
    state.apply(said.add("subtask.completed", "scan", 7, progress=1.0))
    assert state.nodes["scan"].ended
    assert state.nodes["scan"].seconds(at(60)) == 5
    assert state.progress == 1.0


def test_a_retry_has_its_time_and_the_attempt_after_it_its_number() -> None:
    state, said = looked(subtask("scan")), Recording()
    state.apply(said.add("subtask.started", "scan", 1))
    state.apply(said.add("subtask.retrying", "scan", 2, message="timed out", data={"attempts": 1, "retry_in": 4.0}))
    node = state.nodes["scan"]
    assert (node.status, node.attempts, node.retry_at, node.error) == (SubtaskStatus.RETRYING, 1, at(6), "timed out")
    state.apply(said.add("subtask.started", "scan", 6, data={"attempt": 2}))
    assert (node.attempts, node.started_at) == (2, at(6))


def test_the_time_of_a_fan_out_is_that_of_its_children_too() -> None:
    state, said = looked(subtask("scan")), Recording()
    state.apply(said.add("subtask.started", "scan", 1))
    state.apply(said.add("subtask.completed", "scan#0", 5))
    state.apply(said.add("subtask.started", "scan", 6))
    state.apply(said.add("subtask.completed", "scan", 7))
    assert state.nodes["scan"].seconds(at(60)) == 6


def test_an_event_that_is_known_changes_nothing() -> None:
    state, said = looked(subtask("scan", status="completed"), seq=9), Recording()
    state.apply(said.add("subtask.started", "scan", 1))
    assert state.nodes["scan"].status is SubtaskStatus.COMPLETED


def test_a_view_that_is_older_changes_no_status() -> None:
    state, said = looked(subtask("scan")), Recording()
    for seconds in range(3):
        state.apply(said.add("subtask.started", "scan", seconds))
    state.look(task(subtask("scan", name="Scan it"), status="pending", seq=1))
    assert state.nodes["scan"].status is SubtaskStatus.RUNNING
    assert state.nodes["scan"].label == "Scan it"
    assert state.status is TaskStatus.RUNNING


def test_children_of_a_fan_out_are_known_by_their_names() -> None:
    state, said = looked(subtask("scan")), Recording()
    first = said.add("subtask.started", "scan#10", 1)
    assert not state.knows(first)  # how many there are is asked once
    state.apply(first)
    second = said.add("subtask.started", "scan#9", 1)
    assert state.knows(second)
    state.apply(second)
    assert [child.id for child in state.children()["scan"]] == ["scan#9", "scan#10"]
    assert [node.id for node in state.top()] == ["scan"]
    assert state.nodes["scan#9"].tool == "secrets/scan"


def test_a_plan_and_a_stranger_ask_for_another_look() -> None:
    state, said = looked(), Recording()
    assert not state.knows(said.add("task.planned"))
    assert not state.knows(said.add("subtask.ready", "unheard-of"))
    assert state.knows(said.add("log"))


def test_the_end_has_its_time_and_its_reason() -> None:
    state, said = looked(subtask("scan")), Recording()
    state.apply(said.add("task.failed", seconds=5, status=TaskStatus.FAILED, message="scan failed"))
    assert state.ended
    assert state.error == "scan failed"
    assert state.seconds(at(99)) == 5
