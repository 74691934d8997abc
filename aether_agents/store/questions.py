"""Questions put to people: how they are stored, and what each answer does."""

import json
from datetime import UTC, datetime
from typing import Literal

from aether_agents.contracts import Answer, Intervention, Outcome, PlannedSubtask, find
from aether_agents.errors import InvalidPlan, WrongStatus
from aether_agents.store import forms
from aether_agents.store.access import compact, dump

APPROVE, DENY = "approve", "deny"
RETRY, SKIP, FAIL = "retry", "skip", "fail"
PROVIDE = "provide"

Effect = Literal["go", "failed", "skipped"]

#: What an answer does. Any other of a question's own choices lets its subtask (or planning) go on.
EFFECTS: dict[str, Effect] = {DENY: "failed", "cancel": "failed", FAIL: "failed", SKIP: "skipped"}

#: Longest prompt in characters, and largest question in bytes: it travels in an event, whose data has 8 KiB.
PROMPT_MAX = 2_000
QUESTION_MAX = 7_000
#: The end of a prompt that was cut. What it asks about is in the plan, and shown whole from there.
CUT = " …\n(cut: `aether-agent approve TASK --list` shows the whole call)"


def write(question: Intervention) -> str:
    """A question as it is stored and sent in events: without its id, which the store gives it.

    Raises:
        InvalidPlan: it is too large.
    """
    prompt = question.prompt
    if len(prompt) > PROMPT_MAX:
        prompt = prompt[: PROMPT_MAX - len(CUT)] + CUT
    body = dump(question.model_copy(update={"prompt": prompt, "asked_at": None}))
    if isinstance(body, dict):
        body.pop("id", None)
    text = compact(body)
    if len(text.encode()) > QUESTION_MAX:
        raise InvalidPlan(f"the question `{prompt[:60]}` is too large: {QUESTION_MAX} bytes at most, choices included")
    return text


def read(text: bytes, asked_ms: int) -> Intervention:
    """A stored question.

    Raises:
        CannotOpen: a later version asks it.
    """
    asked_at = datetime.fromtimestamp(asked_ms / 1000, UTC).isoformat() if asked_ms else None
    fields = json.loads(text)
    return forms.read(Intervention, f"the question {fields.get('id')}", {**fields, "asked_at": asked_at})


def asked_ahead(subtask: PlannedSubtask) -> bool:
    """Whether a subtask is asked about as soon as it could run: policy wants a yes, and all of the call is known.

    Where arguments hang on results, the runner asks, with their values: nobody says yes to what he has not seen.
    """
    return subtask.needs_approval and subtask.for_each is None and not find(dict(subtask.args))


def approval(subtask: PlannedSubtask) -> Intervention:
    """The question that policy puts before a subtask whose arguments are all known."""
    name = f" ({subtask.name})" if subtask.name else ""
    args = json.dumps(dict(subtask.args), ensure_ascii=False, indent=1)
    return Intervention(
        id=f"{subtask.id}.0",
        kind="approval",
        subtask_id=subtask.id,
        prompt=f"`{subtask.id}`{name} calls {subtask.tool}, which is {subtask.risk.value}. Go on?\n{args}",
        choices=(APPROVE, DENY),
    )


def allowed(question: Intervention) -> tuple[str, ...]:
    """The responses a question takes."""
    more = (PROVIDE,) if question.kind == "input" and PROVIDE not in question.choices else ()
    return (*more, *question.choices) or (APPROVE, DENY)


def effect(question: Intervention, answer: Answer) -> Effect:
    """What an answer does.

    Raises:
        WrongStatus: it is none of the question's choices; the error lists them.
    """
    if answer.response not in allowed(question):
        raise WrongStatus(f"`{question.id}` takes one of: {', '.join(allowed(question))}")
    return EFFECTS.get(answer.response, "go")


def outcome(answer: Answer, chosen: Effect) -> Outcome:
    """What a subtask came to by a person's answer."""
    if chosen == "skipped":
        return Outcome(status="skipped", error=f"skipped by {answer.by}", error_kind="person", sent=False)
    said = "refused" if answer.response == DENY else "counted as failed"
    return Outcome(status="failed", error=f"{said} by {answer.by}", error_kind="person", sent=answer.response != DENY)
