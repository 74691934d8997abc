"""Which specialist a server belongs to that does not say."""

import pytest

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.mcp_host.registry.queue_inference import infer_queue
from aether_agents.mcp_host.session.tool_definition import Definition

ALL = tuple(Specialist(name=name, description=name) for name in ("data", "dev", "infra", "security"))


def tools(*names: str) -> list[Definition]:
    return [Definition(name=name, pin="p") for name in names]


@pytest.mark.parametrize(
    ("name", "command", "args", "queue"),
    [
        ("postgres", "npx", ("-y", "@modelcontextprotocol/server-postgres"), "data"),
        ("kubernetes-mcp-server", "kubernetes-mcp-server", (), "infra"),
        ("supervisord", "supervisord-mcp", ("mcp",), "infra"),
        ("sast", "sast-mcp-server", (), "security"),
        ("gh", "github-mcp-server", ("stdio",), "dev"),
        ("filesystem", "npx", ("server-filesystem", "/srv"), "dev"),
        ("zorp", "zorp", (), "dev"),
    ],
)
def test_by_name_and_command(name: str, command: str, args: tuple[str, ...], queue: str) -> None:
    assert infer_queue(ServerSpec(name=name, command=command, args=args), ALL) == queue


def test_tools_say_more_than_a_name() -> None:
    spec = ServerSpec(name="helper", command="python", args=("git_helper.py",))

    assert infer_queue(spec, ALL) == "dev"
    assert infer_queue(spec, ALL, tools("run_query", "list_tables", "describeSchema")) == "data"


def test_a_description_counts_by_its_different_words() -> None:
    spec = ServerSpec(name="helper", command="helper")
    chatty = [Definition(name="ask", description="A file. " * 20 + "Kubernetes pods of a cluster", pin="p")]

    assert infer_queue(spec, ALL, chatty) == "infra"


def test_only_specialists_that_are_there() -> None:
    assert infer_queue(ServerSpec(name="postgres", command="x"), ALL[2:]) == "infra"
    assert infer_queue(ServerSpec(name="postgres", command="x"), ()) == "dev"


def test_one_tool_among_many_says_nothing() -> None:
    graph = tools("create_entities", "add_observations", "read_graph", "search_nodes", "backup_database")

    assert infer_queue(ServerSpec(name="helper", command="helper"), ALL, graph) == "dev"


def test_each_tool_has_one_vote() -> None:
    loud = Definition(name="sql", description="sql tables and rows of a database " * 3, pin="p")
    quiet = tools("list_alerts", "get_alert", "silence_alert")

    assert infer_queue(ServerSpec(name="helper", command="helper"), ALL, [loud, *quiet]) == "infra"
