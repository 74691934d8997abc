"""AuditFile: audit entries as JSON lines in a file of the owner's alone."""

import os
from pathlib import Path

from aether_agents.agentserver.terminal.agent_shell import AuditEntry


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
