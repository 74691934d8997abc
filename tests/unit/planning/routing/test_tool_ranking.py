"""Finding a tool by what it does."""

import pytest

from aether_agents.contracts import Tool, ToolRow
from aether_agents.planning.routing.tool_ranking import nearest_tools


def tool(ref: str, description: str) -> Tool:
    server, _, name = ref.partition("/")
    return Tool(
        server=server, name=name, specialist="dev", description=description, pin="sha256:1", row=ToolRow(tool=ref)
    )


TOOLS = [
    tool("git/git_log", "Show the commit history"),
    tool("secrets/scan", "Find leaked secrets in files"),
    tool("code/scan", "Find unsafe code"),
    tool("reports/write", "レポートを書く"),
]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("leaked secret", "secrets/scan"),
        ("history", "git/git_log"),
        ("scanning code", "code/scan"),
        ("レポート", "reports/write"),
        ("find credentials", "secrets/scan"),
        ("comit", "git/git_log"),
        ("git_log", "git/git_log"),
        ("unsafe files", "code/scan"),
    ],
)
def test_the_best_fit_comes_first(query: str, first: str) -> None:
    assert nearest_tools(TOOLS, query)[0].ref == first


def test_what_shares_no_word_is_left_out() -> None:
    assert nearest_tools(TOOLS, "kubernetes") == []


def test_no_tools_are_no_error() -> None:
    assert nearest_tools([], "anything") == []
