"""`envFile` of VS Code's server files: read, confined, shown, watched, hidden."""

import json
from pathlib import Path

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.env_file import variables
from aether_agents.mcp_host.registry.registry import Servers, load_servers
from aether_agents.mcp_host.trust.preview import TrustPreview
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import AgentSystem, McpSettings, Settings

SECRET = "tok-from-the-file"


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Settings of a project with a file of variables."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".env").write_text(f"TOKEN={SECRET}\nREGION=filed\n")
    system = AgentSystem(mcp_integration=McpSettings(auto_discovery=False))
    return Settings(home=tmp_path / "home", project=tmp_path / "project", agent_system=system)


def trusted(chosen: Settings, named: str, **more: object) -> TrustPreview:
    """A server with that `envFile`, written and trusted as far as it may be."""
    server = {"type": "stdio", "command": "thing", "envFile": named, **more}
    (chosen.project / ".mcp.json").write_text(json.dumps({"servers": {"x": server}}, indent=1))
    [shown] = Trust(chosen.home).review(chosen.project)
    Trust(chosen.home).accept([shown])
    return shown


def loaded(chosen: Settings) -> Servers:
    return load_servers(chosen, (), environ={"HERE": "of-the-worker"})


@pytest.mark.parametrize("named", [".env", "${workspaceFolder}/.env"])
@pytest.mark.parametrize("install", [{}, {"install": {"pypi": "thing==1"}}])
def test_it_is_read_beside_env_shown_by_name_and_watched(
    chosen: Settings, named: str, install: dict[str, object]
) -> None:
    file = chosen.project / ".env"
    shown = trusted(chosen, named, env={"REGION": "own", "H": "${HERE}"}, **install)

    spec = loaded(chosen).known["x"]

    assert spec.env == {"TOKEN": SECRET, "REGION": "own", "H": "of-the-worker"}
    assert SECRET in spec.hidden
    assert f"  env       TOKEN=…, a value in {file}" in shown.what
    assert SECRET not in "".join(shown.what)
    assert file in shown.covers
    before = Trust(chosen.home).stamp()
    file.write_text("TOKEN=other\nLD_PRELOAD=./evil.so\n")
    assert Trust(chosen.home).stamp() != before, "a worker sees it"
    assert loaded(chosen).known == {}, "and starts nothing until a person has looked again"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("../outside.env", "leads out of"),
        ("/etc/hostname", "leads out of"),
        ("linked.env", "leads out of"),
        ("missing.env", "there is no file"),
        (".", "there is no file"),
        ("${HOME}/.env", "write out which file it is"),
        ("damaged.env", "damaged.env:2: expected `NAME=value`"),
    ],
)
def test_what_may_not_be_read_is_refused_with_the_fix(chosen: Settings, named: str, words: str) -> None:
    (chosen.project.parent / "outside.env").write_text(f"TOKEN={SECRET}\n")
    (chosen.project / "linked.env").symlink_to("../outside.env")
    (chosen.project / "damaged.env").write_text(f"A=1\n{SECRET}\n")

    shown = trusted(chosen, named)

    assert words in shown.refused
    assert SECRET not in shown.refused
    assert loaded(chosen).known == {}


def test_an_address_has_no_environment(chosen: Settings) -> None:
    (chosen.project / ".mcp.json").write_text('{"servers": {"x": {"url": "http://x", "envFile": ".env"}}}')

    [shown] = Trust(chosen.home).review(chosen.project)

    assert ".mcp.json:1: `servers.x.envFile`: an address has no environment" in shown.refused


def test_an_input_is_an_error_that_names_the_fix(chosen: Settings) -> None:
    trusted(chosen, ".env", env={"KEY": "${input:api-key}"})

    [fault] = loaded(chosen).faults

    assert "`servers.x.env.KEY`: `${input:api-key}` asks a person" in fault
    assert "write `${API_KEY}`" in fault


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b # note", "b"),
        ("A=b#c=d", "b#c=d"),
        ("A=", ""),
        ("A='x # ${Y}'", "x # ${Y}"),
        (r'A="one\ntwo \"x\" \d" # note', 'one\ntwo "x" \\d'),
        ("A=b\r", "b"),
    ],
)
def test_a_line_of_it(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / "x.env").write_bytes(f"\n# note\n{line}\n".encode())

    assert variables(tmp_path / "x.env") == {"A": value}


def test_a_line_of_blanks_is_read_in_one_go(tmp_path: Path) -> None:
    file, blanks = tmp_path / ".env", " " * 400_000
    file.write_text(f"A=x{blanks}y\nB={blanks}z{blanks}# why\n")
    assert variables(file) == {"A": f"x{blanks}y", "B": "z"}
    file.write_text(f"A={blanks}'x'{blanks}y\n")
    with pytest.raises(InvalidSettings, match="expected `NAME=value`"):
        variables(file)


@pytest.mark.parametrize("line", ["A", "=b", "1A=b", "A='b", "A= 'b", 'A="b" c', "A=b\0", "\xff"])
def test_a_line_that_is_none(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.env").write_bytes(line.encode("latin-1"))

    with pytest.raises(InvalidSettings, match=r"expected `NAME=value`|is not UTF-8"):
        variables(tmp_path / "x.env")
