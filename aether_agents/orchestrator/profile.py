"""Profile: where the time of a task went, by step and layer, from the times that the store wrote to its events. Pure.

What decided how long a task took is one way through it: from its end back to the subtask that ended last, to what that
one waited for, and so on to the beginning. Each second of the task is on that way once, in one layer.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from aether_agents.contracts import STATUS_AFTER, Event, Plan, Profile, ProfiledStep, SubtaskStatus, TaskStatus

#: The layer of a second, by what its subtask was.
_OF_SUBTASK = {
    SubtaskStatus.READY: "queue",
    SubtaskStatus.RUNNING: "call",
    SubtaskStatus.RETRYING: "back-off",
    SubtaskStatus.WAITING: "person",
}
#: The same before the first subtask is ready, by what the task was.
_OF_TASK = {
    TaskStatus.PENDING: "slot",
    TaskStatus.PLANNING: "planning",
    TaskStatus.WAITING: "person",
    TaskStatus.PAUSED: "paused",
}


class _Span(NamedTuple):
    """Seconds since the task was accepted, and their layer."""

    start: float
    end: float
    layer: str


class _Stretch(NamedTuple):
    """A subtask from when it could begin to when it had ended; a fan-out has one before its items and one after."""

    step: str
    start: float
    end: float
    spans: tuple[_Span, ...]


def profile(events: Sequence[Event], plan: Plan | None) -> Profile:
    """Where the time of a task went; of one that goes on, up to its last event."""
    if not events:
        return Profile(seconds=0.0)
    times = _times(events)
    end = times[-1]
    needs = {one.id: one.needs for one in plan.subtasks} if plan else {}
    before = _spans_of_task(events, times)
    paused = [span for span in before if span.layer == "paused"]
    stretches = _stretches(events, times, paused)
    way = _way(stretches, needs, end)
    steps = _steps(stretches, plan, {one.step for one, _ in way})
    return Profile(
        seconds=end,
        layers=_layers(way, before, end),
        path=tuple(dict.fromkeys(one.step for one, _ in way)),
        steps=steps,
    )


def _times(events: Sequence[Event]) -> list[float]:
    """When each event was, in seconds since the first one; a clock that was set back stands still meanwhile."""
    begin = events[0].at
    return list(accumulate(((one.at - begin).total_seconds() for one in events), max))


def _spans_of_task(events: Sequence[Event], times: Sequence[float]) -> list[_Span]:
    """The task by itself: each span between two events, by the status that the first one left."""
    return [
        _Span(start, end, _OF_TASK.get(one.status, "delivery"))
        for one, start, end in zip(events, times, times[1:], strict=False)
    ]


def _stretches(events: Sequence[Event], times: Sequence[float], paused: Sequence[_Span]) -> list[_Stretch]:
    spans: dict[str, list[_Span]] = defaultdict(list)
    open_since: dict[str, tuple[float, str]] = {}
    found: list[_Stretch] = []

    def leave(name: str, at: float) -> None:
        if (since := open_since.pop(name, None)) is not None:
            spans[name] += _cut(_Span(since[0], at, since[1]), paused)

    def close(name: str, at: float) -> None:
        leave(name, at)
        parts = tuple(spans.pop(name, ()))
        found.append(_Stretch(name, parts[0].start if parts else at, at, parts))

    for one, at in zip(events, times, strict=True):
        if one.subtask_id is None or one.type not in STATUS_AFTER:
            continue
        parent = one.subtask_id.partition("#")[0]
        if parent != one.subtask_id and parent in open_since:  # it has fanned out: what is before its items is over
            close(parent, at)
        layer = _OF_SUBTASK.get(STATUS_AFTER[one.type])
        if layer is None:
            close(one.subtask_id, at)
        else:
            leave(one.subtask_id, at)
            open_since[one.subtask_id] = (at, layer)
    for name in [*open_since]:
        close(name, times[-1])
    return found


def _cut(span: _Span, paused: Sequence[_Span]) -> list[_Span]:
    """A span without what of it was paused; a call goes on while its task is paused."""
    if span.layer == "call" or not paused:
        return [span]
    found, at = [], span.start
    for pause in paused:
        start, end = max(pause.start, at), min(pause.end, span.end)
        if start < end:
            found += [_Span(at, start, span.layer), _Span(start, end, "paused")]
            at = end
    return [one for one in (*found, _Span(at, span.end, span.layer)) if one.end > one.start]


def _way(stretches: Sequence[_Stretch], needs: Mapping[str, Sequence[str]], end: float) -> list[tuple[_Stretch, float]]:
    """What decided, the first one first; each with the moment up to which it did."""
    by_step: dict[str, list[_Stretch]] = defaultdict(list)
    items: dict[str, list[_Stretch]] = defaultdict(list)
    for one in sorted(stretches, key=lambda stretch: stretch.end):
        by_step[one.step].append(one)
        if "#" in one.step:
            items[one.step.partition("#")[0]].append(one)
    found: list[tuple[_Stretch, float]] = []
    seen: set[_Stretch] = set()
    current, until = max(stretches, key=lambda one: one.end, default=None), end
    while current is not None and current not in seen:
        seen.add(current)
        found.append((current, until))
        until = current.start
        current = _held_up(current, by_step, items, needs)
    return found[::-1]


def _held_up(
    one: _Stretch,
    by_step: Mapping[str, Sequence[_Stretch]],
    items: Mapping[str, Sequence[_Stretch]],
    needs: Mapping[str, Sequence[str]],
) -> _Stretch | None:
    """What a stretch waited for: the last to end, before it could begin, of all that it needs."""
    parent, is_item, _ = one.step.partition("#")
    groups = [by_step.get(name, ()) for name in needs.get(one.step, ())]
    if is_item:
        groups = [items.get(parent, ()), by_step.get(parent, ())]
    elif one.step in items:
        groups += [items[one.step], by_step[one.step]]
    latest = None
    for group in groups:
        at = bisect_right(group, one.start, key=lambda stretch: stretch.end)
        while at and (group[at - 1] is one or group[at - 1].start >= one.start):  # it began no earlier itself
            at -= 1
        if at and (latest is None or group[at - 1].end > latest.end):
            latest = group[at - 1]
    return latest


def _layers(way: Sequence[tuple[_Stretch, float]], before: Sequence[_Span], end: float) -> dict[str, float]:
    """Each second of the task in its layer: up to the first stretch by the task, from there on along the way."""
    seconds: dict[str, float] = defaultdict(float)
    first = way[0][0].start if way else end
    for span in before:
        if span.start < first:
            seconds[span.layer] += min(span.end, first) - span.start
    for one, until in way:
        for span in one.spans:
            seconds[span.layer] += span.end - span.start
        seconds["delivery"] += max(0.0, until - one.end)
    return {layer: round(spent, 3) for layer, spent in sorted(seconds.items(), key=lambda part: -part[1]) if spent}


def _steps(stretches: Sequence[_Stretch], plan: Plan | None, decided: Iterable[str]) -> tuple[ProfiledStep, ...]:
    """Each subtask of the plan with its items, what took longest first."""
    tools = {one.id: one.tool or "" for one in plan.subtasks} if plan else {}
    on_way = {name.partition("#")[0] for name in decided}
    spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    items: dict[str, set[str]] = defaultdict(set)
    bounds: dict[str, tuple[float, float]] = {}
    for one in stretches:
        step, is_item, _ = one.step.partition("#")
        start, end = bounds.get(step, (one.start, one.end))
        bounds[step] = (min(start, one.start), max(end, one.end))
        if is_item:
            items[step].add(one.step)
        for span in one.spans:
            spent[step][span.layer] += span.end - span.start
    found = [
        ProfiledStep(
            subtask=step,
            tool=tools.get(step, ""),
            items=len(items[step]),
            seconds=round(end - start, 3),
            layers={layer: round(value, 3) for layer, value in spent[step].items()},
            decides=step in on_way,
        )
        for step, (start, end) in bounds.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.seconds))
