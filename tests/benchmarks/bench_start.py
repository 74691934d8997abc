"""How long a person waits: for the help, around a task on a running stack, and for the first subtask without one.

Bars: `--help` in 0.2 s; 1 s around the work; with no stack, the first subtask starts within 5 s.
"""

import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.e2e.terminal import Person

TEMPLATE = """\
name: look_at_permissions
description: Look at the permissions of one folder
specialist: security
examples: ["look at the permissions of one folder"]
subtasks: [{id: look, tool: code/permissions, args: {path: "${context.folder}"}}]
outputs: {status: "${subtasks.look.output.status}"}
"""
TASK = ("execute", "look at the permissions of one folder", "--json")
HELP_BAR, AROUND_BAR, COLD_BAR = 0.2, 1.0, 5.0


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody whose stack has run before: the tools are known, nothing is running."""
    folder = tmp_path_factory.mktemp("start")
    (folder / "project" / "templates").mkdir(parents=True)
    (folder / "project" / "templates" / "look_at_permissions.yaml").write_text(TEMPLATE)
    somebody = Person(folder / "home", folder / "project")
    assert somebody.run("trust", "--yes").returncode == 0
    assert somebody.run("up", within=120).returncode == 0
    eventually(lambda: live(somebody) >= {"code", "secrets", "reports", "quality"}, 120, "the tools are known")
    yield somebody
    somebody.run("down")


def live(person: Person) -> set[str]:
    """The servers whose tools are known."""
    return {row["name"] for row in person.json("servers", "list") if row["status"] == "live"}


def executed(person: Person) -> tuple[float, float, float]:
    """Seconds until the first subtask started, seconds it took, and seconds in all."""
    began, at = time.monotonic(), datetime.now(UTC)
    ran = person.run(*TASK)
    took = time.monotonic() - began
    assert ran.returncode == 0, ran.stderr
    subtask: dict[str, Any] = json.loads(ran.stdout)["subtasks"][0]
    started, finished = (datetime.fromisoformat(subtask[key]) for key in ("started_at", "finished_at"))
    return (started - at).total_seconds(), (finished - started).total_seconds(), took


def median(values: list[float]) -> float:
    """The median, in the seconds a person notices."""
    return round(statistics.median(values), 2)


def test_help(person: Person, measured: Measured) -> None:
    times = []
    for _ in range(9):
        began = time.monotonic()
        assert person.run("--help").returncode == 0
        times.append(time.monotonic() - began)
    measured("aether-agent --help", f"{HELP_BAR} s", f"{median(times)} s", median(times) <= HELP_BAR)


def test_execute_on_a_running_stack(person: Person, measured: Measured) -> None:
    executed(person)  # opens the session of its server
    around = [took - work for _, work, took in (executed(person) for _ in range(9))]
    measured(
        "execute, stack up: around the work", f"{AROUND_BAR} s", f"{median(around)} s", median(around) <= AROUND_BAR
    )


def test_execute_without_a_stack(person: Person, measured: Measured) -> None:
    assert person.run("down").returncode == 0
    runs = [executed(person) for _ in range(5)]
    first = median([until for until, _, _ in runs])
    measured("execute, no stack: to the first subtask", f"{COLD_BAR} s", f"{first} s", first <= COLD_BAR)
    measured("… and in all", "-", f"{median([took for _, _, took in runs])} s", True)
