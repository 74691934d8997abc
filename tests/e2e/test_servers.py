"""Servers from the command line: added, installed, tried, called; brought by a project, trusted, used; and faults."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, Person, only

pytestmark = pytest.mark.timeout(300)

RAW = ECHO.with_name("raw.py")


def broken(*words: str, **more: object) -> dict[str, object]:
    return {"command": sys.executable, "args": [str(RAW), *words], "queue": "dev", **more}


def test_what_is_wrong_with_a_server_is_said_in_plain_words(stranger: Person) -> None:
    servers = {
        "old": broken("exits"),
        "gone": {"command": "no-such-program", "queue": "dev"},
        "silent": broken("silent", timeout=2),
        "liar": broken("plain"),
        "talker": broken("prints"),
    }
    stranger.home.mkdir()
    (stranger.home / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    ran = stranger.run("servers", "test", *servers, "--json")
    assert ran.returncode == 1
    told = {row["server"]: (row["error"] or "") + " ".join(row["warnings"]) for row in json.loads(ran.stdout)}
    assert "older MCP library: add `mcp<2` to `install.with`" in told["old"]
    assert "no-such-program" in told["gone"]
    assert "did not answer within 2 s" in told["silent"]
    assert "lies about errors" in told["liar"]
    assert "give its tools an `expect`" in told["liar"]
    assert "Welcome to the printing server" in told["talker"]
    shown = stranger.run("servers", "test", "liar", "old")
    assert "works" in shown.stdout
    assert "does not work" in shown.stdout
    assert "Traceback" not in shown.stdout
    unknown = stranger.run("servers", "test", "silnt")
    assert (unknown.returncode, "did you mean `silent`" in unknown.stderr) == (2, True)


def test_a_server_of_the_catalogue_is_added_installed_tried_and_called(stranger: Person) -> None:
    stranger.environ |= only("dev")
    refused = stranger.run("servers", "add", "tim", "--yes")
    assert (refused.returncode, "did you mean `time`" in refused.stderr) == (2, True)
    shown = stranger.run("servers", "add", "time")
    assert shown.returncode == 4
    assert "mcp-server-time==" in shown.stdout
    assert stranger.run("servers", "add", "time", "--yes").returncode == 0
    missing = stranger.run("servers", "test", "time")
    assert missing.returncode == 1
    assert "aether-agent servers install time" in missing.stdout + missing.stderr
    assert stranger.run("up").returncode == 0
    early = stranger.run("tools", "call", "time/get_current_time", "timezone=Asia/Tokyo")
    assert early.returncode != 0
    assert stranger.run("servers", "install", "time", within=200).returncode == 0
    at_once = stranger.json("tools", "call", "time/get_current_time", "timezone=Asia/Tokyo")
    assert at_once["status"] == "completed", "the workers that ran already have not taken note"
    [tried] = stranger.json("servers", "test", "time")
    assert (tried["ok"], "get_current_time" in tried["tools"]) == (True, True)
    assert "Asia/Tokyo" in json.dumps(at_once["outputs"])
    assert stranger.run("down").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("echo/ehco",), 2, "did you mean `echo/echo`"),
        (("nowhere/tool",), 2, "find one: aether-agent tools search"),
        (("echo/echo", "mesage=x"), 2, "takes no `mesage`"),
        (("echo/echo", "--args", "["), 2, "is not JSON"),
        (("echo/echo", "ms=soon"), 2, "whole number"),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_with_the_fix(
    person: Person, words: tuple[str, ...], code: int, said: str
) -> None:
    ran = person.run("tools", "call", *words)
    assert (ran.returncode, said in ran.stderr) == (code, True), ran.stderr
    assert ran.stdout == ""


def test_a_server_that_a_project_brings_is_inert_until_trusted_and_then_used_by_a_plan(
    person: Person, tmp_path: Path
) -> None:
    there = Person(person.home, tmp_path / "project")
    (there.project / ".vscode").mkdir(parents=True)
    file = there.project / ".vscode" / "mcp.json"
    table = {"echo": {"risk": "read", "repeatable": True}}  # without it a person is asked before each call
    entry = {"type": "stdio", "command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": table}
    file.write_text(json.dumps({"servers": {"brought": entry}}))
    (there.project / "plan.yaml").write_text(
        "name: greet\ndescription: Greet through the server that the project brings\nspecialist: dev\n"
        "subtasks:\n  - {id: greet, tool: brought/echo, args: {message: hello}}\n"
        'outputs: {said: "${subtasks.greet.output.message}"}\n'
    )
    assert status(there) == "untrusted"
    early = there.run("tools", "call", "brought/echo", "message=hello")
    assert early.returncode == 2
    assert there.run("trust", "--yes").returncode == 0
    eventually(lambda: status(there) == "live", 90, "the server is listed", pause=1)
    told = there.json("apply", "plan.yaml", "--yes")
    assert (told["status"], told["outputs"]) == ("completed", {"said": "hello"})
    trusted = file.read_text()
    file.write_text(json.dumps({"servers": {"brought": {**entry, "args": [str(RAW), "plain"]}}}))
    assert status(there) == "untrusted"
    refused = there.run("apply", "plan.yaml", "--yes")  # while it is planned, not by each of its subtasks
    assert refused.returncode == 5, refused.stderr
    lost = f"{file} is no longer trusted, because {file} is changed since"
    said = " ".join(refused.stderr.split())  # however its lines were broken
    assert f"the server `brought` is not live: {lost}" in said
    assert f"`aether-agent trust {there.project}`" in said
    file.write_text(trusted)
    assert there.json("apply", "plan.yaml", "--yes")["status"] == "completed"


def status(person: Person) -> str:
    """How the server of the project stands."""
    return str({row["name"]: row["status"] for row in person.json("servers", "list")}["brought"])
