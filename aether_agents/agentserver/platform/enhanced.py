"""EnhancedAgentShell and EnhancedControlServer: AgentShell and ControlServer by the names of AetherTerm's design."""

import sys
from collections.abc import Mapping
from typing import Any

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service, common_service
from aether_agents.agentserver.sockets.control_server import ControlServer
from aether_agents.agentserver.terminal.agent_shell import AgentCommand, AgentShell, CommandResult, OwnerOf, Record
from aether_agents.agentserver.terminal.audit_file import ShellRecord
from aether_agents.agentserver.terminal.history_terminal import HistoryTerminal, Session
from aether_agents.errors import NotAllowed

#: Who only looks: the platform's own monitoring.
MONITOR = Person("controlserver", "Auditor")

#: Where AetherTerm has its terminals, in its two layouts.
TERMINALS = (
    "aetherterm.agentserver.domain.entities.terminals.asyncio_terminal",
    "aetherterm.agentserver.terminals.asyncio_terminal",
)


class EnhancedAgentShell:
    """Commands in AetherTerm's terminal sessions, each recorded before it runs and after it."""

    def __init__(
        self,
        user: Person | None = None,
        *,
        sessions: Mapping[str, Session] | None = None,
        owner_of: OwnerOf | None = None,
        record: Record | None = None,
    ) -> None:
        """Args:
        user: in whose name commands run; `execute_agent_command` may be told another.
        sessions: the terminals by id. Without them those of the AetherTerm that runs in this process.
        owner_of: whose a session is; without it as that AetherTerm has noted.
        record: takes audit entries; without it they go to `audit/shell.jsonl` in AETHER_HOME, and to the audit record
            without what was typed.
        """
        terminals = host_terminals()
        self._user = user
        known = sessions if sessions is not None else getattr(terminals, "sessions", {})
        record = record or ShellRecord(common_service().settings.home)
        self._shell = AgentShell(HistoryTerminal(known), record, owner_of or host_owner)

    async def execute_agent_command(self, command: AgentCommand, user: Person | None = None) -> CommandResult:
        """Run a command in its session.

        Raises:
            NotAllowed: nobody is said to ask, his role may not, or the session is not his.
            TaskNotFound: there is no such session.
            TerminalBusy: it is not at its prompt.
        """
        person = user or self._user
        if person is None:
            raise NotAllowed("say in whose name: `EnhancedAgentShell(user=Person(name, role))`")
        return await self._shell.execute(command, person)


class EnhancedControlServer(ControlServer):
    """ControlServer, which anybody in this process may make to look; to act, it is told in whose name."""

    def __init__(self, user: Person = MONITOR, *, service: Service | None = None) -> None:
        super().__init__(service or common_service(), user)


def host_terminals() -> Any:
    """The class that holds the sessions of the AetherTerm in this process; none where there is none."""
    found = (getattr(sys.modules.get(name), "AsyncioTerminal", None) for name in TERMINALS)
    return next((one for one in found if one is not None), None)


def host_owner(session: str) -> str | None:
    """Whose a session of that AetherTerm is: who its proxy said he is, else the user its shell runs as."""
    said = getattr(host_terminals(), "session_owners", {}).get(session) or {}
    return said.get("remote_user") or said.get("user_name")
