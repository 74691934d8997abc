"""The order of a plan: what each subtask needs, a cycle if there is one, and a topological order."""

import heapq
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from aether_agents.contracts import Json, Subtask, depends

Name = TypeVar("Name", bound=Hashable)


def needs_of(subtask: Subtask) -> tuple[str, ...]:
    """What must end before a subtask starts: its `needs`, united with the ids in its references, and what it reviews.

    A compensation and a verification run after their subtask, so they add nothing.

    Raises:
        InvalidPlan: a reference is malformed.
    """
    shown = [subtask.review.of] if subtask.review else []
    again = [subtask.unchanged] if subtask.unchanged else []
    return tuple(dict.fromkeys((*subtask.needs, *shown, *again, *depends(expressions_before(subtask)))))


def expressions_before(subtask: Subtask) -> Json:
    """All expressions of a subtask that are resolved before its call."""
    return [dict(subtask.args), subtask.for_each, subtask.if_.ref if subtask.if_ else None]


def ancestors(name: Name, needs: Mapping[Name, Collection[Name]]) -> set[Name]:
    """Everything that has ended before `name` starts."""
    found: set[Name] = set()
    open_ends = list(needs.get(name, ()))
    while open_ends:
        spot = open_ends.pop()
        if spot not in found:
            found.add(spot)
            open_ends.extend(needs.get(spot, ()))
    return found


def cycle(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Ids that need each other in a ring, starting and ending with the same one; empty when there is none."""
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        trail: list[str] = [start]
        on_trail = {start}
        branches: list[Iterator[str]] = [iter(needs[start])]
        while branches:
            follower = next((need for need in branches[-1] if need in needs and need not in done), None)
            if follower is None:
                branches.pop()
                left = trail.pop()
                on_trail.discard(left)
                done.add(left)
            elif follower in on_trail:
                return (*trail[trail.index(follower) :], follower)
            else:
                trail.append(follower)
                on_trail.add(follower)
                branches.append(iter(needs[follower]))
    return ()


def topological(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The ids, each after all it needs; otherwise in the order they are given. There must be no cycle."""
    rank = {name: index for index, name in enumerate(needs)}
    waiting = {name: len(set(wanted)) for name, wanted in needs.items()}
    followers: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in needs.items():
        for need in set(wanted):
            followers[need].append(name)
    names = list(needs)
    ready = [rank[name] for name, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for follower in followers[name]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, rank[follower])
    return order
