"""Trust is lost while a plan runs: one step ends what is left of it, with the reason, and nothing more is called."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, Person
from tests.e2e.test_servers import status

pytestmark = pytest.mark.timeout(300)

ITEMS = 80


def test_what_is_left_of_a_plan_ends_at_once_and_says_why(person: Person, tmp_path: Path) -> None:
    there = Person(person.home, tmp_path / "project")
    there.project.mkdir()
    file = there.project / ".mcp.json"
    table = {"echo": {"risk": "read", "repeatable": True}}
    entry = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": table}
    file.write_text(json.dumps({"mcpServers": {"brought": entry}}))
    say = {"id": "say", "tool": "brought/echo", "for_each": [str(at) for at in range(ITEMS)], "max_parallel": 2}
    step = {**say, "args": {"message": "${item}", "ms": 500}}
    plan = {"name": "say", "description": "Say all", "specialist": "dev", "subtasks": [step]}
    (there.project / "plan.yaml").write_text(json.dumps(plan))
    assert there.run("trust", "--yes").returncode == 0
    eventually(lambda: status(there) == "live", 90, "the server is listed", pause=1)
    task_id = json.loads(there.run("apply", "plan.yaml", "--yes", "--detach", "--json").stdout)["task_id"]
    ends = lambda: [one for one in children(there, task_id) if one["status"] in ("completed", "failed")]  # noqa: E731
    eventually(ends, 60, "the first calls have ended", pause=0.5)
    file.write_text(json.dumps({"mcpServers": {"brought": {**entry, "env": {"MORE": "1"}}}}))
    eventually(lambda: there.json("status", task_id)["status"] == "failed", 30, "it ends", pause=0.5)

    failed = [one["error"] for one in children(there, task_id) if one["status"] == "failed"]
    own = [one for one in failed if not one.startswith("as `say#")]
    assert len(failed) > ITEMS / 2
    assert 1 <= len(own) < 10, "those under way and those that were just let go, not one after the other"
    assert all("may not be started any more" in one and str(file) in one for one in failed)


def children(person: Person, task_id: str) -> list[dict[str, str]]:
    """The calls of the fan-out, as `status` shows them."""
    return [one for one in person.json("status", task_id)["subtasks"] if "#" in one["id"]]
