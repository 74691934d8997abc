"""The plan language: one schema for templates, plan files and what a model writes.

A `Template` is what people author. A `Plan` is a template (or a draft) with its inputs bound, its
goals expanded, and every subtask resolved to a live tool.
"""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_serializer

from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.intervention import InputSpec
from aether_agents.contracts.outcome import KeptItems, ModelWork, Rerun
from aether_agents.contracts.tool import RISK_ORDER, Approval, Expect, Form, ItemKind, Operator, Risk, Verify

#: An id as people write it. Expansion joins ids of a goal with `/`, fan-out appends `#index`.
ID_PATTERN = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")
RUN_ID_PATTERN = re.compile(r"^[a-z][a-z0-9_-]*(/[a-z][a-z0-9_-]*)*(#\d+)?$")

SubtaskId = Annotated[str, StringConstraints(pattern=RUN_ID_PATTERN.pattern, max_length=200)]
#: `server/tool`. A tool's name may have slashes, dots, blanks and letters of any script, as the protocol lets it.
ToolRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+/[^\s\p{C}]([^\p{C}]{0,126}[^\s\p{C}])?$")]
Seconds = Annotated[float, Field(gt=0, le=86_400)]

OnFailure = Literal["fail", "continue"]
Origin = Literal["template", "draft", "llm", "file"]
Delivery = Literal["canvas", "direct"]
Failure = Literal[
    "timeout",  # the call took longer than its subtask allows
    "transport",  # its server could not be reached, or was lost
    "tool_error",  # the tool said it failed
    "lost",  # its server was lost after the request was sent
]
#: Calls in all of what says nothing about it: of a tool that may be repeated, and of any other.
CALLS_REPEATABLE, CALLS_ONCE = 2, 1


def _listed(value: object) -> object:
    """One word where a list may stand."""
    return (value,) if isinstance(value, str) else value


class Retry(Contract):
    """How often a failed call is made again, and when."""

    max_attempts: int | None = Field(
        default=None,
        ge=1,
        le=20,
        description="Calls in all, the first included; without it, 2 of a tool that may be repeated, 1 of any other.",
    )
    delay: float = Field(default=1.0, ge=0, le=3_600, description="Seconds before the second attempt.")
    backoff: float = Field(default=2.0, ge=1, le=10, description="Factor on the delay per further attempt.")
    max_delay: float = Field(default=60.0, gt=0, le=3_600, description="Longest delay in seconds.")
    on: tuple[Failure, ...] = Field(
        default=("timeout", "transport", "lost"),
        description="Kinds of failure that are tried again; `transport` includes `lost`.",
    )

    def takes(self, kind: str | None) -> bool:
        """Whether a failure of this kind is tried again."""
        return kind in self.on or (kind == "lost" and "transport" in self.on)


class Condition(Contract):
    """Whether a subtask runs at all, decided from an earlier result."""

    ref: str = Field(description="Reference such as `${subtasks.scan.output.count}`.")
    op: Operator = Field(default="eq", description="How the value is compared.")
    value: Json = Field(default=None, description="What it is compared with.")


class Call(Contract):
    """A tool and its arguments, as a compensation names them."""

    tool: ToolRef = Field(description="`server/tool`.")
    args: dict[str, Json] = Field(default_factory=dict, description="Arguments; references allowed.")


class Review(Contract):
    """A question about what a subtask gave: shown whole, and a yes to it is a yes to the calls it covers."""

    of: SubtaskId = Field(description="The subtask whose output is shown.")
    as_: Form = Field(alias="as", description="How it is shown.")
    covers: tuple[SubtaskId, ...] = Field(default=(), description="The subtasks whose calls a yes lets run.")


class Change(Contract):
    """The steps of a change: looked at, previewed, reviewed, applied exactly so, read back, and how it is undone."""

    preview: SubtaskId = Field(description="Looks, and gives what would be done as typed items with a digest.")
    review: SubtaskId = Field(description="The question about the preview.")
    apply: tuple[SubtaskId, ...] = Field(min_length=1, description="What does it, in order; each needs the review.")
    verify: tuple[SubtaskId, ...] = Field(
        default=(), description="Subtasks that read the effect back, for those of `apply` without a `verify`."
    )
    irreversible: str = Field(default="", description="Why it cannot be undone, where those of `apply` name no undo.")


class Subtask(Contract):
    """One node as it is written: exactly one of `tool`, `goal`, `review` or `agent`."""

    id: SubtaskId = Field(description="Unique in its plan.")
    name: str = Field(default="", description="A few words for people; the id is used without it.")
    tool: ToolRef | None = Field(default=None, description="`server/tool` to call.")
    goal: str | None = Field(default=None, description="Template to expand in its place before the plan runs.")
    review: Review | None = Field(default=None, description="A question about an earlier result; it calls nothing.")
    agent: str | None = Field(default=None, description="A bounded model-driven loop (not yet available).")
    args: dict[str, Json] = Field(default_factory=dict, description="Arguments; references allowed.")
    needs: tuple[SubtaskId, ...] = Field(
        default=(), description="Subtasks that must end first; ids in references are added."
    )
    if_: Condition | None = Field(default=None, alias="if", description="Skip unless it holds.")
    for_each: Json = Field(default=None, description="A list, or a reference to one: one call per item.")
    max_parallel: int | None = Field(default=None, ge=1, le=1_000, description="Items in flight at once.")
    retry: Retry = Field(default_factory=Retry, description="What is tried again.")
    timeout: Seconds = Field(default=300.0, description="Seconds one call may take.")
    approval: Approval = Field(default="auto", description="`auto` asks when policy says the risk needs it.")
    on_failure: OnFailure = Field(default="fail", description="`continue` lets the rest of the plan go on.")
    compensate: Call | None = Field(default=None, description="The call that undoes this one.")
    expect: Expect | None = Field(default=None, description="When the call counts as a success.")
    verify: Verify | None = Field(default=None, description="How the effect is read back.")
    unchanged: SubtaskId | None = Field(
        default=None,
        description="A subtask that only looks: it is looked again before this call, which is refused if that differs.",
    )


class Template(Contract):
    """A reusable plan with inputs, examples and required tools. Without subtasks it is a stub."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,79}$", description="Unique among templates.")
    description: str = Field(description="What it does, in a sentence.")
    specialist: str = Field(default="", description="The specialist that owns it.")
    examples: tuple[str, ...] = Field(default=(), description="Ways people ask for it, in any language.")
    deed: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=(), description="What it does, the main deed first; without it, its name and description say it."
    )
    direction: tuple[str, str] | None = Field(
        default=None, description="From what to what, for what goes from one thing to another."
    )
    required_tools: tuple[str, ...] = Field(default=(), description="Servers (or `server/tool`) it cannot do without.")
    inputs: dict[str, InputSpec] = Field(default_factory=dict, description="What it is told.")
    subtasks: tuple[Subtask, ...] = Field(default=(), description="The nodes.")
    changes: tuple[Change, ...] = Field(default=(), description="What it changes, step by step.")
    outputs: dict[str, Json] = Field(default_factory=dict, description="References that make the task's result.")

    @property
    def is_stub(self) -> bool:
        """Whether there is nothing to run in it yet."""
        return not self.subtasks


class Elicited(Contract):
    """What a person answered to a question that a server asked during a call."""

    question: str = Field(description="Digest of the server's question, words and fields.")
    values: dict[str, Json] = Field(default_factory=dict, description="The answer, by field.")
    secret: tuple[str, ...] = Field(default=(), description="Those of the fields that nobody else is to see.")


class Understood(Contract):
    """A part of a sentence, and what it was taken for."""

    text: str = Field(description="The words, as they were written.")
    as_: str = Field(alias="as", description="What they became: a template, an input, an order, a condition.")

    @model_serializer
    def _plain(self) -> dict[str, str]:
        return {"text": self.text, "as": self.as_}


class PlannedSubtask(Subtask):
    """A subtask resolved to a live tool. All that its specialist needs to run it."""

    specialist: str = Field(description="Specialist, and so queue, that runs it.")
    risk: Risk = Field(description="Risk of the tool when it was planned.")
    repeatable: bool = Field(default=False, description="Whether it may safely run twice.")
    needs_approval: bool = Field(default=False, description="Policy asks a person before it runs.")
    ruled_by: str = Field(default="", description="Rule of policy that asks before it, as far as it was known then.")
    approved_up_to: Risk | None = Field(
        default=None, description="Greatest risk the asker answered ahead (`--yes`), as far as policy lets one."
    )
    approved_args: str = Field(default="", description="Of form 1: digest of what a yes was bound to; not used now.")
    context: str = Field(default="local", description="Context whose secrets its arguments may name.")
    pin: str = Field(default="", description="Pin of the tool it was planned against.")
    confidence: float = Field(default=1.0, ge=0, le=1, description="How sure the planner is of this tool.")
    elicited: tuple[Elicited, ...] = Field(default=(), description="Answers to what its server asked, so far.")
    asked_because: str = Field(
        default="", description="Why a person is asked before it whatever policy says: it may have run already."
    )
    kept_items: KeptItems | None = Field(default=None, description="Of a fan-out that is run again: its items before.")
    reviewed_by: SubtaskId | None = Field(default=None, description="The review whose yes covers this call.")
    item_risks: dict[ItemKind, Risk] = Field(
        default_factory=dict, description="Risk by what the reviewed items do, where its tool is judged by these."
    )
    only_read: bool = Field(default=False, description="Of a dry run: called only if it reads and nobody is asked.")

    @property
    def max_attempts(self) -> int:
        """Calls in all, the first included."""
        return self.retry.max_attempts or (CALLS_REPEATABLE if self.repeatable else CALLS_ONCE)


class Plan(Contract):
    """The typed, validated decomposition of a task: a DAG of subtasks with every input bound."""

    version: Literal[1] = Field(default=1, description="Version of this document.")
    name: str = Field(description="Template's name, or a name made from the task.")
    description: str = Field(description="What it does.")
    specialist: str = Field(default="", description="The specialist that owns it.")
    origin: Origin = Field(description="Where it came from.")
    template: str | None = Field(default=None, description="Template it was made from.")
    confidence: float = Field(default=1.0, ge=0, le=1, description="How sure the planner is of the whole.")
    inputs: dict[str, InputSpec] = Field(default_factory=dict, description="What it was told, as declared.")
    values: dict[str, Json] = Field(default_factory=dict, description="What it was told, as bound.")
    subtasks: tuple[PlannedSubtask, ...] = Field(description="The nodes, in a topological order.")
    outputs: dict[str, Json] = Field(default_factory=dict, description="References that make the result.")
    digest: str = Field(default="", description="`sha256:…` over what it does; the same work, the same digest.")
    understood: tuple[Understood, ...] = Field(default=(), description="What each part of the sentence became.")
    unused: tuple[str, ...] = Field(default=(), description="Parts of the sentence that changed nothing.")
    rerun: Rerun | None = Field(default=None, description="What it takes over from a task that it runs again.")
    written_by: ModelWork | None = Field(default=None, description="The language model that wrote it, and its cost.")

    def risk_of(self, subtask: PlannedSubtask) -> Risk:
        """The risk that is shown of a subtask: of a review, the highest of what it covers."""
        covered = [one.risk for one in self.subtasks if one.reviewed_by == subtask.id]
        return max((subtask.risk, *covered), key=RISK_ORDER.index)
