"""MCP serving: `aether-agent mcp serve`, for editors and assistants."""

import json
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.errors import InvalidSettings
from aether_agents.process.installation import install_command
from aether_agents.settings.model import AgentServerSettings

#: What it stands on, beside the base install; over HTTP these too.
NEEDED = ("mcp",)
NEEDED_HTTP = ("mcp", "starlette", "uvicorn", "socketio")

#: The port over HTTP, unless another is said.
PORT = 57_581

#: The name under which an editor lists us.
NAME = "aether-agents"

#: The file in AETHER_HOME with the token.
TOKEN_FILE = "mcp.token"  # noqa: S105 - its name


def serve_mcp(
    session: Session, *, http: bool, host: str | None, port: int | None, token_file: Path | None, show: bool
) -> int:
    """Serve until the client, or somebody, ends it; with `show`, print what an editor's configuration needs instead.

    Raises:
        InvalidSettings: something is not installed, the token cannot be read, or the port is taken.
        StackError: the embedded stack cannot be started.
    """
    place = AgentServerSettings(host=host or "127.0.0.1", port=PORT if port is None else port)
    if show:
        session.output.json(_http_lines(f"http://{place.host}:{place.port}/mcp") if http else _stdio_lines())
        return COMPLETED
    if missing := [name for name in (NEEDED_HTTP if http else NEEDED) if find_spec(name) is None]:
        raise InvalidSettings(f"`mcp serve` needs {', '.join(missing)}: `{install_command('local,serve')}`")
    if http:
        return _serve_http(session, place, token_file)
    from aether_agents.mcp_server.launch import serve_stdio  # noqa: PLC0415 - only who has it installed can load it

    if sys.stdin.isatty():
        session.output.say("an editor starts this command itself; its configuration has these lines (Ctrl-C ends):")
        session.output.say(json.dumps(_stdio_lines(), indent=2))
    with session.reaching() as settings:
        serve_stdio(settings)
    return COMPLETED


def _serve_http(session: Session, place: AgentServerSettings, token_file: Path | None) -> int:
    from aether_agents.agentserver.web.token import token_in  # noqa: PLC0415 - as above
    from aether_agents.mcp_server.launch import serve_http  # noqa: PLC0415 - as above

    with session.reaching() as settings:
        where = token_file.absolute() if token_file else settings.home / TOKEN_FILE
        token = token_in(where, make=token_file is None)

        def say(url: str) -> None:
            session.output.json(_http_lines(url))
            session.output.hint(f"AETHER_MCP_TOKEN is what {where} holds; Ctrl-C ends it")

        serve_http(settings, place, token, say)
    return COMPLETED


def _stdio_lines() -> dict[str, Any]:
    """How an editor starts us: with the whole path, since it seldom has our PATH."""
    found = shutil.which(sys.argv[0]) or shutil.which("aether-agent")
    command = str(Path(found).absolute()) if found else "aether-agent"
    home = {"env": {"AETHER_HOME": os.environ["AETHER_HOME"]}} if os.environ.get("AETHER_HOME") else {}
    return {"mcpServers": {NAME: {"command": command, "args": ["mcp", "serve"], **home}}}


def _http_lines(url: str) -> dict[str, Any]:
    headers = {"Authorization": "Bearer ${AETHER_MCP_TOKEN}"}
    return {"mcpServers": {NAME: {"type": "http", "url": url, "headers": headers}}}
