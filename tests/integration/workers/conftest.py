"""First-party servers, started once each over real MCP stdio, and all that ever came out of them."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, RequestParamsMeta, Tool

from aether_agents.mcp_host.install.folders import venv_bin
from aether_agents.mcp_host.install.installer import install
from aether_agents.mcp_host.session.call_request import GIT
from tests.integration.workers.planted import Planted, plant
from workers.data import SPECIALIST as DATA
from workers.dev import SPECIALIST as DEV
from workers.infra import SPECIALIST as INFRA
from workers.security import SPECIALIST as SECURITY

SERVERS = {server.name: server for specialist in (DATA, DEV, INFRA, SECURITY) for server in specialist.servers}


class Talk:
    """A conversation with one server."""

    def __init__(self, portal: BlockingPortal, client: Client, stderr: Path) -> None:
        self.portal = portal
        self.client = client
        self.stderr = stderr
        self.heard: list[str] = []

    def tools(self) -> dict[str, Tool]:
        """Its live tools by name."""
        return {tool.name: tool for tool in self.portal.call(self.client.list_tools).tools}

    def call(self, tool: str, **args: Any) -> dict[str, Any]:
        """The structured content of a call that succeeds."""
        result = self.send(tool, args)
        assert not result.is_error, result.content
        return dict(result.structured_content or {})

    def refusal(self, tool: str, **args: Any) -> str:
        """The error of a call that fails."""
        result = self.send(tool, args)
        assert result.is_error, result.structured_content
        (part,) = result.content
        return str(getattr(part, "text", ""))

    #: Seconds that a call may take.
    time_limit = 60.0
    #: The git identity that calls bring, as a worker sends it; None where they bring none.
    git: dict[str, Any] | None = None

    def send(self, tool: str, args: dict[str, Any], timeout: float = 0) -> CallToolResult:
        """One call, whatever comes of it; progress and answer are kept."""

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            self.heard.append(f"{progress} {total} {message}")

        async def send() -> CallToolResult:
            meta = cast("RequestParamsMeta", {GIT: self.git}) if self.git is not None else None
            return await self.client.call_tool(tool, args, timeout or self.time_limit, heard, meta=meta)

        result = self.portal.call(send)
        self.heard.append(result.model_dump_json())
        self.heard.append(json.dumps(result.structured_content, ensure_ascii=False))
        return result

    @property
    def everything(self) -> str:
        """All that ever left the server: answers, progress, and what it wrote on its standard error."""
        return "\n".join([*self.heard, self.stderr.read_text()])


@pytest.fixture(scope="package")
def portal() -> Iterator[BlockingPortal]:
    """An event loop in a thread."""
    with start_blocking_portal() as opened:
        yield opened


@contextmanager
def talk_with(
    name: str, portal: BlockingPortal, folder: Path, programs: Path | None = None, **environ: str
) -> Iterator[Talk]:
    """Start a server in a folder, with further programs first on its search path, and end it."""
    server = SERVERS[name]
    assert server.command is not None
    log = folder / f"{name}.log"
    with ExitStack() as stack:
        errors = stack.enter_context(log.open("w"))
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"} if programs else {}
        parameters = StdioServerParameters(
            command=server.command,
            args=list(server.args),
            env={**server.env, **measured, **path, **environ},
            cwd=folder,
        )
        client = Client(stdio_client(parameters, errlog=errors))
        stack.enter_context(portal.wrap_async_context_manager(client))
        yield Talk(portal, client, log)


@pytest.fixture(scope="package")
def secrets(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `secrets`."""
    with talk_with("secrets", portal, tmp_path_factory.mktemp("secrets")) as talk:
        yield talk


@pytest.fixture(scope="package")
def code(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `code`."""
    with talk_with("code", portal, tmp_path_factory.mktemp("code")) as talk:
        yield talk


@pytest.fixture(scope="package")
def quality(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `quality`."""
    with talk_with("quality", portal, tmp_path_factory.mktemp("quality")) as talk:
        yield talk


@pytest.fixture(scope="package")
def repos(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `repos`."""
    with talk_with("repos", portal, tmp_path_factory.mktemp("repos")) as talk:
        yield talk


@pytest.fixture(scope="package")
def documentation(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `documentation`."""
    with talk_with("documentation", portal, tmp_path_factory.mktemp("documentation")) as talk:
        yield talk


@pytest.fixture(scope="package")
def reports(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `reports`."""
    with talk_with("reports", portal, tmp_path_factory.mktemp("reports")) as talk:
        yield talk


@pytest.fixture(scope="package")
def host(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `host`."""
    with talk_with("host", portal, tmp_path_factory.mktemp("host")) as talk:
        yield talk


@pytest.fixture(scope="package")
def endpoints(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `endpoints`."""
    with talk_with("endpoints", portal, tmp_path_factory.mktemp("endpoints")) as talk:
        yield talk


@pytest.fixture(scope="package")
def fleet(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `fleet`, which says its tools without ansible too."""
    with talk_with("fleet", portal, tmp_path_factory.mktemp("fleet")) as talk:
        yield talk


@pytest.fixture(scope="package")
def terraform_tools(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `terraform`, which says its tools without the program too."""
    with talk_with("terraform", portal, tmp_path_factory.mktemp("terraform")) as talk:
        yield talk


@pytest.fixture(scope="package")
def tables(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `tables`."""
    with talk_with("tables", portal, tmp_path_factory.mktemp("tables")) as talk:
        yield talk


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    """A repository with one of each fault."""
    return plant(tmp_path / "planted")


@pytest.fixture
def repository(tmp_path: Path) -> Planted:
    """An empty repository."""
    return Planted(tmp_path / "repository")


@pytest.fixture(scope="package")
def dependencies(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `dependencies`."""
    with talk_with("dependencies", portal, tmp_path_factory.mktemp("dependencies")) as talk:
        yield talk


@pytest.fixture(scope="package")
def infracode(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `infracode`."""
    with talk_with("infracode", portal, tmp_path_factory.mktemp("infracode")) as talk:
        yield talk


@pytest.fixture(scope="session")
def scanners_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """checkov and zizmor, installed as `aether-agent servers install infracode` does it: once for all test processes.

    They take 600 MB and a minute: who is the last to use them removes them.
    """
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "scanners"
    with home.with_suffix(".users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        home.mkdir(exist_ok=True)
        install(SERVERS["infracode"], home)
        yield venv_bin(home, "infracode")
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(home)


@pytest.fixture(scope="package")
def scanners(
    portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory, scanners_programs: Path
) -> Iterator[Talk]:
    """The server `infracode` with its scanners."""
    with talk_with("infracode", portal, tmp_path_factory.mktemp("scanners"), programs=scanners_programs) as talk:
        talk.time_limit = 300  # checkov takes seconds to start, more on a machine with other work
        yield talk


@pytest.fixture(scope="package")
def tls(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `tls`."""
    with talk_with("tls", portal, tmp_path_factory.mktemp("tls")) as talk:
        yield talk


@pytest.fixture(scope="package")
def hardening(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `hardening`."""
    with talk_with("hardening", portal, tmp_path_factory.mktemp("hardening")) as talk:
        yield talk


@pytest.fixture(scope="package")
def findings(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `findings`."""
    with talk_with("findings", portal, tmp_path_factory.mktemp("findings")) as talk:
        yield talk


@pytest.fixture(scope="package")
def policy(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `policy`."""
    with talk_with("policy", portal, tmp_path_factory.mktemp("policy")) as talk:
        yield talk
