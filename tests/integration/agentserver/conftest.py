"""Fixtures: a worker with a few templates, shared by all, and AgentServers in front of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from aether_agents.agentserver.service import event_fanout
from aether_agents.contracts import Template
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import Settings
from tests.integration.agentserver.away import Away
from tests.integration.agentserver.host import Host, hosted
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

TEMPLATES: dict[str, dict[str, Any]] = {
    "say_hello": {
        "description": "Say hello to the world",
        "inputs": {"word": {"default": "hello"}},
        "subtasks": [{"id": "say", "tool": "dev-echo/echo", "args": {"message": "${inputs.word}"}}],
        "outputs": {"said": "${subtasks.say.output.message}"},
    },
    "say_with_consent": {
        "description": "Speak after somebody has agreed",
        "subtasks": [{"id": "say", "tool": "dev-echo/echo", "args": {"message": "yes"}, "approval": "required"}],
        "outputs": {"said": "${subtasks.say.output.message}"},
    },
    "stand_at_a_gate": {
        "description": "Stand at a gate until it opens",
        "inputs": {"gate": {"required": True}},
        "subtasks": [
            {"id": "stand", "tool": "dev-echo/gate", "args": {"path": "${inputs.gate}"}},
            {"id": "go", "tool": "dev-echo/echo", "args": {"message": "through"}, "needs": ["stand"]},
        ],
        "outputs": {"said": "${subtasks.go.output.message}"},
    },
    "say_much": {
        "description": "Say many words, once the gate is open",
        "inputs": {"gate": {"required": True}, "items": {"type": "array", "required": True}},
        "subtasks": [
            {
                "id": "say",
                "tool": "dev-echo/echo",
                "for_each": "${inputs.items}",
                "args": {"message": "word ${item}"},
                "needs": ["stand"],
            },
            {"id": "stand", "tool": "dev-echo/gate", "args": {"path": "${inputs.gate}"}},
        ],
        "outputs": {"first": "${subtasks.say.output[0].message}"},
    },
    "idle_for_long": {
        "description": "Idle for very long",
        "inputs": {"seconds": {"type": "number", "default": 60}},
        "subtasks": [{"id": "idle", "tool": "dev-echo/wait", "args": {"seconds": "${inputs.seconds}"}}],
    },
    "say_and_list": {
        "description": "Say something, then list the notes of a folder",
        "inputs": {"folder": {"required": True}},
        "subtasks": [
            {"id": "say", "tool": "dev-echo/echo", "args": {"message": "first"}},
            {"id": "list", "tool": "dev-echo/list_notes", "args": {"folder": "${inputs.folder}"}, "needs": ["say"]},
        ],
        "outputs": {"count": "${subtasks.list.output.count}"},
    },
    "list_the_notes": {
        "description": "List the notes of a folder",
        "inputs": {"folder": {"format": "path", "required": True, "prompt": "Which folder?"}},
        "subtasks": [{"id": "list", "tool": "dev-echo/list_notes", "args": {"folder": "${inputs.folder}"}}],
        "outputs": {"count": "${subtasks.list.output.count}"},
    },
}

#: Starts an AgentServer with these changes to `agent_process`.
Serve = Callable[..., Host]


@pytest.fixture(scope="package")
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One worker for all queues. Tests that share it use task ids of their own."""
    folder = tmp_path_factory.mktemp("agentserver")
    templates = tuple(
        Template.model_validate({"name": name, "specialist": "dev", **body}) for name, body in TEMPLATES.items()
    )
    settings = quick(valkey, sealing_key, folder).model_copy(update={"task_templates": {"development": templates}})
    settings = with_process(settings, max_background_tasks=100, ui_update_interval=0.05)
    yield from laboratory(settings, folder, with_worker=True)


@pytest.fixture(scope="package")
def host(lab: Lab) -> Iterator[Host]:
    """A Socket.IO server with AgentServer on it, as AetherTerm has one."""
    with hosted(lab.settings) as running:
        yield running


@pytest.fixture
def away(sealing_key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(event_fanout, "TIMEOUT", 0.3)
    server = ValkeyServer(tmp_path / "valkey").start()
    try:
        yield Away(server, quick(server, sealing_key, tmp_path))
    finally:
        server.stop()


@pytest.fixture
def serve(lab: Lab) -> Iterator[Serve]:
    """Further ones, with settings of their own, which end with the test."""
    with ExitStack() as stack:
        yield lambda **process: stack.enter_context(hosted(with_process(lab.settings, **process)))


@contextmanager
def gate(folder: Path) -> Iterator[Path]:
    """A gate that opens when it is touched, and at the end of the test in any case."""
    path = folder / "gate"
    try:
        yield path
    finally:
        path.touch()


def with_process(settings: Settings, **changes: Any) -> Settings:
    """The settings with other `agent_process` ones."""
    system = settings.agent_system
    process = system.agent_process.model_copy(update=changes)
    return settings.model_copy(update={"agent_system": system.model_copy(update={"agent_process": process})})
