"""`servers import`: what other products have is shown, and only what is chosen is taken over."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aether_agents.cli.servers.masked_entry import masked
from tests.unit.cli.conftest import Run

CURSOR = {
    "mcpServers": {
        "github": {"command": "npx", "args": ["gh", "--api-key", "k3y-of-mine"], "env": {"GITHUB_TOKEN": "t0ps3cret"}},
        "@scope/my server": {"url": "https://x.example/mcp", "headers": {"X-Api-Key": "Bearer t0ps3cret"}},
    }
}  # fmt: skip
GOOSE = """
extensions:
  developer: {type: builtin, enabled: true}
  github: {type: stdio, cmd: uvx, args: [gh], env_keys: [GITHUB_PAT]}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "person"
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name, text in {".cursor/mcp.json": json.dumps(CURSOR), ".config/goose/config.yaml": GOOSE}.items():
        (place / name).parent.mkdir(parents=True)
        (place / name).write_text(text, encoding="utf-8")
    return place


Written = Callable[[], dict[str, object]]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def read() -> dict[str, object]:
        file = tmp_path / "home" / "mcp.json"
        servers: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))["mcpServers"] if file.exists() else {}
        return servers

    return read


def test_what_there_is_is_shown_without_its_secrets(run: Run, home: Path, written: Written) -> None:
    listed, machine = run("servers", "import"), run("servers", "import", "--json")
    assert listed.code == machine.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == [
        "github", "scope-my-server", "developer", "github",
    ]  # fmt: skip
    assert "part of Goose itself" in listed.err
    rows = json.loads(machine.out)["servers"]
    assert rows[0]["entry"]["env"] == {"GITHUB_TOKEN": "•••"}
    assert rows[2]["problem"]
    for ran in (listed, machine):
        assert "t0ps3cret" not in ran.out + ran.err
        assert "k3y-of-mine" not in ran.out + ran.err
    assert written() == {}


def test_a_name_that_stands_twice_asks_which_is_meant(run: Run, home: Path, written: Written) -> None:
    ran = run("servers", "import", "github", "--yes")
    assert ran.code == 2
    assert "differs; say which with `--from`" in ran.err
    assert run("servers", "import", "github", "--from", "goose", "--yes").code == 0
    assert written() == {
        "github": {"command": "uvx", "args": ["gh"], "env": {"GITHUB_PAT": "${GITHUB_PAT}"}, "type": "stdio"}
    }


def test_what_is_chosen_is_written_whole_and_only_with_consent(run: Run, home: Path, written: Written) -> None:
    asked = run("servers", "import", "github", "--from", "cursor")
    assert (asked.code, written()) == (4, {})
    assert "t0ps3cret" not in asked.out + asked.err
    done = run("servers", "import", "github", "--from", "cursor", "--as", "gh", "--yes", "--json")
    assert done.code == 0
    assert "t0ps3cret" not in done.out
    assert written()["gh"] == CURSOR["mcpServers"]["github"]
    again = run("servers", "import", "github", "--from", "cursor", "--as", "gh", "--yes")
    assert (again.code, "is there already" in again.err) == (2, True)


def test_all_that_can_be_is_added_and_what_cannot_is_no_hindrance(run: Run, home: Path, written: Written) -> None:
    assert run("servers", "import", "--all", "--yes").code == 0
    assert set(written()) == {"github", "scope-my-server"}
    assert run("servers", "import", "developer", "--yes").code == 2


def test_any_file_can_be_named(run: Run, home: Path, tmp_path: Path, written: Written) -> None:
    (tmp_path / "x.toml").write_text('[mcp.servers.s]\ncommand = "y"\n', encoding="utf-8")
    assert run("servers", "import", "s", "--from", str(tmp_path / "x.toml"), "--yes").code == 0
    assert written() == {"s": {"command": "y"}}
    assert "there is no file" in run("servers", "import", "--from", str(tmp_path / "no.json")).err


@pytest.mark.parametrize(
    ("entry", "shows", "hides"),
    [
        ({"url": "https://u:t0ps3cret@x.example/mcp?api_key=t0ps3cret&a=1"}, "&a=1", "t0ps3cret"),
        ({"args": ["postgresql://u:t0ps3cret@h/db", "--x=1"]}, "@h/db", "t0ps3cret"),
        ({"args": ["--header", "Authorization: Bearer t0ps3cret"]}, "Authorization", "t0ps3cret"),
        ({"env": {"API_KEY": "${KEY:-t0ps3cret}"}}, "API_KEY", "t0ps3cret"),
        ({"env": {"API_KEY": "${KEY}", "DB": "redis://:t0ps3cret@h"}}, "${KEY}", "t0ps3cret"),
        ({"headers": {"Authorization": "Bearer ${env:KEY}"}}, "Bearer ${env:KEY}", "•"),
        ({"args": ["--token", "t0ps3cret", "--token=t0ps3cret"]}, "--token", "t0ps3cret"),
    ],
)
def test_where_secrets_stand_they_are_not_shown(entry: dict[str, object], shows: str, hides: str) -> None:
    said = json.dumps(masked(entry), ensure_ascii=False)
    assert shows in said
    assert hides not in said
