"""The embedded stack as a person meets it: it comes with a task and goes with it, and nothing is lost or left."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, PROGRAM, TASK_ID, Person, only
from tests.integration.local.conftest import processes_of

WAIT = """\
name: wait_a_while
description: Wait a while and do nothing else
specialist: dev
examples: ["wait for a while and do nothing else"]
inputs: {seconds: {type: number, default: 1}}
subtasks:
  - {id: idle, tool: echo/wait, args: {seconds: "${inputs.seconds}"}}
outputs: {waited: "${subtasks.idle.output.waited}"}
"""
TASK = "wait for a while and do nothing else"


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Person]:
    """Somebody with one trusted template and one server, and nothing running; in the end nothing is left."""
    home, project = tmp_path / "home", tmp_path / "project"
    (project / "templates").mkdir(parents=True)
    home.mkdir()
    (project / "templates" / "wait_a_while.yaml").write_text(WAIT)
    echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev"}
    (home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
    # The wait is a tool nobody knows.
    somebody = Person(home, project, AETHER_POLICY__YES_UP_TO="destructive", **only("dev"))
    assert somebody.run("trust", "--yes").returncode == 0
    yield somebody
    somebody.run("down")
    left = processes_of(home)
    for process in left:
        process.kill()
    assert left == []


@contextmanager
def started(person: Person, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on while the test does other things; killed if it is still there at the end."""
    with subprocess.Popen(
        [PROGRAM, *words],
        cwd=person.project,
        env=person.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        try:
            yield command
        finally:
            command.kill()


def test_a_stack_comes_with_a_task_and_goes_with_it(newcomer: Person) -> None:
    assert newcomer.json("ps") == []
    told = newcomer.json("execute", TASK, "--yes", "--input", "seconds=0")
    assert told["status"] == "completed"
    assert processes_of(newcomer.home) == []
    assert newcomer.json("ps") == []
    # Any command on the task starts the stack again: its data is on disk.
    assert newcomer.json("result", told["task_id"]) == told
    assert processes_of(newcomer.home) == []


def test_two_at_once_share_one_stack(newcomer: Person) -> None:
    words = ("execute", TASK, "--yes", "--json")
    with started(newcomer, *words) as first, started(newcomer, *words) as second:
        told = [json.loads(command.communicate(timeout=100)[0]) for command in (first, second)]
    assert [view["status"] for view in told] == ["completed", "completed"]
    supervisors = (newcomer.home / "stack/logs/supervisor.log").read_text().count("the stack is up")
    assert supervisors in {1, 2}  # two, if the first had ended before the second came
    eventually(lambda: not processes_of(newcomer.home), pause=0.2)


def test_a_killed_command_leaves_nothing_behind_and_its_task_is_not_lost(newcomer: Person) -> None:
    newcomer.environ["AETHER_DELIVERY__LEASE"] = "2"
    with started(newcomer, "execute", TASK, "--yes", "--input", "seconds=60") as command:
        assert command.stderr is not None
        said = next(line for line in command.stderr if "idle started" in line)
    assert said
    eventually(lambda: not processes_of(newcomer.home), 20, "nothing is left", pause=0.2)
    [task] = newcomer.json("tasks")
    watched = newcomer.run("watch", task["task_id"])
    assert watched.returncode == 4
    assert "may have run" in watched.stderr  # the wait is not known to be repeatable: a person is asked


def test_a_detached_task_keeps_its_stack_until_down(newcomer: Person) -> None:
    ran = newcomer.run("execute", TASK, "--yes", "--detach")
    assert ran.returncode == 0, ran.stderr
    [task_id] = TASK_ID.findall(ran.stdout)
    processes = newcomer.json("ps")
    assert [set(row) for row in processes] == [{"name", "kind", "pid", "queues", "status"}] * 3
    assert newcomer.run("watch", task_id).returncode == 0
    assert {"supervisor", "valkey", "worker"} == {row["name"] for row in newcomer.json("ps")}
    assert "the stack is up" in newcomer.run("logs", "supervisor").stdout
    assert newcomer.run("down").returncode == 0
    assert newcomer.json("ps") == []
    assert processes_of(newcomer.home) == []


def test_a_task_that_waits_keeps_the_stack_of_another_command_that_leaves(newcomer: Person) -> None:
    with started(newcomer, "execute", TASK, "--yes", "--input", "seconds=6") as first:
        assert first.stderr is not None
        assert next(line for line in first.stderr if "idle started" in line)
        second = newcomer.run("execute", TASK)
        assert second.returncode == 4, second.stderr
        first.communicate(timeout=60)
    assert {"supervisor", "valkey", "worker"} == {row["name"] for row in newcomer.json("ps")}


def test_a_broken_worker_is_an_error_with_its_last_words(newcomer: Person) -> None:
    (newcomer.home / "mcp.json").unlink()
    ran = newcomer.run("execute", TASK, AETHER_SPECIALISTS__NOPE__ENABLED="true")
    assert ran.returncode in {2, 6}
    assert "`nope` is not installed" in ran.stderr
    assert "Traceback" not in ran.stderr
    eventually(lambda: not processes_of(newcomer.home), pause=0.2)
