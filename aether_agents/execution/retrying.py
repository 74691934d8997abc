"""Retrying: whether a failed call is made again, and when."""

from aether_agents.contracts import Outcome, PlannedSubtask


def retry_in(subtask: PlannedSubtask, outcome: Outcome, attempts: int) -> float | None:
    """Seconds until a failed call is made again; None if it is not.

    A tool that is not safe to repeat is only tried again if its request was certainly never sent.
    """
    retry = subtask.retry
    if not outcome.failed or not retry.takes(outcome.error_kind) or attempts >= subtask.max_attempts:
        return None
    if outcome.sent and not subtask.repeatable:
        return None
    return float(min(retry.delay * retry.backoff ** (attempts - 1), retry.max_delay))
