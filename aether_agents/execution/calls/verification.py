"""Verification: what is said when what is there is not what should be: before a call, and after it."""

import json
from collections.abc import Iterator, Mapping

from aether_agents.access.secrets import Secrets
from aether_agents.contracts import Expect, Item, Json, Outcome, PlannedSubtask, items_in, walk
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import ReferenceMissing

#: Differences that are named; the rest is counted.
NAMED = 5
_SHOWN = 80


def drift(before: Json, now: Json) -> list[str]:
    """How two looks at the same things differ; empty if they do not. A preview's own `digest` decides if it has one."""
    mine, other = _digest(before), _digest(now)
    if mine is not None and other is not None:
        if mine == other:
            return []
    elif before == now:
        return []
    found = list(_items(before, now)) or list(_values(before, now, ""))
    rest = len(found) - NAMED
    return [*found[:NAMED], *([f"and {rest} more"] if rest > 0 else [])] or ["its digest is another"]


def not_seen(name: str, why: str) -> str:
    """What is said when it cannot be looked again."""
    return f"nothing was done: `{name}` cannot be looked at again: {why}"


def drifted(name: str, found: list[str]) -> str:
    """What is said of differences."""
    told = "; ".join(found)
    return f"nothing was done: since it was previewed by `{name}`, this has changed: {told}. Run the task again"


def _digest(value: Json) -> str | None:
    told = value.get("digest") if isinstance(value, dict) else None
    return told if isinstance(told, str) and told else None


def _items(before: Json, now: Json) -> Iterator[str]:
    was, is_now = _by_name(before), _by_name(now)
    for name, item in was.items():
        other = is_now.get(name)
        if other is None:
            yield f"{name}: was {item.kind}, and is not among what would be done now"
        elif other != item:
            yield f"{name}: was {_told(item)}, is {_told(other)}"
    for name in is_now.keys() - was.keys():
        yield f"{name}: is {_told(is_now[name])}, and was not there"


def _by_name(value: Json) -> Mapping[str, Item]:
    return {item.what: item for item in items_in(value)}


def _told(item: Item) -> str:
    return f"{item.kind} ({item.detail})" if item.detail else item.kind


def _values(before: Json, now: Json, where: str) -> Iterator[str]:
    if before == now:
        return
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*before, *now)):
            yield from _values(before.get(name), now.get(name), f"{where}.{name}" if where else name)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for index, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _values(one, other, f"{where}[{index}]")
    else:
        yield f"`{where or 'it'}`: was {shorten(str(before), _SHOWN)}, is {shorten(str(now), _SHOWN)}"


_SHOWN_VALUE = 200


def not_read_back(outcome: Outcome, why: str) -> Outcome:
    """It ran, and nobody could look."""
    error = f"it ran, but its effect could not be read back: {why}"
    return outcome.model_copy(update={"status": "failed", "error": error, "error_kind": "expectation"})


def unmet(secrets: Secrets, outcome: Outcome, what: str, expect: Expect, shown: Json = None) -> Outcome:
    """What is there, against what should be."""
    try:
        actual = json.dumps(walk(outcome.output if shown is None else shown, expect.path), ensure_ascii=False)
    except ReferenceMissing:
        actual = "missing"
    actual = secrets.redact_text(actual)  # before it is cut: half a secret is not recognised any more
    wanted = f"{expect.op} {json.dumps(expect.value, ensure_ascii=False)}"
    where = f"`{expect.path}`" if expect.path else "its output"
    error = f"{what}: {where} is {shorten(actual, _SHOWN_VALUE)}, and should be {wanted}"
    return outcome.model_copy(update={"status": "failed", "error": error, "error_kind": "expectation"})


def undoable(outcome: Outcome, subtask: PlannedSubtask, task_id: str) -> Outcome:
    """The same outcome; where an effect was not found and its plan can put back what was done, it says so."""
    if not outcome.failed or subtask.compensate is None:
        return outcome
    return outcome.model_copy(update={"error": f"{outcome.error}. Put it back with `aether-agent undo {task_id}`"})
