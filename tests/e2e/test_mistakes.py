"""Bad input gets a clear error, the right exit code, and loses nothing. No stack is needed for any of this."""

import json
import sys
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from tests.e2e.terminal import Person

#: The stack of all these tests comes up in the first one, on a machine that does other things too.
pytestmark = pytest.mark.timeout(300)

#: A server whose tools are what a file says.
RAW = Path(__file__).parents[1] / "servers" / "raw.py"

NOWHERE = "redis://127.0.0.1:1/0"


def test_no_broker(stranger: Person) -> None:
    ran = stranger.run("execute", "anything", AETHER_REDIS_URL=NOWHERE, AETHER_SEALING_KEY="k:" + "A" * 43 + "=")
    assert ran.returncode == 6
    assert ran.stdout == ""
    assert "127.0.0.1:1" in ran.stderr
    assert "aether-agent up" in ran.stderr or "AETHER_REDIS_URL" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_broker_without_a_worker(stranger: Person, valkey: ValkeyServer, sealing_key: Path) -> None:
    ran = stranger.run("execute", "anything", AETHER_REDIS_URL=valkey.url, AETHER_ENCRYPTION__KEY_FILE=str(sealing_key))
    assert ran.returncode == 6
    assert "no worker serves the queue `planner`" in ran.stderr
    assert "aether-agent worker planner" in ran.stderr


def test_a_traceback_only_with_debug(stranger: Person) -> None:
    (stranger.project / "aether_agent.yaml").write_text("agent_system: [\n")
    ran = stranger.run("config", "show", "--debug")
    assert ran.returncode == 2
    assert "Traceback" in ran.stderr


def hostile(project: Path) -> Path:
    """A server file that would leave a mark if it were ever started."""
    mark = project / "pwned"
    command = {"command": "/bin/sh", "args": ["-c", f"touch {mark}"], "queue": "dev"}
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"nice": command}}))
    return mark


def test_a_hostile_server_file_is_listed_and_never_started(stranger: Person) -> None:
    mark = hostile(stranger.project)
    listed = stranger.json("servers", "list")
    assert {row["name"]: row["status"] for row in listed}["nice"] == "untrusted"
    probed = stranger.run("servers", "test", "nice")
    assert probed.returncode == 2
    assert "not trusted" in probed.stderr
    assert stranger.run("config", "validate").returncode == 0
    assert not mark.exists()


def test_trust_shows_the_exact_command_and_asks_again_after_a_change(stranger: Person) -> None:
    mark = hostile(stranger.project)
    shown = stranger.run("trust")
    assert shown.returncode == 0
    assert "touch" in shown.stdout
    assert "nothing was trusted" in shown.stderr
    assert stranger.json("trust")[0]["trusted"] is False
    with stranger.terminal("trust") as terminal:
        terminal.sees("trust it? [y/N]")
        terminal.types("n")
        assert terminal.leaves_with() == 0
    assert stranger.json("trust")[0]["trusted"] is False
    assert stranger.run("trust", "--yes").returncode == 0
    assert "nice" in {row["name"] for row in stranger.json("servers", "list") if row["status"] != "untrusted"}
    file = stranger.project / ".mcp.json"
    file.write_text(file.read_text().replace("touch", "touch "))
    changed = stranger.run("trust")
    assert "changed since you trusted it" in changed.stdout
    assert not mark.exists()


def test_trust_at_a_terminal_shows_what_a_server_lists_and_accepts_just_that(stranger: Person) -> None:
    """It is started in its sandbox for that; what it lists when a worker asks is compared with what was accepted."""
    told = stranger.project / "tools.json"
    told.write_text(json.dumps({"say": {"description": "Says hello."}}))
    entry = {"command": sys.executable, "args": [str(RAW), "told", str(told)], "reads": [str(RAW.parent)]}
    (stranger.project / ".mcp.json").write_text(json.dumps({"mcpServers": {"told": {**entry, "queue": "dev"}}}))
    with stranger.terminal("trust") as terminal:
        terminal.sees("trust it? [y/N]")
        terminal.types("y")
        terminal.sees("told/say")
        terminal.sees("Says hello.")
        terminal.sees("accept these tools of told? [y/N]")
        terminal.types("y")
        assert terminal.leaves_with() == 0
    kept = json.loads((stranger.home / "pins.json").read_text())["servers"]["told"]
    assert (kept["unseen"], list(kept["pins"]), bool(kept["by"])) == (False, ["say"], True)


def test_doctor_looks_at_everything_and_starts_nothing_to_do_so(stranger: Person) -> None:
    ran = stranger.run("doctor", "--no-servers")
    assert ran.returncode == 0, ran.stdout
    programs = ("python", "packages", "uv", "disk", "server", "stack")
    for what in (*programs, "settings", "logs", "traces", "specialists", "templates"):
        assert f"✓ {what}" in ran.stdout
    assert stranger.json("ps") == []
    findings = stranger.json("doctor", "--no-servers")
    assert {finding["verdict"] for finding in findings} == {"ok"}
