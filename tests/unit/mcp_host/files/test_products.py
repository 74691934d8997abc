"""Each product's server file as its documentation has it, at its usual place: read unchanged, and taken over.

What cannot be honoured is named, and costs no other server of the file.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from aether_agents.mcp_host.files.products import FILE_NAMES, PRODUCTS, project_of
from aether_agents.mcp_host.files.takeover import Offered, survey
from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import Settings


class Sample(NamedTuple):
    """A file of a product, and what its servers are here: by name, parts of the entry, notes or a problem."""

    product: str
    place: str
    text: str
    means: dict[str, dict[str, Any]]
    notes: Mapping[str, str] = MappingProxyType({})
    problems: Mapping[str, str] = MappingProxyType({})


SAMPLES = (
    Sample(
        "Zed",
        ".config/zed/settings.json",
        """// Zed's settings
{
  "theme": "One Dark",
  "context_servers": {
    "local-mcp-server": {"command": "some-command", "args": ["arg-1", "arg-2"], "env": {}},
    "remote-mcp-server": {"url": "https://example.com/mcp", "headers": {"Authorization": "Bearer <token>"}},
    "older": {"source": "custom", "command": {"path": "node", "args": ["s.js"], "env": {"A": "1"}}, "settings": {}},
    "mcp-server-github": {"settings": {"github_personal_access_token": "<GITHUB_PERSONAL_ACCESS_TOKEN>"}},
  },
}
""",
        {
            "local-mcp-server": {"command": "some-command", "args": ["arg-1", "arg-2"]},
            "remote-mcp-server": {"url": "https://example.com/mcp", "headers": {"Authorization": "Bearer <token>"}},
            "older": {"command": "node", "args": ["s.js"], "env": {"A": "1"}},
        },
        problems={"mcp-server-github": "extension of Zed"},
    ),
    Sample(
        "Goose",
        ".config/goose/config.yaml",
        """GOOSE_PROVIDER: anthropic
GOOSE_MODEL: claude-sonnet-4
extensions:
  developer:
    bundled: true
    enabled: true
    name: developer
    timeout: 300
    type: builtin
  fetch:
    name: GitHub
    cmd: npx
    args: [-y "@modelcontextprotocol/server-github"]
    enabled: true
    envs: { "NODE_ENV": production }
    env_keys: [GITHUB_PERSONAL_ACCESS_TOKEN]
    type: stdio
    timeout: 300
  remote:
    type: streamable_http
    uri: https://example.com/mcp
    headers: {X-Team: a}
    enabled: false
    timeout: 300
    available_tools: []
""",
        {
            "fetch": {
                "command": "npx",
                "env": {"NODE_ENV": "production", "GITHUB_PERSONAL_ACCESS_TOKEN": "${GITHUB_PERSONAL_ACCESS_TOKEN}"},
                "timeout": 300,
            },
            "remote": {"url": "https://example.com/mcp", "type": "http", "headers": {"X-Team": "a"}},
        },
        notes={"fetch": "set GITHUB_PERSONAL_ACCESS_TOKEN", "remote": "switched off"},
        problems={"developer": "part of Goose itself"},
    ),
    Sample(
        "Continue",
        ".continue/config.yaml",
        """name: My Config
version: 1.0.0
schema: v1
models:
  - name: GPT-4o
    provider: openai
mcpServers:
  - name: My MCP Server
    command: uvx
    args: [mcp-server-sqlite, --db-path, /Users/NAME/test.db]
    cwd: /Users/NAME/project
    env:
      NODE_ENV: production
      KEY: ${{ secrets.API_KEY }}
  - name: remote
    type: sse
    url: https://example.com/sse
    requestOptions: {headers: {X-Auth: one}, timeout: 7200}
    connectionTimeout: 5000
  - uses: anthropic/memory-mcp
""",
        {
            "My-MCP-Server": {"command": "uvx", "cwd": "/Users/NAME/project", "env": {"NODE_ENV": "production",
                              "KEY": "${API_KEY}"}},
            "remote": {"url": "https://example.com/sse", "type": "sse", "headers": {"X-Auth": "one"}, "timeout": 5.0},
        },
        notes={"My-MCP-Server": "set API_KEY"},
        problems={"server-3": "block of a hub"},
    ),
    Sample(
        "Codex",
        ".codex/config.toml",
        """model = "gpt-5"
[features]
web = true

[mcp_servers.context7]
command = "npx"
args = ["-y", "@upstash/context7-mcp"]
env_vars = ["LOCAL_TOKEN", {name = "OTHER", source = "local"}]
startup_timeout_sec = 20
tool_timeout_sec = 45
enabled_tools = ["open"]

[mcp_servers.context7.env]
MY_ENV_VAR = "MY_ENV_VALUE"

[mcp_servers.figma]
url = "https://mcp.figma.com/mcp"
bearer_token_env_var = "FIGMA_OAUTH_TOKEN"
http_headers = { "X-Figma-Region" = "us-east-1" }
env_http_headers = { "X-Key" = "FIGMA_KEY" }

[mcp_servers."off"]
command = "x"
enabled = false
""",
        {
            "context7": {"command": "npx", "timeout": 20, "env": {"MY_ENV_VAR": "MY_ENV_VALUE",
                         "LOCAL_TOKEN": "${LOCAL_TOKEN}", "OTHER": "${OTHER}"}},
            "figma": {"url": "https://mcp.figma.com/mcp", "headers": {"Authorization": "Bearer ${FIGMA_OAUTH_TOKEN}",
                      "X-Key": "${FIGMA_KEY}", "X-Figma-Region": "us-east-1"}},
        },
        notes={"context7": "enabled_tools", "off": "switched off"},
    ),
    Sample(
        "Cline",
        ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        """{"mcpServers": {
  "local-server": {"command": "node", "args": ["/path/to/server.js"], "env": {"API_KEY": "your_api_key"},
                   "alwaysAllow": ["tool1"], "disabled": false, "timeout": 60},
  "github.com/modelcontextprotocol/servers/tree/main/src/github": {"autoApprove": [], "type": "streamableHttp",
     "url": "https://x.example/mcp"}}}
""",
        {
            "local-server": {"command": "node", "env": {"API_KEY": "your_api_key"}, "timeout": 60},
            "github.com-modelcontextprotocol-servers-tree-main-src-github": {"type": "http"},
        },
        notes={"github.com-modelcontextprotocol-servers-tree-main-src-github": "is called"},
    ),
    Sample(
        "Roo",
        ".roo/mcp.json",
        """{"mcpServers": {"a": {"command": "python", "args": ["s.py"], "alwaysAllow": ["t"], "disabledTools": ["u"],
  "watchPaths": ["dist"], "timeout": 120}, "b": {"type": "streamable-http", "url": "https://x.example/mcp"}}}""",
        {"a": {"command": "python", "timeout": 120}, "b": {"type": "http"}},
        notes={"a": "disabledTools"},
    ),
    Sample(
        "Windsurf",
        ".codeium/windsurf/mcp_config.json",
        """{"mcpServers": {"figma": {"serverUrl": "https://x.example/mcp",
  "headers": {"API_KEY": "Bearer ${env:TOK}"}}}}""",
        {"figma": {"url": "https://x.example/mcp", "headers": {"API_KEY": "Bearer ${env:TOK}"}}},
        notes={"figma": "set TOK"},
    ),
    Sample(
        "Antigravity",
        ".gemini/antigravity/mcp_config.json",
        """{"mcpServers": {"s": {"serverUrl": "https://x.example/mcp", "disabled": false, "authProviderType":
  "google_credentials"}}}""",
        {"s": {"url": "https://x.example/mcp"}},
    ),
    Sample(
        "Gemini",
        ".gemini/settings.json",
        """{"theme": "GitHub", "mcp": {"allowed": ["pythonTools"]},
 "mcpServers": {
  "pythonTools": {"command": "python", "args": ["-m", "my_mcp_server"], "cwd": "./mcp-servers/python",
    "env": {"DATABASE_URL": "$DB_CONNECTION_STRING", "API_KEY": "${EXTERNAL_API_KEY}"}, "timeout": 15000},
  "httpServer": {"httpUrl": "http://localhost:3000/mcp", "headers": {"A": "b"}, "timeout": 600, "trust": true},
  "some": {"command": "x", "includeTools": ["safe_tool"], "excludeTools": ["dangerous_tool"]}}}""",
        {
            "pythonTools": {"env": {"DATABASE_URL": "${DB_CONNECTION_STRING}", "API_KEY": "${EXTERNAL_API_KEY}"},
                            "timeout": 15.0},
            "httpServer": {"url": "http://localhost:3000/mcp", "timeout": 0.6},
            "some": {"command": "x"},
        },
        notes={"some": "includeTools, excludeTools", "pythonTools": "set DB_CONNECTION_STRING, EXTERNAL_API_KEY"},
    ),
    Sample(
        "Claude Desktop",
        "Library/Application Support/Claude/claude_desktop_config.json",
        """{"globalShortcut": "", "preferences": {"a": true}, "isUsingBuiltInNodeForMcp": true,
 "mcpServers": {"filesystem": {"command": "npx",
  "args": ["-y", "@modelcontextprotocol/server-filesystem", "/Users/me"]}}}""",
        {"filesystem": {"command": "npx"}},
    ),
    Sample(
        "Claude Code, personal",
        ".claude.json",
        """{"numStartups": 3, "mcpServers": {"all": {"type": "stdio", "command": "x", "args": [], "env": {}}},
 "projects": {"/srv/app": {"allowedTools": [], "mcpServers": {"here": {"type": "http", "url": "https://x.example/mcp",
   "headersHelper": "/bin/h"}}}}}""",
        {"all": {"command": "x"}, "here": {"url": "https://x.example/mcp"}},
        notes={"here": "headersHelper"},
    ),
    Sample(
        "Claude Code",
        ".mcp.json",
        """{"mcpServers": {"api": {"type": "http", "url": "${API_BASE_URL:-https://api.example.com}/mcp",
  "headers": {"Authorization": "Bearer ${API_KEY}"}, "oauth": {"clientId": "c", "callbackPort": 8080}}}}""",
        {"api": {"headers": {"Authorization": "Bearer ${API_KEY}"}}},
    ),
    Sample(
        "Cursor",
        ".cursor/mcp.json",
        """\ufeff{"mcpServers": {"s": {"command": "python", "args": ["${workspaceFolder}/t.py"],
  "env": {"K": "${env:API_KEY}"}, "envFile": ".env"}}}""",
        {"s": {"command": "python"}},
        notes={"s": "envFile"},
    ),
    Sample(
        "VS Code",
        ".vscode/mcp.json",
        """{"inputs": [{"type": "promptString", "id": "perplexity-key", "password": true}],
 // comment
 "servers": {"perplexity": {"type": "stdio", "command": "npx", "env": {"PERPLEXITY_API_KEY": "${input:perplexity-key}"},
   "sandboxEnabled": true}}}""",
        {"perplexity": {"env": {"PERPLEXITY_API_KEY": "${PERPLEXITY_KEY}"}}},
        notes={"perplexity": "PERPLEXITY_KEY"},
    ),
    Sample(
        "opencode",
        "opencode.json",
        """{"$schema": "x", "mcp": {"my": {"type": "local", "command": ["npx", "-y", "x"], "enabled": true,
   "environment": {"K": "{env:MY_KEY}"}, "timeout": 3000},
  "far": {"type": "remote", "url": "https://x.example/mcp", "oauth": {}}}}""",
        {"my": {"command": "npx", "args": ["-y", "x"], "env": {"K": "${MY_KEY}"}, "timeout": 3.0},
         "far": {"url": "https://x.example/mcp"}},
    ),
)  # fmt: skip


def at_home(sample: Sample) -> bool:
    return any(sample.place in product.home for product in PRODUCTS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path


def offered(home: Path, sample: Sample) -> dict[str, Offered]:
    top = home if at_home(sample) else home / "project"
    path = top / sample.place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sample.text, encoding="utf-8")
    found = survey(home / "project", {"HOME": str(home)})
    assert found.faults == ()
    assert {one.product for one in found.offered} == {sample.product}
    return {one.name: one for one in found.offered}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.product)
def test_a_products_file_is_found_and_taken_over_as_it_stands(home: Path, sample: Sample) -> None:
    found = offered(home, sample)
    for name, parts in sample.means.items():
        assert found[name].problem == ""
        assert {key: found[name].entry.get(key) for key in parts} == parts
    for name, words in sample.notes.items():
        assert words in " · ".join(found[name].notes)
    assert {name for name, one in found.items() if one.problem} == set(sample.problems)
    for name, words in sample.problems.items():
        assert words in found[name].problem


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.place in FILE_NAMES],
                         ids=lambda sample: sample.product)  # fmt: skip
def test_a_projects_file_is_read_where_it_lies(home: Path, sample: Sample) -> None:
    project = home / "project"
    path = project / sample.place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sample.text, encoding="utf-8")
    assert project_of(path) == project
    (project / ".env").write_text("A=b\n", encoding="utf-8")
    (project / "mcp-servers" / "python").mkdir(parents=True)
    settings = Settings(home=home / "ours", project=project)
    trust = Trust(settings.home)

    assert {spec.name for spec in load_servers(settings, (), environ={}).inert} >= set(sample.means)
    trust.accept(trust.review(project))
    variables = dict.fromkeys(re.findall(r"[A-Z][A-Z_]+", sample.text), "v")
    servers = load_servers(settings, (), environ={"HOME": str(home), **variables})
    known = set(servers.known)
    assert known | {name for name in sample.means if any(f".{name}" in fault for fault in servers.faults)} >= set(
        sample.means
    ), servers.faults


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.json", '[{"name": "s", "command": "x"}]'),
        ("bare.json", '{"s": {"command": "x", "args": []}}'),
        ("deep.json", '{"a": 1, "mcp": {"servers": {"s": {"command": "x"}}}}'),
        ("amp.json", '{"amp.url": "x", "amp.mcpServers": {"s": {"command": "x"}}}'),
        ("librechat.yaml", "version: 1\nmcpServers:\n  s:\n    command: x\n"),
        ("any.toml", '[mcpServers.s]\ncommand = "x"\n'),
        ("any.yml", "\ufeffmcpServers:\n- {name: s, command: x}\n"),
    ],
)
def test_a_file_of_nobody_we_know_is_read_by_its_shape(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    found = survey(tmp_path, {"HOME": str(tmp_path)}, file)
    if name == "list.json":
        assert "expected an object" in found.faults[0]
    else:
        assert [(one.name, one.entry["command"]) for one in found.offered] == [("s", "x")]


def test_a_file_as_powershell_writes_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes('{"mcpServers": {"s": {"command": "ä"}}}'.encode("utf-16"))
    assert survey(tmp_path, {"HOME": str(tmp_path)}, file).offered[0].entry["command"] == "ä"


def test_settings_without_servers_ask_for_no_trust(home: Path) -> None:
    project = home / "project"
    (project / ".zed").mkdir()
    (project / ".zed" / "settings.json").write_text('{"tab_size": 2} // x', encoding="utf-8")
    assert Trust(home / "ours").review(project) == []


def test_what_is_wrong_with_one_server_costs_no_other(home: Path) -> None:
    file = home / "project" / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text(
        '{"mcpServers": {"a": 5, "..": {"command": "x"}, "b": {"type": "ws", "url": "ws://x"}, "c d": {"command": "x"},'
        ' "c-d": {"command": "y"}, "e": {"command": "x", "whatever": 1}}}',
        encoding="utf-8",
    )
    servers = load_servers(Settings(home=home / "ours", project=home / "project"), (), environ={})
    assert [spec.name for spec in servers.inert] == ["c-d", "e"]
    assert len(servers.faults) == 4
