"""What a model replies: a plan in a narrow form of the plan language, or questions. It is checked like any plan file.

The form has no field with which a plan could steer its own approval, name a secret or undo something: who writes them
is a person.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from aether_agents.contracts import Condition, InputSpec, Intervention, Json, Subtask, Template
from aether_agents.contracts.complaint import in_plain_words
from aether_agents.contracts.shortening import shorten
from aether_agents.planning.model.prompt import Prompt

#: Subtasks, questions and words that a reply may have: a plan that nobody can read is no draft.
MOST_SUBTASKS = 60
_QUESTIONS, _SAID = 5, 300

Short = Annotated[str, StringConstraints(max_length=_SAID)]
#: A part of the request as a model quotes it.
Words = Annotated[str, StringConstraints(min_length=1, max_length=_SAID)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ReplySubtask(_Reply):
    """One subtask: a call of a tool, or a template that runs as a goal."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = Field(description="Unique in the plan.")
    does: Short = Field(default="", description="The words of the request that it serves.")
    tool: str | None = Field(default=None, description="`server/tool`, exactly as listed. Either this or `goal`.")
    goal: str | None = Field(default=None, description="Name of a template, exactly as listed. Either this or `tool`.")
    args: dict[str, Json] = Field(default_factory=dict, description="Arguments by name.")
    needs: list[str] = Field(default_factory=list, description="Ids of subtasks that must end first.")
    if_: Condition | None = Field(default=None, alias="if", description="Skip it unless this holds.")
    for_each: list[Json] | str | None = Field(
        default=None, description="A list, or a reference to one: one call per item, which is `${item}`."
    )


class ReplyQuestion(_Reply):
    """What only the person knows."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = Field(
        description="Name under which the answer comes back, among the inputs."
    )
    prompt: Words = Field(description="The question.")


class PlanReply(_Reply):
    """A plan, or questions without one."""

    description: Short = Field(description="What the plan does, in a sentence.")
    subtasks: list[ReplySubtask] = Field(default_factory=list, max_length=MOST_SUBTASKS, description="The work.")
    questions: list[ReplyQuestion] = Field(
        default_factory=list, max_length=_QUESTIONS, description="What is missing; then there are no subtasks."
    )
    not_done: list[Words] = Field(
        default_factory=list, max_length=20, description="Parts of the request, quoted, that the plan does not do."
    )
    confidence: float = Field(default=0.5, ge=0, le=1, description="How sure it is that this is what was meant.")


#: The faults of a reply; none where it may be shown to a person.
Check = Callable[[PlanReply], Sequence[str]]


class Usage(NamedTuple):
    """What asking cost."""

    requests: int = 0
    sent: int = 0  #: tokens
    answered: int = 0  #: tokens


class Replied(NamedTuple):
    """A reply without a fault that the check finds, or why there is none; and what that cost."""

    reply: PlanReply | None
    reason: str
    usage: Usage


def faults_of(reply: PlanReply, prompt: Prompt) -> list[str]:
    """What is wrong with a reply by itself, all at once; what the catalogue says against it comes after."""
    return list(_faults(reply, prompt))


def _faults(reply: PlanReply, prompt: Prompt) -> Iterator[str]:
    if bool(reply.subtasks) is bool(reply.questions):
        yield "write subtasks, or questions where something is missing; not both, and not neither"
    for one in reply.subtasks:
        if (one.tool is None) is (one.goal is None):
            yield f"`{one.id}`: exactly one of `tool` and `goal`"
        if one.tool is not None and one.tool not in prompt.tools:
            yield f"`{one.id}`: `{one.tool}` is none of the tools that are listed"
        if one.goal is not None and one.goal not in prompt.goals:
            yield f"`{one.id}`: `{one.goal}` is none of the templates that are listed"
        if "${secrets." in one.model_dump_json():
            yield f"`{one.id}`: a plan of a model names no secrets"


def document_of(reply: PlanReply) -> Template:
    """The reply as a plan file would have it.

    Raises:
        ValueError: it does not fit the plan language; the text names each fault.
    """
    try:
        return Template(
            name="draft",
            description=reply.description[:200] or "a plan of a model",
            subtasks=tuple(_subtask(one) for one in reply.subtasks),
            outputs={one.id: f"${{subtasks.{one.id}.output}}" for one in reply.subtasks if one.tool},
        )
    except ValidationError as error:
        raise ValueError(
            "; ".join(f"{_place(item['loc'])}: {in_plain_words(item)}" for item in error.errors())
        ) from None


def question_of(reply: PlanReply) -> Intervention:
    """What a model wants to know, as one question to the person."""
    prompts = "\n".join(f"- {shorten(' '.join(one.prompt.split()), _SAID)}" for one in reply.questions)
    fields = {one.name: InputSpec(required=True, prompt=one.prompt) for one in reply.questions}
    return Intervention(id="task.1", kind="input", prompt=f"To plan this, a model asks:\n{prompts}", fields=fields)


def _subtask(one: ReplySubtask) -> Subtask:
    given = {"id": one.id, "name": one.does[:80], "tool": one.tool, "goal": one.goal, "args": one.args}
    return Subtask.model_validate({**given, "needs": tuple(one.needs), "if": one.if_, "for_each": one.for_each})


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the plan"
