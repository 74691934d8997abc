"""`tools rank` and `templates rank`: predictions in a scorer's form, without a broker."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Run

TOOLS = (
    {"id": "git/log", "name": "git_log", "server": "git", "description": "Show the commits of a repository"},
    {"id": "web/fetch", "name": "fetch", "server": "web", "description": "Fetch a page", "params": {"url": {}}},
    {"id": "mail/send", "name": "send", "server": "mail", "description": "Send a message to somebody by mail"},
)
ASKED = (
    {"id": "1", "query": "show me the last commits"},
    {"id": "2", "query": "get the page at this url"},
    {"id": "3", "query": "write bob a mail"},
)


def lines(path: Path, rows: tuple[dict[str, object], ...]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_tools_of_a_file_are_ranked(run: Run, tmp_path: Path) -> None:
    arguments = ["rank", "--catalogue", lines(tmp_path / "t", TOOLS), "--queries", lines(tmp_path / "q", ASKED)]
    result = run("tools", *arguments)
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [set(row) for row in rows] == [{"id", "ranked", "accepted", "score"}] * 3
    assert [(row["id"], row["ranked"][0]) for row in rows] == [("1", "git/log"), ("2", "web/fetch"), ("3", "mail/send")]
    assert all(0 <= row["score"] <= 1 for row in rows)


def test_templates_that_hold_here_or_those_of_files_are_ranked(run: Run, tmp_path: Path) -> None:
    queries = lines(tmp_path / "q", ({"id": "1", "query": "security audit of this repository"},))
    result = run("templates", "rank", "--queries", queries)
    assert json.loads(result.out)["ranked"][0] == "security_audit"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "water.yaml").write_text("name: water_plants\ndescription: Water the plants\n")
    (tmp_path / "own" / "feed.yaml").write_text("name: feed_cat\ndescription: Feed the cat\n")
    arguments = ["rank", "--queries", queries, "--from", str(tmp_path / "own")]
    result = run("templates", *arguments)
    assert set(json.loads(result.out)["ranked"]) == {"water_plants", "feed_cat"}


def test_a_row_that_lacks_something_is_named(run: Run, tmp_path: Path) -> None:
    arguments = [
        "rank",
        "--catalogue",
        lines(tmp_path / "t", TOOLS),
        "--queries",
        lines(tmp_path / "q", ({"id": "1"},)),
    ]
    result = run("tools", *arguments)
    assert "a row has no `query`" in result.err
