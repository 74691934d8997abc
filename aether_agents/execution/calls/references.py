"""Resolving: the values of expressions from the results of subtasks; whole, and as people may see them."""

from collections.abc import Callable, Mapping

from aether_agents.contracts import Json, Outcome, PlannedSubtask, Reference, depends, walk
from aether_agents.contracts import resolve as resolve_expression
from aether_agents.errors import InvalidPlan, ReferenceMissing


def needed(subtask: PlannedSubtask) -> tuple[str, ...]:
    """Ids of the subtasks whose results a subtask refers to.

    Raises:
        InvalidPlan: a reference in it is malformed.
    """
    condition = subtask.if_.ref if subtask.if_ else None
    verify = dict(subtask.verify.args) if subtask.verify else None
    shown = (subtask.review.of,) if subtask.review else ()
    ids = (*shown, *depends([condition, subtask.for_each, dict(subtask.args), verify]))
    return tuple(name for name in ids if name != subtask.id)


def resolve(value: Json, outcomes: Mapping[str, Outcome], secret: Callable[[str], str] | None = None) -> Json:
    """The value of an expression, from the outcomes it refers to. `secret` reads one; without it, none may be named.

    Raises:
        InvalidPlan: a reference is malformed, or of a kind that has no value at this point.
        ReferenceMissing: it leads nowhere.
        SecretMissing: a secret cannot be read.
    """

    def look_up(reference: Reference) -> Json:
        if reference.root == "subtasks":
            return _output(reference, outcomes)
        if reference.root == "secrets" and secret is not None:
            return secret(reference.name)
        raise InvalidPlan(f"`{reference.text}` has no value here")

    return resolve_expression(value, look_up)


def visible(subtask: PlannedSubtask, outcomes: Mapping[str, Outcome]) -> dict[str, Json]:
    """The arguments of a call as people may see them: of a secret, only its name.

    Raises:
        InvalidPlan, ReferenceMissing: see `resolve`.
    """
    found = resolve(dict(subtask.args), outcomes, lambda name: f"${{secrets.{name}}}")
    return found if isinstance(found, dict) else {}


def _output(reference: Reference, outcomes: Mapping[str, Outcome]) -> Json:
    outcome = outcomes.get(reference.name)
    if outcome is None:
        raise ReferenceMissing(f"`{reference.text}`: `{reference.name}` has no outcome yet; is it among the `needs`?")
    path = reference.path[2:]
    if path and outcome.status != "completed":
        raise ReferenceMissing(f"`{reference.text}`: `{reference.name}` has no output, it is {outcome.status}")
    try:
        return walk(outcome.output, path)
    except ReferenceMissing as error:
        raise ReferenceMissing(f"`{reference.text}`: {error}") from None
