"""Reporting: how far a run is, told to the store now and then."""

import logging
import time

from aether_agents.access.secrets import Secrets
from aether_agents.execution.calls.tool_call import Progress
from aether_agents.execution.delivery.leases import Lease
from aether_agents.store import Store

log = logging.getLogger(__name__)

#: Seconds between two reports of progress of one subtask.
PROGRESS_EVERY = 0.5


def reporter(store: Store, lease: Lease, secrets: Secrets) -> Progress:
    """What a run tells of its progress goes to the store, every secret redacted. Whatever fails, the run goes on."""
    reported = float("-inf")

    def report(fraction: float | None, message: str) -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported < PROGRESS_EVERY:
            return
        reported = now
        try:
            store.tasks.progress(*lease, fraction, secrets.redact_text(message))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a report, the call goes on
            log.debug("progress not reported: %s", error)

    return report
