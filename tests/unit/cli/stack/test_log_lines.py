"""Log lines as `aether-agent logs` shows them."""

import json

from aether_agents.cli.stack.log_lines import Reader
from aether_agents.telemetry.logs.formatters import MORE

HEAD = "2026-11-22T19:38:46.721Z INFO    worker@vm"
JSON = {
    "time": "2026-11-22T19:38:46.721Z",
    "level": "ERROR",
    "logger": "aether_agents.execution.worker.subtask_runner",
    "message": "un\x1bexpected",
    "process": "worker@vm",
    "pid": 1,
    "task_id": "3f1c9a20b7de",
    "subtask_id": "scan",
    "traceback": "Traceback:\n  ValueError",
}


def read(lines: list[str], task_id: str = "") -> list[str]:
    reader = Reader(task_id)
    return [shown for line in lines for shown in reader.read(line)]


def test_json_is_shown_as_the_console_has_it() -> None:
    assert read([json.dumps(JSON)]) == [
        "2026-11-22T19:38:46.721Z ERROR   worker@vm [3f1c9a20b7de/scan] "
        "execution.worker.subtask_runner: un\\x1bexpected",
        f"{MORE}Traceback:",
        f"{MORE}  ValueError",
    ]


def test_other_lines_are_shown_as_they_are_without_steering_the_terminal() -> None:
    assert read(['{"not": "ours"}', "{broken", "1:M 22 Nov \x1b[31mready"]) == [
        '{"not": "ours"}',
        "{broken",
        "1:M 22 Nov [31mready",
    ]


def test_only_the_lines_about_a_task_with_all_that_belongs_to_them() -> None:
    lines = [
        f"{HEAD} [3f1c9a20b7de] execution.worker.planner_step: planned",
        f"{MORE}more of it",
        f"{HEAD} celery.worker: about nobody",
        f"{MORE}more of nobody's",
        f"{HEAD} [ffffffffffff/scan] execution.worker.subtask_runner: another's, who says [3f1c9a20b7de] too",
        json.dumps(JSON),
        "a line of the server",
    ]
    shown = read(lines, "3f1c9a20b7de")
    assert shown == [*lines[:2], *read([json.dumps(JSON)])]
    assert read(lines, "3f1c") == shown


def test_a_long_id_is_found_by_the_part_that_is_shown() -> None:
    lines = [f"{HEAD} [nightly-audi…/scan] execution.worker.subtask_runner: done", f"{HEAD} [nightly-audi] x: another"]
    assert read(lines, "nightly-audit-of-monday") == lines[:1]
