"""The picture of a task follows its events."""

from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import SubtaskStatus, TaskStatus
from tests.unit.cli.recorded import TASK, Recording, at, subtask, task


def looked(*subtasks: object, **more: object) -> TaskState:
    picture = TaskState(TASK)
    picture.look(task(*subtasks, **more))  # type: ignore[arg-type]
    return picture


def test_a_subtask_goes_from_ready_to_completed() -> None:
    picture, said = looked(subtask("scan")), Recording()
    picture.apply(said.add("subtask.ready", "scan", 1))
    assert picture.nodes["scan"].status is SubtaskStatus.READY
    picture.apply(said.add("subtask.started", "scan", 2))
    picture.apply(said.add("subtask.progress", "scan", 3, data={"fraction": 0.5}, message="half"))
    assert picture.nodes["scan"].fraction == 0.5
    assert picture.nodes["scan"].seconds(at(6)) == 4
    picture.apply(said.add("subtask.completed", "scan", 7, progress=1.0))
    assert picture.nodes["scan"].ended
    assert picture.nodes["scan"].seconds(at(60)) == 5
    assert picture.progress == 1.0


def test_a_retry_has_its_time_and_the_attempt_after_it_its_number() -> None:
    picture, said = looked(subtask("scan")), Recording()
    picture.apply(said.add("subtask.started", "scan", 1))
    picture.apply(said.add("subtask.retrying", "scan", 2, message="timed out", data={"attempts": 1, "retry_in": 4.0}))
    node = picture.nodes["scan"]
    assert (node.status, node.attempts, node.retry_at, node.error) == (SubtaskStatus.RETRYING, 1, at(6), "timed out")
    picture.apply(said.add("subtask.started", "scan", 6, data={"attempt": 2}))
    assert (node.attempts, node.started_at) == (2, at(6))


def test_the_time_of_a_fan_out_is_that_of_its_children_too() -> None:
    picture, said = looked(subtask("scan")), Recording()
    picture.apply(said.add("subtask.started", "scan", 1))
    picture.apply(said.add("subtask.completed", "scan#0", 5))
    picture.apply(said.add("subtask.started", "scan", 6))
    picture.apply(said.add("subtask.completed", "scan", 7))
    assert picture.nodes["scan"].seconds(at(60)) == 6


def test_an_event_that_is_known_changes_nothing() -> None:
    picture, said = looked(subtask("scan", status="completed"), seq=9), Recording()
    picture.apply(said.add("subtask.started", "scan", 1))
    assert picture.nodes["scan"].status is SubtaskStatus.COMPLETED


def test_a_view_that_is_older_changes_no_status() -> None:
    picture, said = looked(subtask("scan")), Recording()
    for seconds in range(3):
        picture.apply(said.add("subtask.started", "scan", seconds))
    picture.look(task(subtask("scan", name="Scan it"), status="pending", seq=1))
    assert picture.nodes["scan"].status is SubtaskStatus.RUNNING
    assert picture.nodes["scan"].label == "Scan it"
    assert picture.status is TaskStatus.RUNNING


def test_children_of_a_fan_out_are_known_by_their_names() -> None:
    picture, said = looked(subtask("scan")), Recording()
    first = said.add("subtask.started", "scan#10", 1)
    assert not picture.knows(first)  # how many there are is asked once
    picture.apply(first)
    second = said.add("subtask.started", "scan#9", 1)
    assert picture.knows(second)
    picture.apply(second)
    assert [child.id for child in picture.children()["scan"]] == ["scan#9", "scan#10"]
    assert [node.id for node in picture.top()] == ["scan"]
    assert picture.nodes["scan#9"].tool == "secrets/scan"


def test_a_plan_and_a_stranger_ask_for_another_look() -> None:
    picture, said = looked(), Recording()
    assert not picture.knows(said.add("task.planned"))
    assert not picture.knows(said.add("subtask.ready", "unheard-of"))
    assert picture.knows(said.add("log"))


def test_the_end_has_its_time_and_its_reason() -> None:
    picture, said = looked(subtask("scan")), Recording()
    picture.apply(said.add("task.failed", seconds=5, status=TaskStatus.FAILED, message="scan failed"))
    assert picture.ended
    assert picture.error == "scan failed"
    assert picture.seconds(at(99)) == 5
