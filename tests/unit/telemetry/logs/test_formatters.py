"""Lines: what is in them, what is redacted, and that nothing said can pass for a line of its own."""

import json

import pytest

from aether_agents.telemetry.logs import ConsoleLines, JsonLines, about, hide
from aether_agents.telemetry.logs.formatters import MORE
from tests.unit.telemetry.logs.conftest import Say

TIME = "2026-09-21T14:13:20.123Z"
STYLES = pytest.mark.parametrize("style", [JsonLines, ConsoleLines])


def test_json_has_a_field_for_everything(say: Say) -> None:
    with about(task_id="3f1c9a20b7de", subtask_id="scan"):
        line = json.loads(JsonLines("worker@host").format(say("%s in %.1f s", "completed", 0.25)))
    assert line.pop("pid") > 0
    assert line.pop("thread") == "MainThread"
    assert line == {
        "time": TIME,
        "level": "INFO",
        "logger": "aether_agents.execution.worker.subtask_runner",
        "message": "completed in 0.2 s",
        "process": "worker@host",
        "task_id": "3f1c9a20b7de",
        "subtask_id": "scan",
    }


def test_what_is_about_nobody_has_no_ids(say: Say) -> None:
    assert "task_id" not in json.loads(JsonLines("w@h").format(say("hello")))
    assert ConsoleLines("w@h").format(say("hello")) == f"{TIME} INFO    w@h execution.worker.subtask_runner: hello"


def test_people_see_short_ids(say: Say) -> None:
    with about(task_id="3f1c9a20b7de", subtask_id="certificates-of-all"):
        line = ConsoleLines("worker@host").format(say("done"))
    assert line == f"{TIME} INFO    worker@host [3f1c9a20b7de/certificates…] execution.worker.subtask_runner: done"


def test_a_traceback_is_one_field_of_json(say: Say) -> None:
    line = JsonLines("w@h").format(say("failed", error=ValueError("no\nsuch thing")))
    assert "\n" not in line
    traceback = json.loads(line)["traceback"]
    assert traceback.startswith("Traceback (most recent call last):")
    assert traceback.endswith("ValueError: no\nsuch thing")


def test_a_traceback_is_indented_for_people(say: Say) -> None:
    first, *rest = ConsoleLines("w@h").format(say("failed", error=ValueError("no\nsuch thing"))).split("\n")
    assert first.endswith("runner: failed")
    assert rest[-2:] == [f"{MORE}ValueError: no", f"{MORE}such thing"]
    assert all(line.startswith(MORE) for line in rest)


@STYLES
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_nothing_said_begins_a_line_of_its_own(say: Say, style: type, end: str) -> None:
    forged = f"harmless{end}{TIME} CRITICAL w@h root: the disk is full"
    with about(task_id=f"t{end}{TIME} ERROR"):
        lines = style("w@h").format(say("%s", forged)).splitlines()
    assert [line for line in lines[1:] if not line.startswith(MORE)] == []


def test_nothing_said_steers_a_terminal(say: Say) -> None:
    line = ConsoleLines("w@h").format(say("a\x1b[2Jb\x07c\x9bd\u202ee"))
    assert line.endswith("a\\x1b[2Jb\\x07c\\x9bd\\u202ee")


@STYLES
def test_secrets_are_redacted_wherever_they_stand(say: Say, style: type) -> None:
    hide('pass"word\\1', "two\nlines of a key", "ключ-secret")
    said = say(
        "%r then %s", {"url": "redis://:pass%22word%5C1@h"}, 'pass"word\\1', error=OSError("two\nlines of a key")
    )
    line = style("w@h").format(said) + style("w@h").format(say('{"p": "pass\\"word\\\\1", "k": "ключ-secret"}'))
    for part in ("word", "lines of a key", "ключ", "\\u043a"):
        assert part not in line


@STYLES
def test_a_message_that_does_not_fit_its_arguments_is_said_all_the_same(say: Say, style: type) -> None:
    hide("hunter22")
    line = style("w@h").format(say("%d files", "hunter22"))
    assert "%d files" in line
    assert "hunter22" not in line
