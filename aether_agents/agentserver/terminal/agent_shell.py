"""AgentShell: a command in a person's terminal session, with an audit entry before it and one after it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal, NamedTuple, Protocol

from pydantic import Field

from aether_agents.access.roles import require
from aether_agents.agentserver.service.identity import Person
from aether_agents.contracts import Contract
from aether_agents.errors import AetherError, NotAllowed

#: Characters of a command's output that are given back, and kept in the audit entry; its end says its result.
OUTPUT_MAX = 64_000
AUDIT_MAX = 4_000


class AgentCommand(Contract):
    """One command for a terminal session."""

    command: str = Field(min_length=1, max_length=8_000, pattern=r"^[^\x00]*$", description="What the shell is given.")
    session: str = Field(min_length=1, description="The terminal session it runs in.")
    timeout: float = Field(default=60, gt=0, le=3_600, description="Seconds it may take.")
    task_id: str | None = Field(default=None, description="The task it belongs to.")
    reason: str = Field(default="", max_length=1_000, description="Why, for whoever reads the audit.")


class CommandResult(Contract):
    """The result of a command."""

    exit_code: int | None = Field(description="Its exit code; none when it did not end in time, or its session ended.")
    output: str = Field(description="What it wrote, 64,000 characters at most: the end of it.")
    seconds: float = Field(description="How long it took.")


class AuditEntry(Contract):
    """One line of the audit: the intent before a command runs, the outcome after it."""

    at: datetime = Field(description="When, UTC.")
    phase: Literal["intent", "outcome"] = Field(description="Before the command, or after it.")
    by: str = Field(description="Who asked.")
    role: str = Field(description="In which role.")
    command: AgentCommand = Field(description="The command.")
    allowed: bool = Field(default=True, description="Whether the role may; if not, nothing ran.")
    exit_code: int | None = Field(default=None, description="Its exit code.")
    seconds: float = Field(default=0.0, description="How long it took.")
    output_digest: str = Field(default="", description="SHA-256 of all it wrote.")
    output_end: str = Field(default="", description="The end of what it wrote.")
    refused: str = Field(default="", description="Why nothing was typed, where the session took no command.")
    salt: str = Field(default="", description="Chosen by chance: of the digest that the audit record has of this line.")


class Ran(NamedTuple):
    """What a terminal says of a command."""

    exit_code: int | None
    output: str


class Terminal(Protocol):
    """The terminal sessions of a host, as AgentShell needs them: one method."""

    async def run(self, session: str, command: str, within: float) -> Ran:
        """Write a command into a session, and give back exit code (none if not ended `within` seconds) and output."""


#: Where audit entries go; called before the command runs, so that what cannot be recorded does not run.
Record = Callable[[AuditEntry], None]


#: The name of the person whose a terminal session is; none where nobody knows.
OwnerOf = Callable[[str], str | None]


class AgentShell:
    """Runs commands for people who may submit tasks, in sessions of their own. Each is recorded twice, a refused one
    once.
    """

    def __init__(self, terminal: Terminal, record: Record, owner_of: OwnerOf = lambda _: None) -> None:
        """`owner_of` says whose a session is; of a session that is nobody's, or unknown, nothing is written into."""
        self._terminal = terminal
        self._record = record
        self._owner_of = owner_of

    async def execute(self, command: AgentCommand, person: Person) -> CommandResult:
        """Run one command in its session.

        Raises:
            NotAllowed: the role may not, or the session is not this person's; that is recorded too.
            TerminalBusy: the session is not at its prompt: nothing was run, and that is recorded.
            OSError: the audit entry could not be written: nothing was run.
        """
        intent = AuditEntry(at=datetime.now(UTC), phase="intent", by=person.name, role=person.role, command=command)
        try:
            require(person.role, "submit")
            self._require_own(command.session, person)
        except NotAllowed:
            await asyncio.to_thread(self._record, intent.model_copy(update={"allowed": False}))
            raise
        await asyncio.to_thread(self._record, intent)
        began = time.monotonic()
        ran, refused = Ran(None, ""), ""
        try:
            ran = await self._terminal.run(command.session, command.command, command.timeout)
        except AetherError as error:
            refused = str(error)
            raise
        finally:
            seconds = round(time.monotonic() - began, 3)
            outcome = intent.model_copy(
                update={
                    "at": datetime.now(UTC),
                    "phase": "outcome",
                    "exit_code": ran.exit_code,
                    "seconds": seconds,
                    "output_digest": sha256(ran.output.encode()).hexdigest(),
                    "output_end": ran.output[-AUDIT_MAX:],
                    "refused": refused,
                }
            )
            await asyncio.shield(asyncio.to_thread(self._record, outcome))
        return CommandResult(exit_code=ran.exit_code, output=ran.output[-OUTPUT_MAX:], seconds=seconds)

    def _require_own(self, session: str, person: Person) -> None:
        if not person.name or self._owner_of(session) != person.name:
            raise NotAllowed(
                f"the session `{session}` is not known to be {person.name}'s: a command is written only into sessions "
                "of the person who asks (AgentShell's `owner_of` says whose they are)"
            )
