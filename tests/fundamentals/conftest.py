"""A running stack, the orchestrator to it, and one small MCP server of ours, `echo`, in the user's own `mcp.json`."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Event, HighLevelTask, InputSpec, Template
from aether_agents.local import Stack
from aether_agents.orchestrator.orchestrator import Orchestrator, connect
from aether_agents.settings.loader import load_settings

ECHO = Path(__file__).parents[1] / "servers" / "echo.py"

#: Runs a task and gives back all that happened to it.
Run = Callable[[HighLevelTask], list[Event]]


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The caller's folder."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="package")
def orchestrator(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[Orchestrator]:
    """The orchestrator to an embedded stack that ends with the tests."""
    home = tmp_path_factory.mktemp("home")
    table: dict[str, Any] = {
        name: {"risk": "read", "repeatable": True} for name in ("echo", "wait", "fail", "list_notes")
    }
    table["write_note"] = {"risk": "write"}
    stranger = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev"}  # nobody has looked at its tools
    shelf: dict[str, Any] = {name: {"risk": "read", "repeatable": True} for name in ("plan", "look")}
    shelf["put_back"] = {"risk": "write"}
    shelf["put"] = {"risk": "destructive", "items": {"create": "write", "change": "write"}}
    servers = {
        "echo": {**stranger, "table": table},
        "stranger": stranger,
        "shelf": {**stranger, "args": [str(ECHO.with_name("shelf.py"))], "table": shelf},
    }
    (home / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    settings = load_settings(project, environ={"AETHER_HOME": str(home)})
    stack = Stack(settings)
    with stack.join_or_start(), connect(stack.settings()) as orchestrator:
        yield orchestrator


@pytest.fixture
def run(orchestrator: Orchestrator) -> Run:
    """Submit a task and follow it to its end."""

    def to_its_end(task: HighLevelTask) -> list[Event]:
        return list(orchestrator.follow(orchestrator.submit(task)))

    return to_its_end


def task_of(
    *subtasks: dict[str, Any],
    outputs: dict[str, Any] | None = None,
    declared: dict[str, InputSpec] | None = None,
    **options: Any,
) -> HighLevelTask:
    """A task that runs exactly this small plan, as from a plan file."""
    plan = {"name": "lesson", "description": "A lesson", "subtasks": subtasks}
    document = Template.model_validate({**plan, "inputs": declared or {}, "outputs": outputs or {}})
    return HighLevelTask(description="A lesson", document=document, **options)
