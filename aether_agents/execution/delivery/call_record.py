"""CallRecord: each call of a tool in the audit record, the intent before it and the outcome after it.

The intent of a call that is not safe to repeat is in the store before the call is made. Of any other it goes there with
the next word to the store, at the latest with the next heartbeat.
"""

import time
from typing import NamedTuple, Protocol

from aether_agents.contracts import Json
from aether_agents.execution.delivery.leases import Lease


class Audit(Protocol):
    """The audit record, as calls are told to it."""

    def note(self, kind: str, **fields: Json) -> None:
        """Say something."""

    def digest(self, value: Json) -> str:
        """A digest of a value that only who has the key can make."""

    def write(self) -> None:
        """Have what was said in the store."""


class Intent(NamedTuple):
    """A call that is about to be made."""

    lease: Lease
    tool: str
    pin: str
    risk: str
    rule: str  #: why it is allowed
    args: Json  #: as people may see them
    repeatable: bool


class CallRecord:
    """Tells the calls of one process. Without a record it tells nobody."""

    def __init__(self, audit: Audit | None = None) -> None:
        self._audit = audit

    def before(self, intent: Intent) -> float:
        """Say that a call is about to be made; when it begins.

        Raises:
            StoreUnavailable: it is not safe to repeat, and the store did not take the intent.
        """
        if self._audit is not None:
            self._audit.note(
                "call",
                task=intent.lease.task_id,
                subtask=intent.lease.subtask_id,
                run=intent.lease.token,
                tool=intent.tool,
                pin=intent.pin,
                risk=intent.risk,
                rule=intent.rule,
                args=self._audit.digest(intent.args),
            )
            if not intent.repeatable:
                self._audit.write()
        return time.monotonic()

    def after(self, intent: Intent, result: str, began: float) -> None:
        """Say what became of it."""
        if self._audit is not None:
            took = int((time.monotonic() - began) * 1000)
            self._audit.note(
                "call.ended",
                task=intent.lease.task_id,
                subtask=intent.lease.subtask_id,
                run=intent.lease.token,
                tool=intent.tool,
                result=result,
                ms=took,
            )

    def refused(self, lease: Lease, tool: str, rule: str) -> None:
        """Say that a call was not made, for policy forbids it."""
        if self._audit is not None:
            self._audit.note("call.refused", task=lease.task_id, subtask=lease.subtask_id, tool=tool, rule=rule)
