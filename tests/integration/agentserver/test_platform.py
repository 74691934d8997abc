"""AetherTerm's own import paths and usage, as its design document has them; each leads to ours."""

import asyncio
import importlib
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import socketio

from aether_agents.agentserver import Person
from aether_agents.agentserver.platform import enhanced, registration
from aether_agents.agentserver.service.service import Service, common_service
from aether_agents.errors import InvalidSettings, NotAllowed
from aether_agents.settings.model import AgentServerSettings
from tests.conftest import eventually
from tests.integration.agentserver.terminal import PtySession
from tests.integration.execution.lab import Lab


def run(lab: Lab, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """What the host does, with the service that `register` left."""

    async def bounded() -> None:
        service = common_service(Service(lab.settings))
        try:
            await asyncio.wait_for(scenario(), 60)
        finally:
            await service.close()

    asyncio.run(bounded())


def test_every_path_of_the_document_leads_to_ours() -> None:
    orchestrator = importlib.import_module("aetherterm.agents.orchestrator")
    servers = importlib.import_module("aetherterm.agents.mcp_integration")
    shell = importlib.import_module("aetherterm.agents.agent_shell")
    control = importlib.import_module("aetherterm.agents.control_server")
    process = importlib.import_module("aetherterm.agents.agent_process")
    assert orchestrator.AgentOrchestrator.__module__ == "aether_agents.orchestrator.orchestrator"
    assert servers.TaskRouter is orchestrator.TaskRouter
    assert shell.EnhancedAgentShell is orchestrator.EnhancedAgentShell
    assert control.EnhancedControlServer is orchestrator.EnhancedControlServer
    assert process.AgentProcess is orchestrator.AgentProcess


def test_the_shim_holds_no_logic_and_no_file_of_the_platform() -> None:
    folder = Path(importlib.import_module("aetherterm.agents.orchestrator").__file__ or "").parent
    assert not (folder / "__init__.py").exists()
    assert not (folder.parent / "__init__.py").exists()
    assert [one.name for one in folder.parent.iterdir() if one.name != "__pycache__"] == ["agents"]
    for file in folder.glob("*.py"):
        assert not {"def ", "class ", "if "} & set(file.read_text().replace("(", " ").split("\n")), file


HOOK = """
import sys, types
sys.modules["aetherterm.agentserver"] = package = types.ModuleType("aetherterm.agentserver")
package.__path__ = []
from aetherterm.agents.agent_process import install_hook
install_hook()
from aetherterm.agentserver.agent_process import AgentProcess
print(AgentProcess.__module__)
"""


def test_the_platforms_own_path_of_agent_process_is_led_by_a_hook() -> None:
    done = subprocess.run([sys.executable, "-c", HOOK], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "aether_agents.agentserver.service.agent_process"


def test_servers_are_discovered_and_chosen(lab: Lab) -> None:
    from aetherterm.agents.mcp_integration import MCPServerRegistry, TaskRouter
    from aetherterm.agents.orchestrator import HighLevelTask

    async def scenario() -> None:
        ready = TaskRouter(user="ann")  # a task waits until the servers are listed
        await ready.route_task(HighLevelTask.from_dict({"task": "Say hello", "type": "say_hello"}))
        registry = MCPServerRegistry()
        found = await registry.discover_servers()
        assert "dev-echo" in found
        assert registry.servers.keys() == found.keys()
        assert "echo" in registry.capabilities["dev-echo"]
        assert "dev-echo" in await registry.get_suitable_servers({"required_tools": ["dev-echo/echo"]})
        assert await registry.get_suitable_servers(["no-such-tool"]) == {}

    run(lab, scenario)


def test_a_task_is_routed(lab: Lab) -> None:
    from aetherterm.agents.mcp_integration import TaskRouter
    from aetherterm.agents.orchestrator import HighLevelTask

    async def scenario() -> None:
        task = HighLevelTask.from_dict({"task": "Say hello", "type": "say_hello"})
        assert (await TaskRouter(user="ann").route_task(task))["result"] == {"said": "hello"}
        nobody = await TaskRouter().route_task(HighLevelTask.from_dict({"task": "Say hello"}))
        assert (nobody["status"], nobody["code"]) == ("failed", "not_allowed")

    run(lab, scenario)


def test_an_agent_works_in_the_background_of_a_handler(lab: Lab) -> None:
    from aetherterm.agents.agent_process import AgentProcess

    async def scenario() -> None:
        sent: list[tuple[str, str]] = []

        async def emit_to_frontend(event: str, status: dict[str, Any]) -> None:
            sent.append((event, status["status"]))

        agent = AgentProcess(
            task="Say hello to the world",
            context=SimpleNamespace(session="s1", path=str(lab.folder), user=None),
            user=SimpleNamespace(name="ann"),
        )
        async for status in agent.execute():
            await emit_to_frontend("agent_status", status)
        assert sent[0] == ("agent_status", "pending")
        assert sent[-1] == ("agent_status", "completed")

    run(lab, scenario)


def test_the_control_server_monitors_and_acts_only_in_a_name(lab: Lab) -> None:
    from aetherterm.agents.control_server import EnhancedControlServer

    async def scenario() -> None:
        report = await EnhancedControlServer().monitor_agent_operations()
        assert {"resources", "priorities", "reports"} <= report.keys()
        with pytest.raises(NotAllowed):
            await EnhancedControlServer().emergency_block()

    run(lab, scenario)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The two modules of AetherTerm that are asked, as they are when it runs in this process."""
    session = PtySession("/bin/bash", "--norc", "-i")
    terminal = SimpleNamespace(sessions={"s1": session}, session_owners={"s1": {"remote_user": "ann"}})
    roles: dict[str, str] = {}
    for name, said in (
        (enhanced.TERMINALS[0], {"AsyncioTerminal": terminal}),
        (
            registration.WORKSPACES[0],
            {"get_global_workspace_service": lambda: SimpleNamespace(get_user_role=roles.get)},
        ),
    ):
        module = ModuleType(name)
        vars(module).update(said)
        monkeypatch.setitem(sys.modules, name, module)
    eventually(lambda: session.history != "", 10, "a prompt")
    yield SimpleNamespace(roles=roles)
    session.end()


def test_a_command_of_an_agent_runs_in_a_session_of_the_platform(lab: Lab, platform: SimpleNamespace) -> None:
    from aetherterm.agents.agent_shell import AgentCommand, EnhancedAgentShell

    async def scenario() -> None:
        command = AgentCommand(command="echo from the agent", session="s1")
        shell = EnhancedAgentShell(user=Person("ann", "User"))
        assert (await shell.execute_agent_command(command)).output == "from the agent"
        with pytest.raises(NotAllowed, match="not known to be"):
            await shell.execute_agent_command(command, Person("bob", "User"))
        with pytest.raises(NotAllowed, match="in whose name"):
            await EnhancedAgentShell().execute_agent_command(command)

    run(lab, scenario)
    assert "from the agent" in (lab.settings.home / "audit" / "shell.jsonl").read_text()


def environ(*headers: tuple[str, str], peer: str = "127.0.0.1") -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return {"asgi.scope": {"client": (peer, 1), "headers": raw}}


@pytest.mark.parametrize(
    ("headers", "proxy_only", "workspace", "expected"),
    [
        ((), False, "", ("client s", "User")),
        ((("X-REMOTE-USER", "ann"), ("X-Auth-Roles", "Owner")), False, "User", ("client s", "User")),
        ((("X-REMOTE-USER", "ann"), ("X-Auth-Roles", "Supervisor,User")), True, "User", ("ann", "Supervisor")),
        ((("X-REMOTE-USER", "ann"),), True, "User", ("ann", "User")),
        ((("X-REMOTE-USER", "ann"), ("X-User-Roles", "Owner")), True, "Viewer", ("ann", "Viewer")),
        ((("X-Roles", "Viewer"),), False, "", ("client s", "Viewer")),
        ((("X-REMOTE-USER", "ann"), ("X-REMOTE-USER", "bob")), True, "User", ("client s", "User")),
    ],
)
def test_roles_and_users_are_the_platforms(
    lab: Lab, platform: SimpleNamespace, headers: Any, proxy_only: bool, workspace: str, expected: tuple[str, str]
) -> None:
    class Told(socketio.AsyncServer):
        def get_environ(self, sid: str, namespace: str | None = None) -> Any:
            return environ(*headers)

    async def scenario() -> None:
        sio = Told(async_mode="asgi")
        app = SimpleNamespace(engineio_server=sio)
        platform.roles["s"] = workspace
        handle = registration.register_aetherterm(app, lab.settings, proxy_only=proxy_only)
        assert "agent_execute_task" in sio.handlers["/"]
        seen = await handle.identities.of("s")
        assert tuple(seen) == expected
        await handle.close()

    run(lab, scenario)


def test_an_application_without_socket_io_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="create_asgi_app"):
        registration.register_aetherterm(SimpleNamespace())


def test_a_configured_proxy_counts_only_when_it_proves_itself(lab: Lab) -> None:
    settings = lab.settings.model_copy(update={"agentserver": AgentServerSettings(proxies=("127.0.0.1",))})
    seen = registration._seen(settings, environ(("X-Remote-User", "ann"), ("X-Auth-Roles", "Owner")), proxy_only=False)
    assert seen == ("", "User")
