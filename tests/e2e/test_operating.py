"""What operators run: beat and Flower in the stack, and the numbers of a stack that has worked."""

import base64
import json
import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import Person, only
from tests.integration.local.conftest import processes_of

SCHEDULE = """\
schedules:
  often: {every: 2, task: "look at permissions", template: look_at_permissions, inputs: {folder: "."}}
"""
TEMPLATE = """\
name: look_at_permissions
description: Look at the permissions of one folder
specialist: security
examples: ["look at the permissions of one folder"]
inputs: {folder: {type: string, format: path, required: true}}
subtasks:
  - {id: look, tool: code/permissions, args: {path: "${inputs.folder}"}}
outputs: {status: "${subtasks.look.output.status}"}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Person]:
    """Somebody whose trusted project has a schedule that is due every two seconds, with Flower on a free port."""
    home, project = tmp_path / "home", tmp_path / "project"
    (project / "templates").mkdir(parents=True)
    (project / "templates" / "look.yaml").write_text(TEMPLATE)
    (project / "aether_agent.yaml").write_text(SCHEDULE)
    somebody = Person(home, project, AETHER_FLOWER__PORT=str(free_port()), **only("security"))
    assert somebody.run("trust", "--yes").returncode == 0
    yield somebody
    somebody.run("down")
    left = processes_of(home)
    for process in left:
        process.kill()
    assert left == []


class Flower:
    """Its web interface, seen with and without its password."""

    def __init__(self, person: Person) -> None:
        self.base = f"http://127.0.0.1:{person.environ['AETHER_FLOWER__PORT']}"
        self.secret = person.home / "flower.password"

    def asks(self, path: str, *, password: bool = True) -> tuple[int, str]:
        request = urllib.request.Request(self.base + path)
        if password:
            login = base64.b64encode(f"aether:{self.secret.read_text().strip()}".encode()).decode()
            request.add_header("Authorization", f"Basic {login}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def json(self, path: str) -> Any:
        status, text = self.asks(path)
        assert status == 200, text
        return json.loads(text)

    def named(self) -> dict[str, Any]:
        """The tasks Flower has seen from their beginning."""
        return {key: task for key, task in self.json("/api/tasks").items() if task["name"]}


def done(row: dict[str, Any]) -> dict[str, Any] | None:
    """A schedule whose last task is completed."""
    return row if row["last_status"] == "completed" else None


def test_a_stack_with_beat_and_flower(operator: Person) -> None:
    up = operator.run("up", "--flower", within=120)
    assert up.returncode == 0, up.stderr + operator.run("logs").stdout
    kinds = {row["name"]: row["status"] for row in operator.json("ps")}
    assert kinds == dict.fromkeys(("supervisor", "valkey", "worker", "beat", "flower"), "ready")

    row = eventually(lambda: done(operator.json("schedule", "list")[0]), what="a slot is done", pause=1)
    assert row["last_task"]
    view = operator.json("status", row["last_task"])
    assert view["owner"] == "schedule:often"

    flower = Flower(operator)
    assert stat.S_IMODE(flower.secret.stat().st_mode) == 0o600
    assert "flower.password" in up.stderr
    assert flower.secret.read_text().strip() not in up.stderr
    for path in ("/", "/tasks", "/api/tasks", "/api/workers"):
        assert flower.asks(path, password=False)[0] == 401, path
    assert flower.asks("/metrics")[0] == 404
    # A task that began before Flower listened has no name there.
    tasks = eventually(flower.named, what="Flower hears of messages")
    assert {task["name"] for task in tasks.values()} <= {"planner.open_task", "security.run_subtask", "security.seam"}
    assert str(operator.project) not in json.dumps(tasks), "ids only: no argument, no result of a tool"
    assert flower.json("/api/queues/length")["active_queues"]

    assert operator.run("schedule", "pause", "often").returncode == 0
    assert operator.json("schedule", "list")[0]["status"] == "paused"
    ran = operator.run("schedule", "run", "often", "--json")
    assert json.loads(ran.stdout)["status"] == "completed"
    told = operator.run("metrics")
    assert told.returncode == 0, told.stderr
    assert 'aether_mcp_cold_starts_total{server="code"}' in told.stdout
    assert 'aether_tasks_ended_total{status="completed",template="look_at_permissions"}' in told.stdout.replace(
        '{template="look_at_permissions",status="completed"}', '{status="completed",template="look_at_permissions"}'
    )
    assert operator.run("down").returncode == 0


def test_the_numbers_of_nothing_start_nothing(stranger: Person) -> None:
    ran = stranger.run("metrics")
    assert ran.returncode == 6
    assert "aether-agent up" in ran.stderr
    assert stranger.json("schedule", "list") == []
