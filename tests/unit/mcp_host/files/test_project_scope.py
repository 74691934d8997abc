"""One home, many projects: whose server a name means."""

import json
from pathlib import Path

import pytest

from aether_agents.mcp_host.files.project_scope import plain, scoped, visible
from aether_agents.mcp_host.registry.registry import Servers, load_servers
from aether_agents.mcp_host.registry.spec_digest import spec_digest
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import Settings


def declare(folder: Path, **servers: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    declared = {name: {"command": command} for name, command in servers.items()}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": declared}), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("A", "B", "B/inner"):
        declare(tmp_path / name, db=name, **{f"only-{name[0].lower()}": "x"})
    trust = Trust(home)
    for name in ("A", "B", "B/inner"):
        trust.accept(trust.review(tmp_path / name))
    return home


def load(home: Path, project: Path) -> Servers:
    return load_servers(Settings(home=home, project=project), (), environ={})


def command(servers: Servers, folder: Path, name: str = "db") -> str | None:
    known = visible(servers.known, folder).names.get(name)
    return servers.known[known].command if known else None


def test_each_project_has_its_own(home: Path, tmp_path: Path) -> None:
    servers = load(home, tmp_path / "A")
    assert servers.faults == []
    for folder, whose in (("A", "A"), ("A/deep", "A"), ("B", "B"), ("B/inner", "B/inner"), ("B/inner/x", "B/inner")):
        assert command(servers, tmp_path / folder) == whose
    elsewhere = visible(servers.known, tmp_path)
    assert elsewhere.names == {}
    assert elsewhere.elsewhere["only-a"] == str(tmp_path / "A")


def test_whoever_loads_them_gives_them_the_same_names(home: Path, tmp_path: Path) -> None:
    known = {name: set(load(home, tmp_path / name).known) for name in ("A", "B", "B/inner")}
    assert known["A"] == known["B"] == known["B/inner"]


def test_the_users_own_is_for_all_and_a_projects_goes_before_it(home: Path, tmp_path: Path) -> None:
    (home / "mcp.json").write_text('{"mcpServers": {"db": {"command": "mine"}, "other": {"command": "mine"}}}')
    servers = load(home, tmp_path / "A")
    assert command(servers, tmp_path) == "mine"
    assert command(servers, tmp_path / "A") == "A"
    assert command(servers, tmp_path / "B", "other") == "mine"


def test_a_scoped_name_is_read_back_and_can_be_said() -> None:
    name = scoped("db", "/projects/B")
    assert (plain(name), plain(f"{name}/who"), plain("db"), plain("a.b/c")) == ("db", "db/who", "db", "a.b/c")
    assert len(scoped("x" * 64, "/p")) <= 64


def test_which_project_it_is_counts_for_no_pin(home: Path, tmp_path: Path) -> None:
    spec = load(home, tmp_path / "A").known["db"]
    assert spec.project == str(tmp_path / "A")
    assert spec_digest(spec) == spec_digest(spec.model_copy(update={"project": ""}))
