"""AgentServer: the way into the tasks for a terminal server in the browser.

    handle = register(sio, settings, get_role=..., get_user=...)   # on any socketio.AsyncServer
    agent = AgentProcess("Security audit of this repository", context, user)
    async for update in agent.execute(): ...

`aether-agent serve` runs the same by itself, with a JSON API and a page. Neither imports `mcp` nor FastAPI, and
this package does not import python-socketio either: it is given a server.
"""

from aether_agents.agentserver.service.agent_process import AgentProcess
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.sockets.control_line import Line, SessionTasks
from aether_agents.agentserver.sockets.control_server import ControlServer
from aether_agents.agentserver.sockets.handlers import Handle, Server, register
from aether_agents.agentserver.terminal.agent_shell import AgentCommand, AgentShell, CommandResult, Ran, Terminal
from aether_agents.agentserver.terminal.audit_file import AuditFile
from aether_agents.agentserver.terminal.history_terminal import HistoryTerminal

__all__ = [
    "AgentCommand",
    "AgentProcess",
    "AgentShell",
    "AuditFile",
    "CommandResult",
    "ControlServer",
    "Handle",
    "HistoryTerminal",
    "Line",
    "Person",
    "Ran",
    "Server",
    "SessionTasks",
    "Terminal",
    "register",
]
