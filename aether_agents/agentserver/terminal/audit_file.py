"""AuditFile: audit entries as JSON lines in a file of the owner's alone; ShellRecord: the record knows each line."""

import os
import secrets
from hashlib import sha256
from pathlib import Path

from aether_agents.agentserver.terminal.agent_shell import AuditEntry
from aether_agents.process.local_journal import note_locally


class AuditFile:
    """Appends one line per entry, and has it on disk before it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, entry: AuditEntry) -> None:
        """Write one entry.

        Raises:
            OSError: it cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = entry.model_dump_json().encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
            os.fsync(file)
        finally:
            os.close(file)


class ShellRecord:
    """What was typed and written goes to `audit/shell.jsonl`; who, where and when to the audit record too, bound to it.

    The record holds no commands. It has the digest of each line of the file: a line that is edited, or gone, is seen.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file = AuditFile(home / "audit" / "shell.jsonl")

    def __call__(self, entry: AuditEntry) -> None:
        """Write one entry.

        Raises:
            OSError: it cannot be written.
        """
        salted = entry.model_copy(update={"salt": secrets.token_hex(16)})  # a short command is not found by trying
        self._file(salted)
        note_locally(
            self._home,
            f"shell.{entry.phase}",
            by=entry.by,
            role=entry.role,
            session=entry.command.session,
            status="" if entry.allowed else "refused",
            exit=entry.exit_code,
            ms=int(entry.seconds * 1000),
            line=line_digest(salted),
        )


def line_digest(entry: AuditEntry) -> str:
    """What the audit record has of a line of `audit/shell.jsonl`."""
    return f"sha256:{sha256(entry.model_dump_json().encode()).hexdigest()}"
