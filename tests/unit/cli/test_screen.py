"""Screens: lines for a log, JSON for a program, and a live tree only on a terminal."""

import json

import pytest

from aether_agents.cli.output import Output
from aether_agents.cli.picture import Picture
from aether_agents.cli.screen import JsonScreen, LineScreen, LiveScreen, Screen, StillScreen, screen_for
from aether_agents.contracts import TaskStatus
from tests.unit.cli.recorded import TASK, Recording, subtask, task


def played(screen_type: type[LineScreen], said: Recording, *subtasks: object) -> None:
    picture = Picture(TASK)
    picture.look(task(*subtasks))  # type: ignore[arg-type]
    screen = screen_type(Output(), picture)
    for event in said.events:
        picture.apply(event)
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
    monkeypatch.setattr("aether_agents.cli.output.Output.live", live)
    assert type(screen_for(Output(), Picture(TASK), events=events, passing=passing)) is kind
