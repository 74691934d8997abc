"""Whether what a plan takes from a result is declared by the tool that gives it.

A field that no schema rules out may still be missing when the plan runs. Where a call that undoes depends on it, the
plan is refused: that would be known only after the change was made. Elsewhere it is a warning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aether_agents.contracts import Call, Json, Reference, Subtask, Verify, find
from aether_agents.documents.suggestion import nearest
from aether_agents.planning.validation.arguments import Producer
from aether_agents.planning.validation.json_schema import Schema, followed

#: Alternatives inside alternatives that are looked at.
_DEEPEST = 8


def declares(schema: Schema | None, path: Sequence[str | int]) -> bool | None:
    """Whether a schema declares what lies at a path; none if it declares nothing there at all, or says "anything"."""
    return _declares(schema, tuple(path), schema or {}, 0)


def undo_faults(subtask: Subtask, producers: Mapping[str, Producer]) -> Iterator[str]:
    """What the call that undoes a subtask takes from results and their tools do not declare."""
    for reference, declared, producer in _undeclared(_args(subtask.compensate), producers):
        if declared is False:
            yield (
                f"its undo depends on `{reference.text}`, which {_missing(reference, producer)}: take a field that it "
                "declares, or leave out `compensate` (it can then not be undone)"
            )


def output_warnings(
    subtasks: Iterable[Subtask], outputs: Mapping[str, Json], producers: Mapping[str, Producer]
) -> Iterator[str]:
    """What is taken from results elsewhere, and may be missing when the plan runs."""
    for subtask in subtasks:
        used: list[Json] = [dict(subtask.args), subtask.for_each, subtask.if_.ref if subtask.if_ else None]
        own = producers.get(subtask.id)
        inner = {**producers, subtask.id: own._replace(fans_out=False)} if own else producers
        for value, known in ((used, producers), (_args(subtask.verify), inner)):
            for reference, declared, producer in _undeclared(value, known):
                if declared is False:
                    yield f"`{subtask.id}`: `{reference.text}` may have no value: it {_missing(reference, producer)}"
        for reference, declared, producer in _undeclared(_args(subtask.compensate), inner):
            if declared is None:
                yield (
                    f"`{subtask.id}`: its undo depends on `{reference.text}`, and `{producer.tool.ref}` does not "
                    "declare what it gives there: try it with `templates test`"
                )
    for name, value in outputs.items():
        for reference, declared, producer in _undeclared(value, producers):
            if declared is False:
                yield f"output `{name}`: `{reference.text}` may have no value: it {_missing(reference, producer)}"


def _args(call: Call | Verify | None) -> Json:
    return dict(call.args) if call is not None else {}


def _undeclared(value: Json, producers: Mapping[str, Producer]) -> Iterator[tuple[Reference, bool | None, Producer]]:
    """The references to results that are not surely declared, each once."""
    for reference in dict.fromkeys(find(value)):
        producer = producers.get(reference.name) if reference.root == "subtasks" else None
        if producer is None or reference.path[:2][1:] != ("output",):
            continue
        declared = declares(producer.tool.output_schema, _inside(reference, producer))
        if not declared:
            yield reference, declared, producer


def _inside(reference: Reference, producer: Producer) -> tuple[str | int, ...]:
    path = tuple(reference.path[2:])
    return path[1:] if producer.fans_out else path


def _missing(reference: Reference, producer: Producer) -> str:
    properties = (producer.tool.output_schema or {}).get("properties")
    there = list(properties) if isinstance(properties, dict) else []
    name = str(next((step for step in _inside(reference, producer) if isinstance(step, str)), ""))
    gives = nearest(name, there) or f"; it declares {', '.join(there) or 'nothing'}"
    return f"is not declared by `{producer.tool.ref}`{gives}"


def _declares(schema: Schema | None, path: tuple[str | int, ...], root: Schema, depth: int) -> bool | None:
    if not path:
        return True
    spot = followed(schema, root) if schema is not None else None
    if spot is None or depth > _DEEPEST:
        return None
    found: list[bool | None] = [_in_siblings(spot, path, root, depth)]
    for word in ("anyOf", "oneOf", "allOf"):
        branches = spot.get(word)
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, Mapping) and branch.get("type") != "null":
                found.append(_declares(branch, path, root, depth + 1))
    if True in found:
        return True
    return None if all(one is None for one in found) or spot.get("additionalProperties") is True else False


def _in_siblings(spot: Schema, path: tuple[str | int, ...], root: Schema, depth: int) -> bool | None:
    """What a schema itself declares, without its alternatives."""
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = spot.get("items")
        return _declares(items, rest, root, depth) if isinstance(items, Mapping) else None
    properties: Any = spot.get("properties")
    if isinstance(properties, Mapping) and step in properties:
        inner = properties[step]
        return _declares(inner, rest, root, depth) if isinstance(inner, Mapping) else None
    further = spot.get("additionalProperties")
    if isinstance(further, Mapping):
        return _declares(further, rest, root, depth)
    if further is True or "patternProperties" in spot or not isinstance(properties, Mapping):
        return None
    return False
