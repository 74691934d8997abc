"""A stack that is told to end in the middle of a call: it lets the call end, unless it is told not to."""

import json
import sys

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, Person, only

pytestmark = pytest.mark.timeout(300)

PLAN = (
    "name: wait\ndescription: Wait once, which may not be done twice\nspecialist: dev\n"
    "subtasks:\n  - {id: wait, tool: echo/gate, args: {path: %s, key: k}}\n"
)


def test_down_lets_calls_end_and_down_now_does_not(stranger: Person) -> None:
    stranger.environ |= only("dev")
    stranger.environ |= {"AETHER_DELIVERY__GRACE": "60", "AETHER_DELIVERY__LEASE": "3"}
    stranger.home.mkdir(mode=0o700)
    echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": {"gate": {"risk": "write"}}}
    (stranger.home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
    gate = stranger.project / "gate"
    (stranger.project / "plan.yaml").write_text(PLAN % gate)
    assert stranger.run("up", within=120).returncode == 0
    try:
        first = running(stranger)
        with stranger.terminal("down") as down:
            down.sees("calls under way have 60 s")
            eventually(lambda: stranger.json("ps") and {r["status"] for r in stranger.json("ps")} == {"ending"}, 20)
            gate.touch()
            assert down.leaves_with() == 0
        assert stranger.json("ps") == []
        gate.unlink()
        assert stranger.run("up", within=120).returncode == 0
        view = stranger.json("status", first)
        assert (view["status"], [one["attempts"] for one in view["subtasks"]]) == ("completed", [1])

        second = running(stranger)
        assert stranger.run("down", "--now").returncode == 0
        assert stranger.json("ps") == []
        assert stranger.run("up", within=120).returncode == 0
        (question,) = eventually(lambda: stranger.json("status", second)["interventions"], 60, pause=0.5)
        assert "may have run" in question["prompt"]
    finally:
        stranger.run("down", "--now")


def running(person: Person) -> str:
    """A task whose only call is under way."""
    told = person.run("apply", "plan.yaml", "--yes", "--detach", "--json")
    assert told.returncode == 0, told.stderr
    task = str(json.loads(told.stdout.splitlines()[-1])["task_id"])
    eventually(lambda: "running" in [one["status"] for one in person.json("status", task)["subtasks"]], 60, pause=0.2)
    return task
