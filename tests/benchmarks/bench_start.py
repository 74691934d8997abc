"""How long a person waits for the command line: help, work on a running stack, work without one."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.conftest import Measured
from tests.conftest import eventually

ROUNDS = 9
COMMAND = Path(sys.executable).with_name("aether-agent")
PLAN = """\
name: look
description: Look at the permissions of one folder
specialist: security
subtasks:
  - {id: look, tool: code/permissions, args: {path: FOLDER}}
"""


class Person:
    """Somebody with a home and a folder of his own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "AETHER_HOME": str(folder / "home")}
        self.environ.pop("AETHER_REDIS_URL", None)
        self.plan = folder / "plan.yaml"
        self.plan.write_text(PLAN.replace("FOLDER", str(folder)))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def apply(self) -> dict[str, Any]:
        done = self.run("apply", str(self.plan), "--yes", "--json")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        results = [line for line in lines if "subtasks" in line] or [json.loads(done.stdout)]
        assert done.returncode == 0, done.stderr
        return results[-1]

    def idle(self) -> None:
        eventually(lambda: "running" not in self.run("ps", "--json").stdout, within=60, what="the stack has ended")


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    somebody = Person(tmp_path)
    yield somebody
    somebody.run("down")
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


def test_help(person: Person, measured: Measured) -> None:
    taken = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        assert person.run("--help").returncode == 0
        taken.append(time.perf_counter() - before)
    found = statistics.median(taken)
    measured("aether-agent --help", "≤ 0.2 s", f"{found:.2f} s", found <= 0.2)


def test_with_the_stack_up(person: Person, measured: Measured) -> None:
    assert person.run("up").returncode == 0
    person.apply()
    around = []
    for _ in range(ROUNDS):
        before = time.time()
        work = [one for one in person.apply()["subtasks"] if one["started_at"]]
        whole = time.time() - before
        around.append(whole - sum(_seconds(one["finished_at"]) - _seconds(one["started_at"]) for one in work))
    found = statistics.median(around)
    measured("execute with the stack up, around the work", "≤ 1 s", f"{found:.2f} s", found <= 1)


def test_without_a_stack(person: Person, measured: Measured) -> None:
    person.apply()  # the tools of all servers are in the catalogue from here on
    first = []
    for _ in range(3):
        person.idle()
        before = time.time()
        first.append(min(_seconds(one["started_at"]) for one in person.apply()["subtasks"]) - before)
    found = statistics.median(first)
    measured("execute without a stack, first subtask", "≤ 5 s", f"{found:.2f} s", found <= 5)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
