"""What a trusted command could run and does not name: a change of any of it, and it is inert again."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust import folder_content
from aether_agents.mcp_host.trust.preview import TrustPreview
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import AgentSystem, McpSettings, Settings

Declare = Callable[..., TrustPreview]


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Settings of a project of the test's own."""
    for folder in ("home", "project/src/package", "elsewhere", "mcp"):
        (tmp_path / folder).mkdir(parents=True)
    mcp = McpSettings(server_discovery_path=str(tmp_path / "mcp"))
    return Settings(home=tmp_path / "home", project=tmp_path / "project", agent_system=AgentSystem(mcp_integration=mcp))


@pytest.fixture
def declare(chosen: Settings) -> Declare:
    """Writes a server into the project's file, trusts it, and tells how it was shown."""

    def declare_(folder: Path | None = None, **server: object) -> TrustPreview:
        (folder or chosen.project).joinpath(".mcp.json").write_text(json.dumps({"mcpServers": {"x": server}}))
        trust = Trust(chosen.home)
        shown = next(item for item in trust.review(folder or chosen.project) if item.kind == "servers")
        trust.accept([shown])
        return shown

    return declare_


def known(chosen: Settings) -> set[str]:
    return set(load_servers(chosen, (), environ={}).known)


@pytest.mark.parametrize(
    ("command", "args", "touched"),
    [
        ("python", ["${X:-server.py}"], "server.py"),
        ("python", ["-m", "package"], "src/package/__main__.py"),
        ("npm", ["start"], "package.json"),
        ("npx", ["."], "index.js"),
        ("npx", ["-y", "some-server"], "node_modules/.bin/some-server"),
        ("bash", ["-c", "cd src && ./run"], "src/run"),
        ("uv", ["run", "server"], "pyproject.toml"),
        ("make", [], "Makefile"),
        ("python", ["src"], "src/__main__.py"),
        ("uvx", ["some-server"], "uv.toml"),
        ("python", ["server.py"], "__pycache__/server.cpython-311.pyc"),
        ("./.venv/bin/python", ["-m", "package"], ".venv/lib/python3.11/site-packages/package.py"),
    ],
)
def test_whatever_a_command_can_reach_in_its_folder_is_covered(
    chosen: Settings, declare: Declare, command: str, args: list[str], touched: str
) -> None:
    file = chosen.project / touched
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("one")
    declare(command=command, args=args)
    assert known(chosen) == {"x"}

    file.write_text("two")
    assert known(chosen) == set(), "a changed file"
    file.write_text("one")
    assert known(chosen) == {"x"}, "the very content that was shown"
    file.unlink()
    assert known(chosen) == set(), "a file that is gone"
    file.write_text("one")
    (file.parent / "sitecustomize.py").write_text("")
    assert known(chosen) == set(), "a file that is new"


BESIDE = (
    "notes.txt",
    "data.csv",
    "state.db",
    "state.db-wal",
    "report.html",
    "findings.sarif",
    "a.log",
    "src/x.parquet",
)


@pytest.mark.parametrize(
    ("command", "args"),
    [("python", ["server.py"]), ("node", ["server.js"]), ("npm", ["start"]), ("bash", ["-c", "./run"]), ("make", [])],
)
def test_data_beside_what_it_runs_revokes_nothing(
    chosen: Settings, declare: Declare, command: str, args: list[str]
) -> None:
    for name in ("server.py", "server.js"):
        (chosen.project / name).write_text("one")
    declare(command=command, args=args)
    for name in BESIDE:
        (chosen.project / name).write_text("new")
        assert known(chosen) == {"x"}, name
        (chosen.project / name).write_text("changed")
        assert known(chosen) == {"x"}, name


@pytest.mark.parametrize(
    ("command", "args", "env"),
    [
        ("python", ["notes.txt"], {}),
        ("bash", ["-c", "python notes.txt --now"], {}),
        ("node", ["--require=./notes.txt", "server.js"], {}),
        ("python", ["server.py", "--plugin", "notes.txt"], {}),
        ("python", ["server.py"], {"PYTHONSTARTUP": "notes.txt"}),
        ("npm", ["start"], {"NODE_OPTIONS": "--require=./notes.txt"}),
    ],
)
def test_what_the_words_name_counts_whatever_it_is_called(
    chosen: Settings, declare: Declare, command: str, args: list[str], env: dict[str, str]
) -> None:
    for name in ("server.py", "server.js", "notes.txt"):
        (chosen.project / name).write_text("one")
    declare(command=command, args=args, env=env)
    assert known(chosen) == {"x"}

    (chosen.project / "notes.txt").write_text("two")

    assert known(chosen) == set()


def test_a_file_named_outside_of_the_folder_counts(chosen: Settings, declare: Declare, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "server.py").write_text("one")
    shown = declare(command="python", args=["../elsewhere/server.py"])
    assert f"names     {tmp_path / 'elsewhere' / 'server.py'}" in shown.what
    before = Trust(chosen.home).stamp()

    (tmp_path / "elsewhere" / "server.py").write_text("two")

    assert known(chosen) == set()
    assert Trust(chosen.home).stamp() != before


def test_a_link_counts_as_the_name_it_has(chosen: Settings, declare: Declare) -> None:
    (chosen.project / "notes.txt").write_text("one")
    (chosen.project / "helper.py").symlink_to("notes.txt")
    declare(command="python", args=["server.py"])

    (chosen.project / "notes.txt").write_text("two")

    assert known(chosen) == set()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "helper.py").write_text("two"), "helper.py is changed since 20"),
        (lambda folder: (folder / "json.py").write_text("x"), "json.py is new since 20"),
        (lambda folder: (folder / "helper.py").unlink(), "helper.py is gone:"),
        (lambda folder: (folder / ".mcp.json").write_text("{}"), ".mcp.json is changed since 20"),
    ],
)
def test_whoever_asks_is_told_which_file_since_when_and_the_command(
    chosen: Settings, declare: Declare, change: Callable[[Path], object], says: str
) -> None:
    (chosen.project / "helper.py").write_text("one")
    declare(command="python", args=["server.py"])
    trust, file = Trust(chosen.home), chosen.project / ".mcp.json"
    assert trust.why_not(file) == ""

    change(chosen.project)

    why = trust.why_not(file)
    assert why.startswith(f"{file} is no longer trusted, because {chosen.project}")
    assert says in why
    assert why.endswith(f"look at it with `aether-agent trust {chosen.project}`")
    assert load_servers(chosen, (), environ={}).lost == {str(file): why}
    assert trust.review(chosen.project)[0].lost == why


def test_a_link_out_of_the_folder_is_followed(chosen: Settings, declare: Declare, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere" / "server.py"
    outside.write_text("one")
    (chosen.project / "server.py").symlink_to(outside)
    (chosen.project / "lib").symlink_to(tmp_path / "elsewhere")
    declare(command="python", args=["server.py"])
    assert known(chosen) == {"x"}

    outside.write_text("two")
    assert known(chosen) == set()
    outside.write_text("one")
    (tmp_path / "elsewhere" / "new.py").write_text("")
    assert known(chosen) == set()
    (tmp_path / "elsewhere" / "new.py").unlink()
    (chosen.project / "server.py").unlink()
    (chosen.project / "server.py").symlink_to("src")
    assert known(chosen) == set(), "a link that leads elsewhere"


def test_a_link_into_what_git_writes_is_followed_and_git_itself_is_not_watched(
    chosen: Settings, declare: Declare
) -> None:
    git = chosen.project / ".git"
    git.mkdir()
    (git / "hidden.py").write_text("one")
    (git / "index").write_text("one")
    (chosen.project / "server.py").symlink_to(".git/hidden.py")
    declare(command="python", args=["server.py"])

    (git / "index").write_text("two")
    assert known(chosen) == {"x"}
    (git / "hidden.py").write_text("two")
    assert known(chosen) == set()


def test_the_whole_repository_counts_for_a_file_in_its_midst(chosen: Settings, declare: Declare) -> None:
    (chosen.project / ".git").mkdir()
    shown = declare(chosen.project / "src", command="npm", args=["start"])
    assert shown.covers == (chosen.project,)
    assert known(chosen) == {"x"}

    (chosen.project / "package.json").write_text("{}")
    assert known(chosen) == set()


def test_the_folder_it_runs_in_is_shown_and_covered(chosen: Settings, declare: Declare, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shown = declare(command="make", cwd="../elsewhere")
    assert f"  in folder {elsewhere}" in shown.what
    assert known(chosen) == {"x"}

    (elsewhere / "Makefile").write_text("")
    assert known(chosen) == set()


def test_a_folder_that_only_a_variable_names_is_refused(chosen: Settings, declare: Declare) -> None:
    shown = declare(command="make", cwd="${HOME:-/}")

    assert "must name the folder it runs in" in shown.refused
    assert known(chosen) == set()


def test_a_discovered_program_of_its_own_environment_is_covered(chosen: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "mcp" / "thing"
    program = folder / ".venv" / "bin" / "thing-mcp"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "thing"\n[project.scripts]\nthing-mcp = "m:main"\n')
    trust = Trust(chosen.home)
    trust.accept(trust.review(chosen.project, tmp_path / "mcp"))
    assert known(chosen) == {"thing"}

    program.write_text("#!/bin/sh\nrm -rf ~\n")
    assert known(chosen) == set()


@pytest.mark.parametrize(
    ("args", "covered"),
    [(["--utc"], False), (["-m", "name"], False), (["../x.py"], True), (["${X}"], True), (["/"], True)],
)
def test_an_installed_server_runs_in_a_scratch_folder_and_reaches_what_its_words_can(
    chosen: Settings, declare: Declare, args: list[str], covered: bool
) -> None:
    shown = declare(command="thing", args=args, install={"pypi": "thing==1"})
    (chosen.project / "new.py").write_text("")

    assert "  in folder a scratch folder of its own" in shown.what
    assert bool(shown.covers) == covered
    servers = load_servers(chosen, (), environ={"X": "x"})
    assert ("x" in servers.known) == (not covered)
    assert all(spec.cwd is None for spec in servers.known.values())


def test_an_address_reaches_nothing(chosen: Settings, declare: Declare) -> None:
    assert declare(url="https://example.org/mcp").covers == ()
    (chosen.project / "new.py").write_text("")
    assert known(chosen) == {"x"}


def test_a_folder_that_is_too_large_is_refused_with_the_fix(
    chosen: Settings, declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_content, "MOST_FILES", 4)
    declare(command="make")
    assert known(chosen) == {"x"}

    (chosen.project / "more.py").write_text("")
    shown = declare(command="make")

    assert "mcp.json, which is yours alone" in shown.refused
    assert not shown.trusted
    servers = load_servers(chosen, (), environ={})
    assert servers.known == {}
    assert "too large to be watched" in servers.faults[0]


def test_our_own_folder_in_a_project_is_no_part_of_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "home").mkdir(parents=True)
    (project / ".mcp.json").write_text('{"mcpServers": {"x": {"command": "make"}}}')
    trust = Trust(project / "home")
    trust.accept(trust.review(project))

    (project / "home" / "valkey.log").write_text("")

    assert trust.review(project)[0].trusted


def test_whoever_watches_hears_of_every_change(chosen: Settings, declare: Declare) -> None:
    declare(command="make")
    trust = Trust(chosen.home)
    before = trust.stamp()
    assert trust.stamp() == before

    (chosen.project / "src" / "new.py").write_text("")

    assert trust.stamp() != before


def test_pipes_and_loops_hold_nobody_up(chosen: Settings, declare: Declare) -> None:
    os.mkfifo(chosen.project / "pipe")
    (chosen.project / "loop").symlink_to("..")
    (chosen.project / "itself").symlink_to("itself")
    (chosen.project / "nowhere").symlink_to("not/there")

    declare(command="make")

    assert known(chosen) == {"x"}
