"""Approving: a call as a person is asked about it, and that what was approved is what is called.

The question shows the whole call where there is room for it. Where there is not, it shows how each argument begins and
ends, how long it is, and the digest of them all. Everybody who may open the task's documents finds the whole of them
there (`resolving.visible`). A yes is bound to the tool, its pin and the arguments: before the call it is compared with
what is about to be called, and anything else is asked about again.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aether_agents.access.policy import NeedsApproval
from aether_agents.access.secrets import Secrets
from aether_agents.contracts import GivenAnswer, Intervention, Json, Outcome, PlannedSubtask, Risk, asks, value_digest
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.execution.calls.references import visible
from aether_agents.planning.linked.call_digest import Portable
from aether_agents.settings.policy import PolicySettings
from aether_agents.store import APPROVE, DENY, PROMPT_MAX, binding

#: Characters of a long argument that are shown, the most first: as many as there is room for.
_EXTRACTS = (800, 400, 200, 80)
_LONG = (
    "Its arguments are {size:,} characters, too long to be shown here; `aether-agent approve TASK --list` shows them "
    "whole. They are\n{digest}, and nothing else is called:\n"
)


def still_holds(
    answer: GivenAnswer | None,
    subtask: PlannedSubtask,
    outcomes: Mapping[str, Outcome],
    write: Callable[[tuple[str, ...]], Portable],
) -> bool:
    """Whether a person said yes to this very call: this tool, as it is defined now, with these arguments.

    A yes of an earlier task counts for its time. `write` gives what writes values so that they name none of the tasks
    of its chain, nor their own.
    """
    if answer is None:
        return False
    if answer.carried is None:
        return answer.binds == _binding(subtask, outcomes)
    return in_time(answer) and given_to(answer, subtask, outcomes, write(answer.carried.chain))


def enough(answer: GivenAnswer | None, risk: Risk, policy: PolicySettings) -> bool:
    """Whether as many people said yes as policy wants for a call of that risk. To an answer to a server, one does."""
    if answer is None or answer.response != APPROVE or not asks(risk, "auto", policy.approvers_from):
        return True
    return len({answer.actor, *answer.also}) >= policy.approvers


def in_time(answer: GivenAnswer) -> bool:
    """Whether the time of a yes is not over: one of an earlier task has a bound."""
    return answer.carried is None or answer.carried.until is None or answer.carried.until >= datetime.now(UTC)


def given_to(answer: GivenAnswer, subtask: PlannedSubtask, outcomes: Mapping[str, Outcome], write: Portable) -> bool:
    """Whether an answer was given to this call, or to the same call of an earlier task."""
    try:
        if answer.binds == _binding(subtask, outcomes):
            return True
        args = visible(subtask, outcomes)
    except (InvalidPlan, ReferenceMissing):
        return False
    return answer.carried is not None and answer.carried.binds == carried_binding(subtask, args, write)


def carried_binding(subtask: PlannedSubtask, args: Json, write: Portable) -> str:
    """What a yes is bound to that counts in a later task too: the call, without what names its own task."""
    return value_digest([subtask.tool, subtask.pin, write(args)])


def _binding(subtask: PlannedSubtask, outcomes: Mapping[str, Outcome]) -> str:
    return binding(subtask.tool or "", subtask.pin, visible(subtask, outcomes))  # the live tool has that pin


def question(
    subtask: PlannedSubtask,
    decision: NeedsApproval,
    args: Mapping[str, Json],
    outcomes: Mapping[str, Outcome],
    secrets: Secrets,
) -> Intervention | None:
    """The question; None where there are too many arguments to show even where each begins and ends."""
    redacted = {name: secrets.redact(value) for name, value in args.items()}
    shown = json.dumps(redacted, ensure_ascii=False, indent=1)
    what = f": {subtask.name}" if subtask.name else ""
    prompt = f"{subtask.id}{what} will call {subtask.tool} ({decision.risk.value}). {decision.reason}.\n"
    digest = ""
    if len(prompt) + len(shown) > PROMPT_MAX:
        digest = value_digest(visible(subtask, outcomes))
        prompt += _LONG.format(size=len(shown), digest=digest)
        extracts = _extracts(redacted, PROMPT_MAX - len(prompt))
        if extracts is None:
            return None
        shown = extracts
    return Intervention(
        id=subtask.id,
        kind="approval",
        subtask_id=subtask.id,
        prompt=prompt + shown,
        choices=(APPROVE, DENY),
        digest=digest,
        binds=_binding(subtask, outcomes),
        rule=decision.rule,
    )


def _extracts(args: Mapping[str, Json], occupancy: int) -> str | None:
    """Each argument, the long ones cut in their middle; None if there is no room even for little of each."""
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in args.items()}
    for most in _EXTRACTS:
        shown = "\n".join(f" {name}: {_cut(text, most)}" for name, text in texts.items())
        if len(shown) <= occupancy:
            return shown
    return None


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"({len(text):,} characters) {text[: most // 2]} … {text[-most // 2 :]}"
