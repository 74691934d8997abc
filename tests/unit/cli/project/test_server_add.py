"""`servers add`: shown first, written only with consent."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_the_catalogue_is_listed(run: Run) -> None:
    assert "Reads and writes one SQLite database" in run("servers", "add").out
    rows = {row["name"]: row for row in json.loads(run("servers", "add", "--json").out)}
    assert rows["sqlite"]["install"] == {"pypi": "mcp-server-sqlite==2025.4.25", "with": ["mcp<2"]}
    assert rows["git"]["known"], "the specialist dev brings it"


def test_nothing_is_added_without_consent(run: Run, tmp_path: Path) -> None:
    ran = run("servers", "add", "time")
    assert ran.code == 4
    assert "runs      mcp-server-time" in ran.out
    assert "mcp-server-time==2026.10.19" in ran.out
    assert "--yes" in ran.err
    assert not (tmp_path / "home" / "mcp.json").exists()


def test_with_consent_it_is_known_and_can_be_installed(run: Run) -> None:
    added = run("servers", "add", "time", "--as", "clock", "--yes")
    assert added.code == 0
    row = next(row for row in json.loads(run("servers", "list", "--json").out) if row["name"] == "clock")
    assert (row["queue"], row["status"], row["inferred"]) == ("dev", "not installed", False)
    again = run("servers", "add", "time", "--as", "clock", "--yes")
    assert again.code == 2
    assert "`clock` is there already" in again.err


def test_what_it_is_told_is_written_and_printed(run: Run, tmp_path: Path) -> None:
    added = run("servers", "add", "sqlite", "--env", "SQLITE_DB=o.db", "--yes", "--json")
    assert json.loads(added.out)["entry"]["args"] == ["--db-path", str(Path.cwd() / "o.db")]
    assert "sqlite" in json.loads((tmp_path / "home" / "mcp.json").read_text())["mcpServers"]


def test_what_is_missing_or_wrong_is_said_with_the_fix(run: Run) -> None:
    assert "--env SQLITE_DB=…" in run("servers", "add", "sqlite", "--yes").err
    assert "did you mean `time`" in run("servers", "add", "tim").err
    assert "write it as NAME=value" in run("servers", "add", "time", "--env", "x").err
    assert "`git` is there already" in run("servers", "add", "git").err
