"""The difference of two plans: subtasks that came, went or changed, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from aether_agents.contracts import Json, Template


class PlanChange(NamedTuple):
    """One thing that is other in the second plan."""

    kind: Literal["added", "removed", "changed"]
    subtask: str  #: its id; empty for the plan's outputs
    field: str = ""  #: of what changed, such as `args.path`
    before: Json = None
    after: Json = None


def plan_difference(one: Template, other: Template) -> list[PlanChange]:
    """What the second plan does that the first does not, and the other way. Subtasks are paired by their ids."""
    before, after = _subtasks(one), _subtasks(other)
    found = [PlanChange("removed", name, before=row.get("tool")) for name, row in before.items() if name not in after]
    found += [PlanChange("added", name, after=row.get("tool")) for name, row in after.items() if name not in before]
    for name, row in before.items():
        if name in after:
            found += _changes(name, row, after[name])
    return [*found, *_changes("", {"outputs": dict(one.outputs)}, {"outputs": dict(other.outputs)})]


def _subtasks(plan: Template) -> dict[str, dict[str, Any]]:
    return {step.id: step.model_dump(mode="json", by_alias=True, exclude={"id"}) for step in plan.subtasks}


def _changes(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PlanChange]:
    for field in [*before, *(one for one in after if one not in before)]:
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            for key in [*old, *(one for one in new if one not in old)]:
                if old.get(key) != new.get(key):
                    yield PlanChange("changed", name, f"{field}.{key}", old.get(key), new.get(key))
        else:
            yield PlanChange("changed", name, field, old, new)
