"""Intervention: what a person is asked, and what a person may answer. The kinds are AetherTerm's.

A review shows what a call gave; the sealed record of a yes says to what, and to which calls behind it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field

from aether_agents.contracts.contract import ADDITIVE, Contract, Json
from aether_agents.contracts.outcome import Carried
from aether_agents.contracts.tool import RISK_ORDER, Form, ItemKind, Risk

JsonType = Literal["string", "integer", "number", "boolean", "array", "object"]
KINDS: tuple[ItemKind, ...] = get_args(ItemKind)

#: Items of a preview that are told apart; the rest is counted with what is worst of all.
MOST_ITEMS = 10_000


class InputSpec(Contract):
    """One input of a template: a JSON schema fragment, and how to ask for it."""

    type: JsonType = Field(default="string", description="JSON type of the value.")
    format: Literal["path", "url", "endpoint", "text", "moment"] | None = Field(
        default=None, description="`path`: from the caller's folder; `endpoint`: URL or host:port; `moment`: a date."
    )
    items: "InputSpec | None" = Field(default=None, description="What an array holds.")
    enum: tuple[Json, ...] | None = Field(default=None, description="The only values allowed.")
    minimum: float | None = Field(default=None, description="Smallest number allowed.")
    maximum: float | None = Field(default=None, description="Largest number allowed.")
    required: bool = Field(default=False, description="Whether a task must have it.")
    unless: str = Field(default="", description="Input that stands for this required list; with it, this is empty.")
    default: Json = Field(default=None, description="Value when none is given.")
    secret: bool = Field(default=False, description="A password or a key: read without echo, never from arguments.")
    prompt: str = Field(default="", description="The question put to a person who left it out.")
    description: str = Field(default="", description="What it means.")
    said: tuple[str, ...] = Field(
        default=(), description="Words that say yes to a boolean (`*`: up to four words), or a number (`{}`)."
    )
    named: Annotated[Literal["", "thing", "hosts"], ADDITIVE] = Field(
        default="",
        description="What a word without quotes may name: a `thing` (`the user bob`), or `hosts` (`on web1`).",
    )
    object_of: Annotated[tuple[str, ...], ADDITIVE] = Field(
        default=(), description="Of a thing: verbs that it stands behind, as in `restart nginx on web1`."
    )
    by_verb: Annotated[dict[str, Json], ADDITIVE] = Field(
        default_factory=dict,
        description="Its value by the verb that asks for it; any other verb leaves it to be asked.",
    )


class Item(Contract):
    """One thing that a change would touch."""

    kind: ItemKind = Field(description="What would happen to it.")
    what: str = Field(description="The thing, by its name or path.")
    detail: str = Field(default="", description="What exactly, in a few words.")


class Covered(Contract):
    """A call that a yes to a review lets run, as the yes knows it."""

    subtask: str = Field(description="The subtask that makes it.")
    tool: str = Field(description="`server/tool`.")
    pin: str = Field(default="", description="Pin of the tool.")
    args: dict[str, Json] = Field(
        default_factory=dict, description="Its literal arguments; all others come from the value that is reviewed."
    )
    risk: Risk = Field(description="Risk of the call, by the items of the value where its tool is judged by these.")


class Subject(Contract):
    """What a review's question is about: a reference and a digest, never the value's own text."""

    of: str = Field(description="The subtask whose output is reviewed.")
    form: Form = Field(description="How it is shown.")
    digest: str = Field(description="Digest of that output.")
    counts: dict[str, int] = Field(default_factory=dict, description="What the preview counts, by its own words.")
    kinds: dict[str, int] = Field(default_factory=dict, description="Items by kind; none where it tells none.")
    risk: Risk = Field(description="The highest risk of what a yes leads to.")
    leads_to: tuple[str, ...] = Field(default=(), description="The calls it covers, as `subtask: server/tool`.")
    alone: tuple[str, ...] = Field(default=(), description="Subtasks named as covered that ask for themselves.")
    path: str = Field(default="", description="File with the whole of it, on the machine of the worker.")


class Shown(Contract):
    """A review as a person sees it: all of the value, rendered."""

    subject: Subject = Field(description="What is asked about.")
    name: str = Field(default="", description="A few words for people.")
    items: tuple[Item, ...] = Field(default=(), description="What would happen, thing by thing, the worst first.")
    columns: tuple[str, ...] = Field(default=(), description="Of a table.")
    rows: tuple[tuple[str, ...], ...] = Field(default=(), description="Of a table.")
    lines: tuple[str, ...] = Field(default=(), description="Of a diff, a list or a text.")


Kind = Literal["approval", "choice", "input", "review", "confirmation"]


class Intervention(Contract):
    """A question put to a person. It holds its subtask (or its whole task) until it is answered."""

    id: str = Field(description="Unique in its task, such as `remove.1`; of the task itself, `task.1`.")
    kind: Kind = Field(description="What sort of answer is wanted.")
    subtask_id: str | None = Field(default=None, description="The subtask that waits; none means the whole task.")
    prompt: str = Field(description="The question, redacted, with what will happen.")
    choices: tuple[str, ...] = Field(default=(), description="The answers that mean something, the safest last.")
    fields: dict[str, InputSpec] = Field(default_factory=dict, description="For `input`: what is missing.")
    elicitation: str = Field(default="", description="Digest of the question, if a server asks it during a call.")
    digest: str = Field(
        default="",
        description="Digest of the call's arguments, where the prompt has no room for them; binds the yes.",
    )
    binds: str = Field(
        default="",
        description="Digest of what a yes is a yes to: of a call its tool, pin and arguments; of a plan the plan. "
        "Whoever acts on the answer checks it.",
    )
    rule: str = Field(default="", description="The rule of policy that asks, where one does.")
    review: Subject | None = Field(default=None, description="For the review of a result: what is reviewed.")
    asked_at: datetime | None = Field(default=None, description="When it was asked, UTC.")


class Answer(Contract):
    """What a person answered."""

    intervention_id: str = Field(description="The question.")
    response: str = Field(description="One of the question's choices; `provide` for an `input`.")
    values: dict[str, Json] = Field(default_factory=dict, description="For `input`: the values.")
    by: str = Field(default="local", description="Who answered; never taken from a payload.")
    comment: str = Field(default="", max_length=2_000, description="What he adds, in his own words.")
    changes: dict[str, Json] = Field(
        default_factory=dict, description="Arguments of the call that he changes; the yes is to the changed call."
    )
    also: tuple[str, ...] = Field(
        default=(), description="Who said yes before, where several are wanted; never taken from a payload."
    )


class GivenAnswer(Contract):
    """An answer as it is kept, sealed. Whoever acts on it checks it; the store's word for it is not enough."""

    intervention_id: str = Field(description="The question.")
    response: str = Field(description="What was answered.")
    actor: str = Field(description="Who answered.")
    at: datetime = Field(description="When, UTC, by the clock of who took the answer.")
    binds: str = Field(default="", description="What it is a yes to, as the question has it.")
    role: str = Field(default="", description="Role of who answered; versions before did not keep it.")
    carried: Carried | None = Field(default=None, description="Of a yes of an earlier task: when it counts here.")
    comment: str = Field(default="", description="What he added.")
    also: tuple[str, ...] = Field(default=(), description="Who else said yes, where several are wanted.")
    value: str = Field(default="", description="Of a review: the digest of the value that was shown.")
    covers: tuple[Covered, ...] = Field(default=(), description="Of a review: the calls that a yes lets run.")


def value_digest(value: Json) -> str:
    """`sha256:…` over a value. Every yes is bound by it, and kept so: another spelling would void them all."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def items_in(value: Json) -> tuple[Item, ...]:
    """The typed items of a preview, or of a list of previews, the worst first."""
    found = [item for part in _parts(value) for item in _items(part)]
    return tuple(sorted(found, key=lambda item: -KINDS.index(item.kind)))[:MOST_ITEMS]


def counts_in(value: Json) -> dict[str, int]:
    """What a preview counts, by its own words."""
    counts: dict[str, int] = {}
    for part in _parts(value):
        told = part.get("counts")
        for name, count in told.items() if isinstance(told, dict) else ():
            if isinstance(count, int) and not isinstance(count, bool) and len(name) <= 40:  # noqa: PLR2004 - a word or two
                counts[name] = counts.get(name, 0) + count
    return counts


def risk_by(risks: Mapping[ItemKind, Risk], kinds: Iterable[str], own: Risk) -> Risk:
    """The risk of a call by the kinds of items it acts on; its own where these do not judge it, or there are none."""
    found = [risks.get(kind, own) for kind in KINDS if kind in kinds] if risks else []
    return max(found, key=RISK_ORDER.index) if found else own


def kinds_in(items: tuple[Item, ...]) -> dict[str, int]:
    """How many items there are of each kind."""
    return {kind: count for kind in KINDS if (count := sum(item.kind == kind for item in items))}


def _parts(value: Json) -> Iterator[dict[str, Json]]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part


def _items(part: dict[str, Json]) -> Iterator[Item]:
    told = part.get("items")
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, dict):
            continue
        kind, what, detail = one.get("kind"), one.get("what"), one.get("detail")
        if kind in KINDS and isinstance(what, str):
            yield Item(kind=kind, what=what, detail=detail if isinstance(detail, str) else "")
