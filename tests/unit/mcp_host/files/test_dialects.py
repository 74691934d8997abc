"""Server files as other products' documentation has them: read as they stand."""

import json
from pathlib import Path
from typing import Any

import pytest

from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import Settings

#: Product, its entry, and what it means here.
ENTRIES: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("Windsurf", {"serverUrl": "https://x.example/mcp", "headers": {"A": "b"}}, {"url": "https://x.example/mcp"}),
    ("Gemini", {"httpUrl": "https://x.example/mcp", "timeout": 600_000, "includeTools": ["a"]}, {"timeout": 600}),
    ("Gemini, a program", {"command": "x", "excludeTools": ["a"], "trust": True}, {"command": "x"}),
    ("Copilot", {"type": "local", "command": "x", "args": [], "tools": ["*"]}, {"command": "x", "args": ()}),
    ("VS Code", {"type": "stdio", "command": "x", "env": {"PORT": 8080, "ON": True, "OFF": None}},
     {"env": {"PORT": "8080", "ON": "true"}}),
    ("Cherry Studio", {"name": "S", "isActive": True, "command": "x", "args": []}, {"command": "x"}),
    ("Cline", {"command": "x", "disabled": False, "autoApprove": ["a"], "alwaysAllow": ["b"], "timeout": 60},
     {"timeout": 60}),
    ("Claude Code", {"type": "http", "url": "https://x.example/mcp", "headers": {"X": "y"}},
     {"headers": {"X": "y"}}),
    ("Codex", {"url": "https://x.example/mcp", "bearer_token_env_var": "TOKEN", "startup_timeout_sec": 20,
               "tool_timeout_sec": 60}, {"headers": {"Authorization": "Bearer t0ken"}, "timeout": 20}),
    ("opencode", {"type": "local", "command": ["npx", "-y", "x"], "environment": {"A": "1"}, "enabled": True},
     {"command": "npx", "args": ("-y", "x"), "env": {"A": "1"}}),
    ("opencode, remote", {"type": "remote", "url": "https://x.example/mcp"}, {"url": "https://x.example/mcp"}),
    ("by hand", {"command": "x", "args": "--port 80 'a b'"}, {"args": ("--port", "80", "a b")}),
    ("by hand, numbers", {"command": "x", "args": ["--port", 80, True]}, {"args": ("--port", "80", "true")}),
    ("VS Code's variables", {"command": "${userHome}${/}x", "args": ["${workspaceFolderBasename}", "~/y"]},
     {"command": "/me/x", "args": ("project", "/me/y")}),
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def load(project: Path, entry: dict[str, Any], *, trusted: bool = True) -> Any:
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"s": entry}}), encoding="utf-8")
    settings = Settings(home=project.parent / "home", project=project)
    trust = Trust(settings.home)
    if trusted:
        trust.accept(trust.review(project))
    return load_servers(settings, (), environ={"HOME": "/me", "TOKEN": "t0ken"})


@pytest.mark.parametrize(("entry", "means"), [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES])
def test_it_is_read_as_it_stands(project: Path, entry: dict[str, Any], means: dict[str, Any]) -> None:
    servers = load(project, entry)
    assert servers.faults == []
    spec = servers.known["s"]
    assert {name: getattr(spec, name) for name in means} == means


def test_one_that_is_not_active_is_left_out(project: Path) -> None:
    servers = load(project, {"command": "x", "isActive": False})
    assert (servers.known, servers.inert, servers.faults) == ({}, [], [])


def test_what_is_not_heeded_is_told_before_it_is_trusted(project: Path) -> None:
    load(project, {"command": "x", "includeTools": ["a"], "excludeTools": ["b"]}, trusted=False)
    shown = "\n".join(Trust(project.parent / "home").review(project)[0].what)
    assert "not heeded includeTools, excludeTools: which tools may be called is `policy.deny`'s to say" in shown
