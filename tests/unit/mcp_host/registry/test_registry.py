"""Server files: what other programs write is read; what nobody means is named with its line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aether_agents.contracts import Risk, ServerSpec, Specialist
from aether_agents.mcp_host.registry.registry import Servers, load_servers
from aether_agents.mcp_host.registry.spec_digest import listing_digest, spec_digest
from aether_agents.mcp_host.session.tool_definition import Definition, catalogue_tools
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import AgentSystem, McpSettings, Settings

SPECIALISTS = (
    Specialist(
        name="dev",
        description="code",
        servers=(ServerSpec(name="git", queue="dev", command="git-server", source="workers/dev", trusted=True),),
    ),
    Specialist(name="infra", description="machines"),
    Specialist(name="security", description="findings"),
)
Load = Callable[..., Servers]


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    for folder in ("home", "project", "mcp"):
        (tmp_path / folder).mkdir()
    mcp = McpSettings(server_discovery_path=str(tmp_path / "mcp"))
    return Settings(home=tmp_path / "home", project=tmp_path / "project", agent_system=AgentSystem(mcp_integration=mcp))


@pytest.fixture
def load(chosen: Settings) -> Load:
    """Writes a project's server file, trusts it, and loads."""

    def load_(content: object, name: str = ".mcp.json", environ: dict[str, str] | None = None) -> Servers:
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        path = chosen.project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        trust = Trust(chosen.home)
        trust.accept(item for item in trust.review(chosen.project) if item.path == path)
        return load_servers(chosen, SPECIALISTS, environ=environ or {})

    return load_


def test_a_file_as_claude_desktop_and_cursor_write_it_is_read_unchanged(load: Load, chosen: Settings) -> None:
    servers = load(
        {
            "mcpServers": {
                "postgres": {
                    "command": "npx",
                    "args": ["-y", "server-postgres", "postgresql://localhost/x"],
                    "env": {"A": "1"},
                    "type": "stdio",
                    "disabled": False,
                    "autoApprove": ["query"],
                    "alwaysAllow": [],
                },
                "remote": {"type": "http", "url": "https://mcp.example.org/mcp", "headers": {"Authorization": "${T}"}},
            }
        },
        environ={"T": "Bearer x"},
    )

    assert servers.faults == []
    postgres, remote = servers.known["postgres"], servers.known["remote"]
    assert (postgres.command, postgres.args[0], postgres.env) == ("npx", "-y", {"A": "1"})
    assert postgres.cwd == str(chosen.project), "a project's server runs in the project's folder"
    assert (remote.url, remote.headers) == ("https://mcp.example.org/mcp", {"Authorization": "Bearer x"})
    assert postgres.trusted
    assert remote.trusted


def test_a_file_as_vs_code_writes_it_is_read_unchanged(load: Load) -> None:
    servers = load('\ufeff{\n // a comment, and a byte order mark before it all\n "servers": {}}', "mcp_config.json")
    assert servers.faults == []

    servers = load(
        {
            "inputs": [],
            "servers": {"x": {"type": "stdio", "command": "${workspaceFolder}/x", "env": {"K": "${env:K}"}}},
        },
        "mcp_config.json",
        {"K": "v"},
    )
    assert servers.known["x"].env == {"K": "v"}
    assert str(servers.known["x"].command).endswith("/project/x")


def test_vs_codes_own_place_is_read_and_its_folder_is_the_projects(load: Load, chosen: Settings) -> None:
    servers = load({"servers": {"x": {"command": "./x", "args": ["${workspaceFolder}/y"]}}}, ".vscode/mcp.json")
    assert servers.faults == []
    assert servers.known["x"].cwd == str(chosen.project)
    assert servers.known["x"].args == (str(chosen.project / "y"),)


def test_every_server_file_may_have_comments(load: Load) -> None:
    text = """{
  // ours
  "servers": { /* "a":
    1 */
    "x": {"command": "x", "args": ["//y", "/* z */", ",]",],},
    "z": {"comand": "z"}, // a slip
  },
}
"""
    for name in (".vscode/mcp.json", ".mcp.json"):
        servers = load(text, name)
        assert servers.known["x"].args == ("//y", "/* z */", ",]")
        assert "mcp.json:6: `servers.z.comand`" in servers.faults[-1]


def test_our_own_keys_stand_beside_theirs(load: Load) -> None:
    entry = {
        "command": "mcp-sysmon",
        "queue": "infra",
        "mode": "legacy",
        "timeout": 5,
        "install": {"pypi": "mcp-sysmon==0.3.0", "with": ["mcp<2"]},
    }

    spec = load({"mcpServers": {"sysmon": entry}}).known["sysmon"]

    assert (spec.queue, spec.inferred, spec.mode, spec.timeout) == ("infra", False, "legacy", 5)
    assert spec.install is not None
    assert spec.install.with_ == ("mcp<2",)


def test_a_servers_own_table_says_what_its_tools_do(load: Load) -> None:
    entry = {"command": "mcp-server-time", "queue": "dev", "table": {"convert_time": {"risk": "read"}}}
    spec = load({"mcpServers": {"time": entry}}).known["time"]

    tools = catalogue_tools(spec, [Definition(name=name, pin="p") for name in ("convert_time", "set_clock")])

    assert [(tool.ref, tool.risk) for tool in tools] == [
        ("time/convert_time", Risk.READ),
        ("time/set_clock", Risk.DESTRUCTIVE),
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"comand": "x"}, [":4:", "unknown key", "did you mean `command`?"]),
        ({"command": "x", "heders": {}}, ["did you mean `headers`?"]),
        ({"command": "x", "url": "http://x"}, ["exactly one of `command` and `url`"]),
        ({}, [":3:", "exactly one of `command` and `url`"]),
        ({"command": {"x": "y"}}, [":4:", "valid string"]),
        ({"command": "x", "env": {"PORT": [80]}}, ["env.PORT", "valid string"]),
        ({"command": "x", "queue": "devv"}, ["queue", "no specialist is called `devv`", "did you mean `dev`?"]),
        ({"command": "x", "queue": "finance"}, ["there are: dev, infra, security"]),
        ({"command": "x", "table": {"t": {"riks": "read"}}}, ["table.t.riks", "did you mean `risk`?"]),
        ({"command": "x", "timeout": -1}, ["timeout", "greater than 0"]),
        ({"command": "x", "mode": "new"}, ["mode", "legacy"]),
        ({"type": "ws", "url": "http://x"}, [":3:", "speaks over a web socket", "ask its author"]),
        ({"command": "x", "install": {"pypis": "y==1"}}, ["install.pypis", "unknown key", "did you mean `pypi`?"]),
        ({"command": "x", "args": ["${NO_SUCH}"]}, [":6:", "args.0", "NO_SUCH is not set"]),
        ("x", [":3:", "expected an object"]),
    ],
)
def test_a_fault_names_file_line_and_the_nearest_known_name(load: Load, entry: object, words: list[str]) -> None:
    servers = load({"mcpServers": {"bad": entry}})

    assert "bad" not in servers.known
    assert ".mcp.json:" in servers.faults[0]
    assert [word for word in words if word not in servers.faults[0]] == [], servers.faults[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "expected an object"),
        ('{"mcpServer": {}}', "did you mean `mcpServers`?"),
        ('{"mcpServers": []}', "server by name"),
        ('{"mcpServers": {"..": {"command": "x"}}}', "cannot be called `..`"),
        ('{"mcpServers": {"x": {"command": "a"}, "x": {"command": "b"}}}', "given twice"),
    ],
)
def test_a_file_that_is_none(load: Load, chosen: Settings, content: str, words: str) -> None:
    (chosen.project / ".mcp.json").write_text(content, encoding="utf-8")

    faults = load_servers(chosen, SPECIALISTS, environ={}).faults

    assert len(faults) == 1
    assert words in faults[0]


def test_one_bad_server_does_not_cost_the_others(load: Load) -> None:
    servers = load({"mcpServers": {"bad": {"comand": "x"}, "good": {"command": "x"}}})

    assert "good" in servers.known
    assert len(servers.faults) == 1


def test_a_disabled_server_is_left_out(load: Load) -> None:
    servers = load({"mcpServers": {"a": {"command": "x", "disabled": True}, "b": {"command": "x", "enabled": False}}})

    assert set(servers.known) == {"git"}
    assert servers.inert == []


def test_a_project_cannot_take_a_specialists_name(load: Load) -> None:
    servers = load({"mcpServers": {"git": {"command": "evil-git"}}})

    assert servers.known["git"].command == "git-server"
    assert "two servers are called `git`" in servers.faults[0]
    assert "workers/dev" in servers.faults[0]
    assert ".mcp.json" in servers.faults[0]


def test_the_users_own_file_needs_no_trust(chosen: Settings) -> None:
    (chosen.home / "mcp.json").write_text('{"mcpServers": {"mine": {"command": "x"}}}', encoding="utf-8")

    assert load_servers(chosen, SPECIALISTS, environ={}).known["mine"].trusted


def test_a_trusted_project_is_known_from_everywhere(load: Load, chosen: Settings, tmp_path: Path) -> None:
    load({"mcpServers": {"x": {"command": "x"}}})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert "x" in load_servers(chosen, SPECIALISTS, elsewhere, environ={}).known


def test_discovery_finds_server_files_and_scripts_and_leaves_them_inert(chosen: Settings, tmp_path: Path) -> None:
    def folder(name: str, file: str, text: str) -> None:
        (tmp_path / "mcp" / name).mkdir()
        (tmp_path / "mcp" / name / file).write_text(text, encoding="utf-8")

    folder("circus", "mcp_config.json", '{"mcpServers": {"circus": {"command": "circus-mcp", "args": ["mcp"]}}}')
    folder("supervisord", "pyproject.toml", '[project]\nname = "s"\n[project.scripts]\nsupervisord-mcp = "m:main"\n')
    folder("library", "pyproject.toml", '[project]\nname = "library"\n')
    folder("broken", "pyproject.toml", "[project")

    servers = load_servers(chosen, SPECIALISTS, environ={})
    trust = Trust(chosen.home)
    trust.accept(trust.review(chosen.project, tmp_path / "mcp"))
    trusted = load_servers(chosen, SPECIALISTS, environ={})

    assert [(s.name, s.command, s.args) for s in servers.inert] == [
        ("circus", "circus-mcp", ("mcp",)),
        ("supervisord", "supervisord-mcp", ("mcp",)),
    ]
    assert {"circus", "supervisord"} <= set(trusted.known)
    assert trusted.known["supervisord"].cwd == str(tmp_path / "mcp" / "supervisord")
    assert (trusted.known["supervisord"].queue, trusted.known["supervisord"].inferred) == ("infra", True)


def test_the_digest_of_a_specification_is_of_what_was_written_and_a_listings_is_of_its_code_too(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text("one", encoding="utf-8")
    spec = ServerSpec(name="x", command="python", args=(str(script),))
    first, listed = spec_digest(spec), listing_digest(spec)

    assert spec_digest(spec.model_copy(update={"source": "elsewhere", "trusted": True})) == first
    assert spec_digest(spec.model_copy(update={"mode": "legacy"})) != first
    script.write_text("two", encoding="utf-8")
    assert spec_digest(spec) == first, "its code changed, and nobody said that it might have other tools"
    assert listing_digest(spec) != listed, "so its tools are looked at again"
    bundled = spec.model_copy(update={"bundled": True})
    before = spec_digest(bundled)
    script.write_text("three", encoding="utf-8")
    assert spec_digest(bundled) != before, "the code of an installed specialist is what a person installed"


def test_another_token_makes_no_other_specification(load: Load) -> None:
    file = {"mcpServers": {"x": {"command": "x", "env": {"T": "${T}"}, "args": ["--url=https://h/${T}"]}}}

    one, two = (load(file, environ={"T": value}).known["x"] for value in ("token-one", "token-two-longer"))

    assert spec_digest(one) == spec_digest(two)
    assert listing_digest(one) != listing_digest(two)


def test_what_came_from_the_environment_is_known_to_be_hidden_and_never_written_out(load: Load) -> None:
    environ = {"T": "s3cret-token", "HOME": "/home/somebody", "PORT": "8080", "DEFAULTED": ""}
    env = {"TOKEN": "Bearer ${T}", "DIR": "${HOME}/x", "PORT": "${PORT}", "D": "${DEFAULTED:-plain-default}"}
    literal = {"API_KEY": "written-into-the-file", "MODE": "a-longer-word"}

    spec = load({"mcpServers": {"x": {"command": "x", "env": {**env, **literal}}}}, environ=environ).known["x"]

    assert spec.hidden == ("s3cret-token", "written-into-the-file")
    assert "hidden" not in spec.model_dump()
    assert "hidden" not in repr(spec)
