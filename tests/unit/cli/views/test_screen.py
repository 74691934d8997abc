"""Screens: lines for a log, JSON for a program, and a live tree only on a terminal."""

import io
import json

import pytest
from rich.console import Console

from aether_agents.cli.terminal.output import Output
from aether_agents.cli.views.screen import JsonScreen, LineScreen, LiveScreen, Screen, StillScreen, screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import TaskStatus, Understood
from tests.unit.cli.recorded import TASK, Recording, subtask, task


def played(screen_type: type[LineScreen], said: Recording, *subtasks: object) -> None:
    state = TaskState(TASK)
    state.look(task(*subtasks))  # type: ignore[arg-type]
    screen = screen_type(Output(), state)
    for event in said.events:
        state.apply(event)
        screen.show(event)


def told(text: str) -> list[str]:
    """Lines without the time of day before them."""
    return [line[9:] if line[2:3] == ":" else line for line in text.splitlines()]


def test_a_log_has_a_line_for_what_happened_and_ends_with_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    said = Recording()
    said.add("task.pending")
    said.add("task.planned")
    said.add("task.running")
    said.add("subtask.ready", "scan", 1)
    said.add("subtask.started", "scan", 1)
    said.add("subtask.progress", "scan", 2, message="half")
    said.add("subtask.retrying", "scan", 3, message="timed out", data={"attempts": 1, "retry_in": 1})
    said.add("log", seconds=3, message="a\x1b[31m line")
    said.add("subtask.completed", "scan", 4)
    said.add("task.completed", seconds=5, status=TaskStatus.COMPLETED)
    played(LineScreen, said, subtask("scan"))
    ran = capsys.readouterr()
    assert ran.out == ""
    assert told(ran.err) == [
        "Onboard this project",
        "template onboard_project · 92% sure · 1 subtask · canvas",
        "○ scan  security · secrets/scan",
        "● task running",
        "● scan started  security · secrets/scan",
        "↻ scan retrying  timed out",
        "·   a[31m line",
        "✓ scan completed",
        "✓ task completed",
        "Onboard this project",
        "template onboard_project · 92% sure · 1 subtask · canvas",
        "✓ scan  security · secrets/scan  3.0 s",
        "✓ completed  5.0 s  3fa9c1d2e0b7",
    ]


def test_children_of_a_wide_fan_out_are_told_only_when_they_fail(capsys: pytest.CaptureFixture[str]) -> None:
    said = Recording()
    for number in range(9):
        said.add("subtask.started", f"scan#{number}", 1)
    said.add("subtask.failed", "scan#3", 2, message="boom")
    played(LineScreen, said, subtask("scan"), *(subtask(f"scan#{number}") for number in range(9)))
    assert told(capsys.readouterr().err) == ["✗ scan#3 failed  boom"]


def test_json_has_every_event_on_a_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    said = Recording()
    said.add("task.pending")
    said.add("subtask.ready", "scan", 1)
    played(JsonScreen, said, subtask("scan"))
    ran = capsys.readouterr()
    assert [json.loads(line)["seq"] for line in ran.out.splitlines()] == [1, 2]
    assert ran.err == ""


@pytest.mark.parametrize(
    ("live", "events", "passing", "kind"),
    [
        (True, False, False, LiveScreen),
        (True, True, False, JsonScreen),
        (False, False, False, LineScreen),
        (False, True, True, JsonScreen),
        (False, False, True, StillScreen),
        (True, False, True, LiveScreen),
    ],
)
def test_there_is_a_screen_for_every_place(
    monkeypatch: pytest.MonkeyPatch, live: bool, events: bool, passing: bool, kind: type[Screen]
) -> None:
    monkeypatch.setattr("aether_agents.cli.terminal.output.Output.live", live)
    assert type(screen_for(Output(), TaskState(TASK), events=events, passing=passing)) is kind


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> tuple[Output, io.StringIO]:
    written = io.StringIO()
    output = Output()
    output.err = Console(file=written, force_terminal=True, width=60, height=12, color_system=None)
    monkeypatch.setattr("aether_agents.cli.views.screen.FRAMES", 1)
    return output, written


def test_the_live_tree_is_drawn_in_place_and_its_last_frame_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    output, written = on_a_terminal(monkeypatch)
    state = TaskState(TASK)
    state.look(task(*(subtask(f"s{number}", status="running") for number in range(20))))
    screen = LiveScreen(output, state, "Ctrl-C cancels the task")
    with screen:
        with screen.aside():
            output.err.print("a question")
        with screen.changing():
            state.look(task(*(subtask(f"s{n}", status="completed") for n in range(20)), status="completed", seq=9))
    frames = written.getvalue()
    assert "Ctrl-C cancels the task" in frames
    assert "○ 14 more" in frames  # twenty do not fit into twelve lines while it moves
    last = frames.rpartition("Onboard this project")[2]
    assert last.count("✓ s") == 20
    assert "Ctrl-C" not in last
    assert "a question" in frames


def test_log_lines_stay_above_the_live_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    output, written = on_a_terminal(monkeypatch)
    screen = LiveScreen(output, TaskState(TASK), "")
    with screen:
        screen.show(Recording().add("log", message="waits for a place"))
    assert "waits for a place" in written.getvalue()


def test_a_line_that_the_screen_has_no_room_for_ends_in_an_ellipsis(monkeypatch: pytest.MonkeyPatch) -> None:
    output, written = on_a_terminal(monkeypatch)
    state = TaskState(TASK)
    state.look(task(subtask("scan", status="running")))
    with LiveScreen(output, state, "x" * 80):
        pass
    assert "x" * 59 + "…" in written.getvalue()
    assert "x" * 60 not in written.getvalue()


def test_lines_say_what_was_understood_and_a_screen_that_is_to_leave_nothing_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = task(subtask("scan")).plan
    assert view is not None
    plan = view.model_copy(
        update={
            "understood": (Understood.model_validate({"text": "./api", "as": "`path`"}),),
            "unused": ("every night",),
        }
    )
    for screen_type in (LineScreen, StillScreen, JsonScreen):
        screen_type(Output(), TaskState(TASK)).explain(plan)
    assert capsys.readouterr().err.splitlines() == ["  ./api  =  `path`", "  every night  is not used"]
