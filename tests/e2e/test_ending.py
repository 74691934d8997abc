"""A stack that is told to end in the middle of a call: it lets the call end, unless it is told not to.

Two starts of a stack and a call of 8 s: what is shown needs a call that outlives the command.
"""

import json
import sys

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, Person, only

pytestmark = pytest.mark.timeout(300)

PLAN = (
    "name: wait\ndescription: Wait once, which may not be done twice\nspecialist: dev\n"
    "subtasks:\n  - {id: wait, tool: echo/wait, args: {seconds: %d, key: k}}\n"
)


def test_down_lets_calls_end_and_down_now_does_not(stranger: Person) -> None:
    stranger.environ |= only("dev")
    stranger.environ |= {"AETHER_DELIVERY__GRACE": "60"}
    stranger.home.mkdir(mode=0o700)
    echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": {"wait": {"risk": "write"}}}
    (stranger.home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
    assert stranger.run("up", within=120).returncode == 0
    try:
        first = running(stranger, 8)
        with stranger.terminal("down") as down:
            down.sees("calls under way have 60 s")
            eventually(lambda: stranger.json("ps") and {r["status"] for r in stranger.json("ps")} == {"ending"}, 20)
            assert down.leaves_with() == 0
        assert stranger.json("ps") == []
        assert stranger.run("up", within=120).returncode == 0
        view = stranger.json("status", first)
        assert (view["status"], [one["attempts"] for one in view["subtasks"]]) == ("completed", [1])

        running(stranger, 600)
        assert stranger.run("down", "--now").returncode == 0
        assert stranger.json("ps") == []
    finally:
        stranger.run("down", "--now")


def running(person: Person, seconds: int) -> str:
    """A task whose only call is under way, for so many seconds."""
    (person.project / "plan.yaml").write_text(PLAN % seconds)
    told = person.run("apply", "plan.yaml", "--yes", "--detach", "--json")
    assert told.returncode == 0, told.stderr
    task = str(json.loads(told.stdout.splitlines()[-1])["task_id"])
    eventually(lambda: "running" in [one["status"] for one in person.json("status", task)["subtasks"]], 60, pause=0.2)
    return task
