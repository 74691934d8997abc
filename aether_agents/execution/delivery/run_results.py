"""Results of runs: each in a word, and whether and when a call that failed is made again."""

import json
import random

from aether_agents.access.secrets import Secrets
from aether_agents.contracts import ErrorKind, Intervention, Outcome, PlannedSubtask
from aether_agents.execution.delivery.fan_out import Items
from aether_agents.mcp_host import CallResult

#: Bytes of JSON that one outcome may have: it is sealed, stored, and handed to what refers to it.
MOST_OUTPUT = 1024 * 1024

#: Part of a delay by which a call may be made sooner: what failed together does not come back together.
JITTER = 0.25

_CANCELLED = "cancelled while it ran"
_LINGERS = f"{_CANCELLED}; its server has not said that it stopped: it may still be running"


def retry_in(subtask: PlannedSubtask, outcome: Outcome, attempts: int) -> float | None:
    """Seconds until a failed call is made again; None if it is not.

    A tool that is not safe to repeat is only tried again if its request was certainly never sent.
    """
    retry = subtask.retry
    if not outcome.failed or not retry.takes(outcome.error_kind) or attempts >= subtask.max_attempts:
        return None
    if outcome.sent and not subtask.repeatable:
        return None
    longest = min(retry.delay * retry.backoff ** (attempts - 1), retry.max_delay)
    return float(longest * (1 - JITTER * random.random()))  # noqa: S311 - no secret


def word_of(result: Outcome | Intervention | Items) -> str:
    """The result of a run, for the log."""
    if isinstance(result, Outcome):
        return result.status if result.error_kind is None else f"{result.status} ({result.error_kind})"
    return "waits for a person" if isinstance(result, Intervention) else f"fans out to {len(result.children)}"


def failed(kind: ErrorKind, error: str, *, sent: bool = True) -> Outcome:
    """The outcome of something that went wrong."""
    return Outcome(status="failed", error=error, error_kind=kind, sent=sent)


def unanswered(subtask: PlannedSubtask, silence: int) -> Outcome:
    """The outcome of a call that is not made: its server is silent, and this waited for it as long as a call may."""
    server = (subtask.tool or "").partition("/")[0]
    return failed(
        "transport",
        f"not called: the server `{server}` did not answer {silence} calls in a row, and this one has waited for it. "
        f"`aether-agent servers test {server}` says how it is; when it answers, `aether-agent retry ID` goes on",
        sent=False,
    )


def bounded(outcome: Outcome, what: str, most: int = MOST_OUTPUT) -> Outcome:
    """The same outcome, unless its output is too large to be kept: then a failure that says what to do."""
    size = len(json.dumps(outcome.output, ensure_ascii=False).encode())
    if size <= most:
        return outcome
    return failed(
        "tool_error",
        f"{what} returned {size / 2**20:.1f} MiB, more than {most / 2**20:.0f} MiB can be kept: "
        "ask it for less, or let it write a file and return the path",
    )


def redacted(result: Outcome | Intervention, secrets: Secrets) -> Outcome | Intervention:
    """A result without the secrets that its run read."""
    if isinstance(result, Intervention):
        return result.model_copy(update={"prompt": secrets.redact_text(result.prompt)})
    error = None if result.error is None else secrets.redact_text(result.error)
    return result.model_copy(update={"output": secrets.redact(result.output), "error": error})


def outcome_of(ref: str, result: CallResult) -> Outcome:
    """The outcome of a call of `server/tool`, as its server answered it."""
    if result.kind is None:
        return bounded(Outcome(status="completed", output=result.output), f"`{ref}`")
    if result.kind == "cancelled":
        return Outcome(status="cancelled", error=_LINGERS if result.lingers else _CANCELLED, sent=result.sent)
    kind: ErrorKind = "tool_error" if result.kind == "asked" else result.kind  # a tool that reads back has no say
    kind = "lost" if kind == "transport" and result.sent else kind
    outcome = failed(kind, f"`{ref}`: {result.error or result.kind}", sent=result.sent)
    return outcome.model_copy(update={"silent": result.silent}) if result.silent else outcome
