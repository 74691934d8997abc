"""Estimate: what a plan takes by what its tools took before, which way decides, who is asked, what stays. Pure."""

import math
from collections.abc import Mapping

from aether_agents.contracts import Estimate, Plan, PlannedSubtask, Risk, Spread

#: Calls of a fan-out that are thought to run side by side where its plan says nothing.
_SIDE_BY_SIDE = 4


def estimate(plan: Plan, known: Mapping[str, Spread], template: Spread | None = None) -> Estimate:
    """The estimate of a plan. `known` has how long calls took, by tool."""
    calls = [one for one in plan.subtasks if one.tool]
    measured = [one for one in calls if one.tool in known]
    times: dict[str, float | None] = {"p50": None, "p90": None}
    path: tuple[str, ...] = ()
    if measured:
        path, times["p50"] = _longest(plan, {one.id: _lasts(one, known[one.tool or ""].p50) for one in measured})
        times["p90"] = _longest(plan, {one.id: _lasts(one, known[one.tool or ""].p90) for one in measured})[1]
    changes = [one for one in calls if one.risk is not Risk.READ]
    return Estimate(
        **times,
        path=path,
        unknown=tuple(one.id for one in calls if one not in measured),
        lists=tuple(one.id for one in calls if one.for_each is not None and not isinstance(one.for_each, list)),
        asks=tuple(one.id for one in plan.subtasks if one.needs_approval),
        undoable=tuple(one.id for one in changes if one.compensate is not None),
        lasting=tuple(one.id for one in changes if one.compensate is None),
        template=template,
    )


def _lasts(one: PlannedSubtask, seconds: float) -> float:
    if not isinstance(one.for_each, list):
        return seconds
    return seconds * math.ceil(len(one.for_each) / (one.max_parallel or _SIDE_BY_SIDE))


def _longest(plan: Plan, lasts: Mapping[str, float]) -> tuple[tuple[str, ...], float]:
    """The way through a plan that takes longest, and how long; its subtasks are in topological order."""
    ends: dict[str, float] = {}
    before: dict[str, str] = {}
    for one in plan.subtasks:
        needs = [name for name in one.needs if name in ends]
        if needs:
            before[one.id] = max(needs, key=ends.__getitem__)
        ends[one.id] = lasts.get(one.id, 0.0) + (ends[before[one.id]] if needs else 0.0)
    last = max(ends, key=ends.__getitem__)
    way = [last]
    while way[-1] in before:
        way.append(before[way[-1]])
    return tuple(reversed(way)), ends[last]
