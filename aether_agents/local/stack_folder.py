"""StackFolder: where the embedded stack keeps its things, `<AETHER_HOME>/stack/`, for its owner alone.

lock            held by the supervisor as long as it lives
control.sock    where commands reach the supervisor
state.json      its processes, with the time each was born
sealing.key     the key that seals documents, made once
valkey/         the server's data, log and socket
logs/           what supervisor, worker, beat and Flower say
"""

import os
from pathlib import Path

from aether_agents.errors import StackError
from aether_agents.process.private_folder import make_private


class StackFolder:
    """The layout of one stack's folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "stack"
        self.lock = self.root / "lock"
        self.control = self.root / "control.sock"
        self.state = self.root / "state.json"
        self.key = self.root / "sealing.key"
        self.scheduled = self.root / "scheduled"  # there while schedules that people added are in the store
        self.valkey = self.root / "valkey"
        self.logs = {
            "supervisor": self.root / "logs" / "supervisor.log",
            "valkey": self.valkey / "valkey.log",
            **{name: self.root / "logs" / f"{name}.log" for name in ("worker", "beat", "flower")},
        }

    def note_schedules(self, *, there: bool) -> None:
        """Say whether the store holds schedules that people added."""
        if there:
            self.scheduled.touch(mode=0o600)
        else:
            self.scheduled.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make it, closed to everybody else.

        Raises:
            StackError: it cannot be written; the error says what to set.
        """
        try:
            for folder in (self.home, self.root, self.root / "logs"):
                make_private(folder)
            self.lock.touch(mode=0o600)
        except OSError as error:
            raise StackError(
                f"{self.root} cannot be written ({error.strerror}): set AETHER_HOME to a folder of your own"
            ) from None
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise StackError(f"{self.root} cannot be written: set AETHER_HOME to a folder of your own")
