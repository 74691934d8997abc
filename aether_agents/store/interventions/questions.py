"""Questions put to people: how they are stored (sealed), and what each answer does."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from aether_agents.contracts import Answer, Intervention, Json, Outcome, PlannedSubtask, Reference, find, value_digest
from aether_agents.contracts import resolve as resolve_expression
from aether_agents.errors import CannotOpen, InvalidPlan, Tampered, WrongStatus
from aether_agents.store.client.migrations import mark
from aether_agents.store.client.places import Places
from aether_agents.store.client.store_client import StoreClient, compact, dump
from aether_agents.store.interventions.older_store import NOTE

APPROVE, DENY = "approve", "deny"
RETRY, SKIP, FAIL = "retry", "skip", "fail"
PROVIDE = "provide"

#: The one answer to a question that cannot be believed.
AGAIN = "ask again"

#: How a question is stored that is the same for everybody: a run was lost that is not safe to repeat.
LOST = b"lost"
#: … or one may have run before the store came back older than it was.
FORGOTTEN = b"forgotten"

Effect = Literal["go", "failed", "skipped"]

#: What an answer does. Any other of a question's own choices lets its subtask (or planning) go on.
EFFECTS: dict[str, Effect] = {DENY: "failed", "cancel": "failed", FAIL: "failed", SKIP: "skipped"}

#: Longest prompt in characters, and largest question in bytes: it travels in an event, whose data has 8 KiB.
PROMPT_MAX = 2_000
QUESTION_MAX = 7_000
#: The end of a prompt that was cut. What it asks about is in the plan, and shown whole from there.
CUT = " …\n(cut: `aether-agent approve TASK --list` shows the whole call)"


def seal(access: StoreClient, task_id: str, question: Intervention) -> bytes:
    """A question as it is stored: without its id, which the store gives it.

    Raises:
        InvalidPlan: it is too large.
    """
    prompt = question.prompt
    if len(prompt) > PROMPT_MAX:
        prompt = prompt[: PROMPT_MAX - len(CUT)] + CUT
    body = dump(question.model_copy(update={"prompt": prompt, "asked_at": None}))
    if isinstance(body, dict):
        body.pop("id", None)
    if len(compact(body).encode()) > QUESTION_MAX:
        raise InvalidPlan(f"the question `{prompt[:60]}` is too large: {QUESTION_MAX} bytes at most, choices included")
    return access.sealer.seal(Places.question(task_id, question.subtask_id or ""), mark(question, body))


def opened(
    access: StoreClient, task_id: str, intervention_id: str, subtask_id: str, blob: bytes | None
) -> Intervention:
    """A stored question.

    Raises:
        CannotOpen: its key is not here, or a later version asks it.
        Tampered: it was changed, or does not belong there, or stands in clear, as versions before wrote it.
    """
    if blob in (LOST, FORGOTTEN):
        return lost_question(intervention_id, subtask_id, forgotten=blob == FORGOTTEN)
    if not blob:
        raise Tampered(f"the question `{intervention_id}` is not sealed")
    place = Places.question(task_id, subtask_id)
    value = access.sealer.open(place, blob)
    return access.read(Intervention, place, {**value, "id": intervention_id} if isinstance(value, dict) else value)


def shown(
    access: StoreClient,
    task_id: str,
    intervention_id: str,
    subtask_id: str,
    blob: bytes | None,
    asked_ms: int = 0,
    *,
    may_have_run: bool = False,
) -> Intervention:
    """A question as people see it: one that does not open says so, and can only be asked again.

    `may_have_run`: it asks before a call that an older store may have forgotten, and says so.
    """
    asked_at = datetime.fromtimestamp(asked_ms / 1000, UTC) if asked_ms else None
    try:
        question = opened(access, task_id, intervention_id, subtask_id, blob)
    except CannotOpen as error:
        question = Intervention(
            id=intervention_id,
            kind="confirmation",
            subtask_id=subtask_id or None,
            prompt=f"What is asked here is not believed: {error}. It can be asked again.",
            choices=(AGAIN,),
        )
    else:
        if may_have_run and blob not in (LOST, FORGOTTEN):
            question = question.model_copy(update={"prompt": f"{question.prompt}\n{NOTE}"})
    return question.model_copy(update={"asked_at": asked_at})


def id_of(text: bytes | None) -> str:
    """The id of what a subtask asks. Versions before wrote the whole question there, in clear."""
    found = (text or b"").decode(errors="replace")
    if not found.startswith("{"):
        return found
    try:
        return str(json.loads(found).get("id"))
    except ValueError:
        return ""


def lost_question(intervention_id: str, subtask_id: str, *, forgotten: bool = False) -> Intervention:
    """What is asked when a run was lost that is not safe to repeat, or when the store may have forgotten one."""
    why = "The store came back older than it was, and a worker that may know more is gone, so this"
    what = f"{why} may have run" if forgotten else "The worker was lost while this ran, so it may have run"
    return Intervention(
        id=intervention_id,
        kind="choice",
        subtask_id=subtask_id,
        prompt=f"{what}, and running it twice is not safe. Retry, skip or fail?",
        choices=(RETRY, SKIP, FAIL),
    )


def binding(tool: str, pin: str, args: Mapping[str, Json]) -> str:
    """`sha256:…` over a call: its tool, the pin of that, and its arguments as people may see them."""
    return value_digest([tool, pin, dict(args)])


def _unreferenced(reference: Reference) -> Json:
    raise InvalidPlan(f"`{reference.text}` has no value yet")


def asked_ahead(subtask: PlannedSubtask) -> bool:
    """Whether a subtask is asked about as soon as it could run: policy wants a yes, and all of the call is known.

    Where arguments hang on results, the runner asks, with their values: nobody says yes to what he has not seen.
    """
    at_all = subtask.needs_approval and subtask.review is None and not subtask.only_read
    return at_all and subtask.for_each is None and not find(dict(subtask.args))


def approval(subtask: PlannedSubtask) -> Intervention:
    """The question that policy puts before a subtask whose arguments are all known."""
    name = f" ({subtask.name})" if subtask.name else ""
    args = json.dumps(dict(subtask.args), ensure_ascii=False, indent=1)
    why = f"; {subtask.asked_because}" if subtask.asked_because else ""
    return Intervention(
        id=f"{subtask.id}.0",
        kind="approval",
        subtask_id=subtask.id,
        prompt=f"`{subtask.id}`{name} calls {subtask.tool}, which is {subtask.risk.value}{why}. Go on?\n{args}",
        choices=(APPROVE, DENY),
        binds=binding(subtask.tool or "", subtask.pin, _literal(subtask.args)),
    )


def _literal(args: Mapping[str, Json]) -> dict[str, Json]:
    """Arguments that refer to nothing, as they are handed to the tool."""
    found = resolve_expression(dict(args), _unreferenced)
    return found if isinstance(found, dict) else {}


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
    """The result of a subtask by a person's answer."""
    if chosen == "skipped":
        return Outcome(status="skipped", error=f"skipped by {answer.by}", error_kind="person", sent=False)
    if answer.response == DENY:
        why = f": {answer.comment}" if answer.comment else ""
        return Outcome(status="failed", error=f"denied by {answer.by}{why}", error_kind="denied", sent=False)
    return Outcome(status="failed", error=f"counted as failed by {answer.by}", error_kind="person")
