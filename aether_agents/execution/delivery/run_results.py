"""Results of runs: each in a word, and whether and when a call that failed is made again."""

from aether_agents.contracts import Intervention, Outcome, PlannedSubtask
from aether_agents.execution.delivery.fan_out import Items


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


def word_of(result: Outcome | Intervention | Items) -> str:
    """The result of a run, for the log."""
    if isinstance(result, Outcome):
        return result.status if result.error_kind is None else f"{result.status} ({result.error_kind})"
    return "waits for a person" if isinstance(result, Intervention) else f"fans out to {len(result.children)}"
