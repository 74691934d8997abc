"""What references mean inside one template while it is expanded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aether_agents.contracts import (
    Condition,
    Json,
    Reference,
    Subtask,
    escape,
    extend,
    find,
    holds,
    render,
    resolve,
    substitute,
    walk,
    whole,
)
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.planning.validation.order import needs_of
from aether_agents.planning.validation.structure import MAX_ITEMS

MAX_ID = 200


@dataclass
class Part:
    """One template, expanded: what is in it, and what another part sees of it."""

    subtasks: list[Subtask] = field(default_factory=list)
    outputs: dict[str, Json] = field(default_factory=dict)
    never: set[str] = field(default_factory=set)  #: ids whose condition is already known not to hold

    def ends(self) -> tuple[str, ...]:
        """What nothing else in it needs."""
        needed = {need for subtask in self.subtasks for need in needs_of(subtask)}
        return tuple(subtask.id for subtask in self.subtasks if subtask.id not in needed)


class Scope:
    """What the references of one template mean."""

    def __init__(self, inputs: Mapping[str, Json], context: Mapping[str, Json], above: Sequence[str]) -> None:
        self.inputs = inputs
        self.context = context
        self.above = tuple(above)
        self.goals: dict[str, Part] = {}

    def id(self, name: str) -> str:
        """What a subtask of this template is called in the plan."""
        return "/".join((*self.above, name))

    def ids(self, names: Iterable[str]) -> tuple[str, ...]:
        """What subtasks and goals of this template are called; a goal is what it ends with."""
        found = [self.goals[name].ends() if name in self.goals else (self.id(name),) for name in names]
        return tuple(dict.fromkeys(name for part in found for name in part))

    def bound(self, subtask: Subtask, condition: Condition | None) -> Subtask:
        """A subtask with inputs and context bound and its ids made the plan's, under what is left of its condition."""
        name = self.id(subtask.id)
        if len(name) > MAX_ID:
            raise InvalidPlan(f"its id is longer than {MAX_ID} characters: nest goals less deep")
        changes: dict[str, object] = {
            "id": name,
            "needs": self.ids(subtask.needs),
            "args": self._args(subtask.args),
            "for_each": self._items(subtask.for_each),
            "if_": condition,
        }
        for field_name in ("compensate", "verify"):
            call = getattr(subtask, field_name)
            if call is not None:
                changes[field_name] = call.model_copy(update={"args": self._args(call.args)})
        if subtask.review is not None:
            covers = tuple(self.id(name) for name in subtask.review.covers)
            changes["review"] = subtask.review.model_copy(update={"of": self.id(subtask.review.of), "covers": covers})
        if subtask.unchanged is not None:
            changes["unchanged"] = self.id(subtask.unchanged)
        bound = subtask.model_copy(update=changes)
        return bound.model_copy(update={"needs": needs_of(bound)})

    def decided(self, condition: Condition | None) -> tuple[Condition | None, bool]:
        """A condition on results as it is; one on inputs is decided now: (none, whether it fails)."""
        if condition is None:
            return None, False
        expression = substitute(condition.ref, self.replace)
        if whole(expression) is not None:
            return condition.model_copy(update={"ref": expression}), False
        if find(expression):
            raise InvalidPlan("its `if` needs one value, not several results")
        return None, not holds(condition.op, resolve(expression, no_value), condition.value)

    def replace(self, reference: Reference) -> Json:
        """The expression a reference becomes."""
        if reference.root == "inputs":
            return extend(self.inputs[reference.name], reference.path[1:])
        if reference.root == "context":
            if reference.name not in self.context:
                hint = nearest(reference.name, self.context)
                known = ", ".join(self.context)
                raise ReferenceMissing(
                    f"`{reference.text}`: the context has no `{reference.name}`{hint}; it has {known}"
                )
            return escape(walk(self.context[reference.name], reference.path[1:]))
        if reference.root == "subtasks":
            if reference.name in self.goals:
                return extend(dict(self.goals[reference.name].outputs), reference.path[2:])
            return render("subtasks", (self.id(reference.name), *reference.path[1:]))
        return reference.text

    def _args(self, args: Mapping[str, Json]) -> dict[str, Json]:
        """Arguments, without those that are nothing but an optional input that was not given."""
        return {name: substitute(value, self.replace) for name, value in args.items() if not self._left_out(value)}

    def _left_out(self, value: Json) -> bool:
        reference = whole(value)
        if reference is None or reference.root != "inputs" or len(reference.path) > 1:
            return False
        return self.inputs[reference.name] is None

    def _items(self, items: Json) -> Json:
        bound = substitute(items, self.replace)
        if items is not None and not isinstance(bound, list) and whole(bound) is None:
            raise InvalidPlan(f"`for_each` needs a list, and `{items}` is none")
        if isinstance(bound, list) and len(bound) > MAX_ITEMS:
            raise InvalidPlan(f"`for_each` has {len(bound)} items; {MAX_ITEMS} is the limit")
        return bound


def no_value(reference: Reference) -> Json:
    """For expressions that must hold no reference any more."""
    raise InvalidPlan(f"`{reference.text}` has no value before the plan runs")
