"""`aether-agent servers test`: a server is started, and what is wrong with it is said."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_servers_are_tried_and_what_is_wrong_is_said(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    broken = {"command": "/bin/sh", "args": ["-c", "echo no such luck >&2; exit 3"], "queue": "dev"}
    (home / "mcp.json").write_text(json.dumps({"mcpServers": {"broken": broken}}))
    ran = run("servers", "test", "broken")
    assert ran.code == 1
    assert "does not work" in ran.out
    assert "no such luck" in ran.err
    assert json.loads(run("servers", "test", "broken", "--json").out)[0]["ok"] is False
    assert "needs no environment of its own" in run("servers", "install", "broken").err


def test_a_mistyped_name_is_answered_with_the_nearest(run: Run) -> None:
    ran = run("servers", "test", "gti")
    assert ran.code == 2
    assert "did you mean `git`?" in ran.err
