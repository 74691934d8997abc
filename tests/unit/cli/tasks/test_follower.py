"""Following: what happens is shown, what is asked is put to the person, what is lost is waited for."""

import os
import signal
from typing import Any

import pytest

from aether_agents.cli.session import reconnect
from aether_agents.cli.tasks.follower import Follower
from aether_agents.cli.terminal.questions import Questioner
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import Answer, Intervention, PlannedSubtask, Shown, TaskStatus, TaskView
from tests.conftest import eventually
from tests.unit.cli.fake import Notebook, RecordedOrchestrator
from tests.unit.cli.recorded import TASK, Recording, subtask, task

ASKED = Intervention(id="write.1", kind="approval", subtask_id="write", prompt="Go on?", choices=("approve", "deny"))
YES = Answer(intervention_id="write.1", response="approve")
DONE = task(subtask("write", status="completed"), status="completed")


class Scripted(Questioner):
    """Gives prepared answers; an exception is raised instead."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(
        self,
        asked: Intervention,
        subtask: PlannedSubtask | None,
        shown: Shown | None = None,
    ) -> Answer | None:
        self.asked.append(asked.id)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]


def waiting(status: TaskStatus = TaskStatus.WAITING) -> TaskView:
    return task(subtask("write", status="waiting_user_input"), status=status.value, interventions=(ASKED,))


def follow(
    orchestrator: RecordedOrchestrator, questioner: Questioner | None = None, *, cancels: bool = True
) -> tuple[TaskView, Notebook]:
    screen = Notebook()
    return Follower(orchestrator, TaskState(TASK), screen, questioner, cancels=cancels).follow(), screen  # type: ignore[arg-type]


def ending(said: Recording) -> None:
    said.add("subtask.completed", "write", 3)
    said.add("task.completed", seconds=4, status=TaskStatus.COMPLETED, progress=1.0)


def test_everything_is_shown_until_the_end() -> None:
    said = Recording()
    said.add("task.pending")
    said.add("task.running")
    ending(said)
    view, screen = follow(RecordedOrchestrator(said.events, task(subtask("write")), DONE))
    assert view is DONE
    assert screen.shown == ["task.pending", "task.running", "subtask.completed", "task.completed"]
    assert not screen.open


def test_at_its_end_a_task_is_looked_at_once() -> None:
    """Of ten thousand subtasks each look takes seconds."""
    said = Recording()
    ending(said)
    orchestrator = RecordedOrchestrator(said.events, task(subtask("write")), DONE, waiting())
    view, _ = follow(orchestrator)
    assert view is DONE
    assert len(orchestrator.views) == 1, "the third view was not asked for"


def test_a_question_is_put_and_its_answer_given() -> None:
    said = Recording()
    said.add("subtask.waiting", "write", 1, status=TaskStatus.WAITING)
    ending(said)
    orchestrator = RecordedOrchestrator(said.events, waiting(), waiting(), DONE)
    view, _ = follow(orchestrator, Scripted(YES))
    assert orchestrator.answers == [YES]
    assert view is DONE


def test_with_nobody_there_it_leaves_when_nothing_else_can_go_on() -> None:
    said = Recording()
    said.add("subtask.waiting", "write", 1)
    said.add("log", seconds=1, message="other subtasks go on")
    said.add("task.waiting", seconds=2, status=TaskStatus.WAITING)
    said.add("log", seconds=3, message="never seen")
    busy = waiting(TaskStatus.RUNNING)
    view, screen = follow(RecordedOrchestrator(said.events, busy, busy, waiting()))
    assert screen.shown == ["subtask.waiting", "log", "task.waiting"]
    assert view.status is TaskStatus.WAITING


def test_a_question_left_open_ends_the_following() -> None:
    said = Recording()
    said.add("task.waiting", status=TaskStatus.WAITING)
    orchestrator = RecordedOrchestrator(said.events, waiting())
    view, _ = follow(orchestrator, Scripted(None))
    assert orchestrator.answers == []
    assert view.status is TaskStatus.WAITING


def test_ctrl_c_at_a_question_cancels_and_follows_to_the_end() -> None:
    said = Recording()
    said.add("task.waiting", status=TaskStatus.WAITING)
    said.add("task.cancelled", seconds=2, status=TaskStatus.CANCELLED)
    orchestrator = RecordedOrchestrator(said.events, waiting(), waiting(), task(status="cancelled"))
    view, screen = follow(orchestrator, Scripted(KeyboardInterrupt()))
    assert orchestrator.cancelled == ["interrupted at the terminal"]
    assert view.status is TaskStatus.CANCELLED
    assert screen.said == ["cancelling; once more to leave at once"]


def test_ctrl_c_at_a_question_in_watch_only_leaves() -> None:
    said = Recording()
    said.add("task.waiting", status=TaskStatus.WAITING)
    orchestrator = RecordedOrchestrator(said.events, waiting())
    with pytest.raises(KeyboardInterrupt):
        follow(orchestrator, Scripted(KeyboardInterrupt()), cancels=False)
    assert orchestrator.cancelled == []


def test_a_question_answered_elsewhere_is_no_trouble() -> None:
    said = Recording()
    said.add("task.waiting", status=TaskStatus.WAITING)
    ending(said)
    orchestrator = RecordedOrchestrator(said.events, waiting(), waiting(), DONE)
    orchestrator.answered_elsewhere = True
    view, screen = follow(orchestrator, Scripted(YES))
    assert view is DONE
    assert "being asked" in screen.said[0]


def test_a_lost_connection_is_said_once_and_following_goes_on_from_the_last_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconnect, "PAUSE", 0)
    said = Recording()
    said.add("task.pending")
    said.add("log", message="before")
    ending(said)
    orchestrator = RecordedOrchestrator([*said.events[:2], None, *said.events[2:]], task(subtask("write")), DONE)
    view, screen = follow(orchestrator)
    assert view is DONE
    assert orchestrator.asked_from == [0, 2]
    assert screen.said == ["connection lost, retrying", "connected again"]
    assert screen.shown == ["task.pending", "log", "subtask.completed", "task.completed"]


def test_the_first_ctrl_c_cancels_in_execute() -> None:
    said = Recording()
    said.add("task.pending")
    said.add("log", message="interrupted here")
    said.add("task.cancelled", seconds=2, status=TaskStatus.CANCELLED)
    orchestrator = RecordedOrchestrator(said.events, task(status="cancelled"))

    def press(event: Any) -> None:
        if event.seq == 2:
            os.kill(os.getpid(), signal.SIGINT)
            eventually(lambda: orchestrator.cancelled)

    orchestrator.during = press
    before = signal.getsignal(signal.SIGINT)  # ignored, where the tests run in the background
    view, _ = follow(orchestrator)
    assert view.status is TaskStatus.CANCELLED
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_ctrl_c_leaves_at_once() -> None:
    said = Recording()
    said.add("task.pending")
    said.add("log", message="twice")
    orchestrator = RecordedOrchestrator(said.events, task())

    def press(event: Any) -> None:
        if event.seq == 2:
            os.kill(os.getpid(), signal.SIGINT)
            eventually(lambda: orchestrator.cancelled)
            os.kill(os.getpid(), signal.SIGINT)

    orchestrator.during = press
    with pytest.raises(KeyboardInterrupt):
        follow(orchestrator)
    assert orchestrator.cancelled == ["interrupted at the terminal"]


def test_ctrl_c_in_watch_leaves_and_cancels_nothing() -> None:
    said = Recording()
    said.add("task.pending")
    orchestrator = RecordedOrchestrator(said.events, task())
    orchestrator.during = lambda _event: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        follow(orchestrator, cancels=False)
    assert orchestrator.cancelled == []


def test_a_task_that_has_ended_is_not_followed() -> None:
    orchestrator = RecordedOrchestrator([], DONE)
    state = TaskState(TASK)
    state.look(DONE)
    view = Follower(orchestrator, state, Notebook(), None, cancels=False).follow()  # type: ignore[arg-type]
    assert view is DONE
    assert orchestrator.asked_from == []


def test_a_stream_that_stops_without_an_end_is_not_asked_for_ever() -> None:
    said = Recording()
    said.add("task.pending")
    orchestrator = RecordedOrchestrator(said.events, task(subtask("write")))
    view, _ = follow(orchestrator)
    assert view.status is TaskStatus.RUNNING
    assert orchestrator.asked_from == [0]


def test_while_nothing_happens_a_store_that_refuses_is_said_once() -> None:
    orchestrator, screen = RecordedOrchestrator([], DONE), Notebook()
    follower = Follower(orchestrator, TaskState(TASK), screen, None, cancels=True)  # type: ignore[arg-type]
    for refused in (None, "its memory is full", "its memory is full", None, "its memory is full"):
        orchestrator.refused = refused
        follower._quiet()
    assert screen.said == ["all work waits: its memory is full"] * 2
    follower._lost(True, "the store answers, but refuses (READONLY): it is a replica: wait")
    assert screen.said[2:] == ["all work waits: the store answers, but refuses (READONLY): it is a replica: wait"]
