"""Files made to break whoever reads them: they cost a fault at most, and start nothing."""

import os
from pathlib import Path

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.formats import document_of
from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import AgentSystem, McpSettings, Settings


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Settings of a project of the test's own, without discovery."""
    (tmp_path / "project").mkdir()
    system = AgentSystem(mcp_integration=McpSettings(auto_discovery=False))
    return Settings(home=tmp_path / "home", project=tmp_path / "project", agent_system=system)


@pytest.mark.parametrize(
    "content",
    [
        '{"mcpServers": ' + "[" * 100_000,
        '{"mcpServers": ' + '{"a": ' * 3_000 + "1" + "}" * 3_000 + "}",
        '{"mcpServers": {"x": {"command": "x", "args": ' + "[" * 500 + "]" * 500 + "}}}",
        "\x00\x01\x02",
        '{"mcpServers": {"\\ud800": {"command": "x"}}}',
        '{"mcpServers": {"x": {"command": "x\\u0000y"}}}',
        '{"mcpServers": {"x": {"command": "x", "args": ["' + "a" * 100_000 + '"]}}}',
        "",
    ],
)
def test_a_file_made_to_break_us_does_not(chosen: Settings, content: str) -> None:
    (chosen.project / ".mcp.json").write_text(content, encoding="utf-8")

    servers = load_servers(chosen, (), environ={})
    shown = Trust(chosen.home).review(chosen.project)

    assert servers.known == {}
    assert len(shown) == 1


def test_pipes_and_folders_in_the_place_of_files_are_passed_over(chosen: Settings) -> None:
    os.mkfifo(chosen.project / ".mcp.json")
    (chosen.project / "templates").mkdir()
    os.mkfifo(chosen.project / "templates" / "a.yaml")
    (chosen.project / "templates" / "b.yaml").mkdir()
    (chosen.project / "mcp_config.json").mkdir()

    assert load_servers(chosen, (), environ={}).faults == []
    assert Trust(chosen.home).review(chosen.project) == []


@pytest.mark.parametrize("text", ["a = " + "9" * 5_000, "a = " + "[" * 5_000])
def test_toml_that_trips_its_reader_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidSettings, match=r"config\.toml"):
        document_of(Path("config.toml"), text.encode())
