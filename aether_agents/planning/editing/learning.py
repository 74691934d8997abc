"""Learning: a plan that was run, or written, as a template for others like it. Pure.

What the sentence said becomes an input with a type; the sentence is its example. Of the results only what later steps
use is kept, so that the template can be tried without calling anything. A secret is never written: a value under a name
of a secret becomes a secret input, and what is named in the context stays a name.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from aether_agents.contracts import InputSpec, Json, Plan, Subtask, Template, escape, find
from aether_agents.contracts.shortening import shorten
from aether_agents.process.redaction import MASK

_WORD = re.compile(r"\"([^\"]+)\"|'([^']+)'|`([^`]+)`|「([^」]+)」|([^\s,;\"'`「」、。]+)")
_NAME = re.compile(r"[^a-z0-9]+")
#: Longest value of a result that is kept, in characters of JSON.
MOST_KEPT = 4_000
_LONGEST_NAME, _LONGEST_DESCRIPTION, _SHORTEST_TEXT = 60, 200, 3


class Learned(NamedTuple):
    """What was learned from a plan."""

    template: Template
    values: dict[str, Json]  #: of its inputs, as they were; without the secret ones
    recorded: dict[str, Json]  #: of each result that is used: as much as is used
    fixed: tuple[str, ...]  #: what the plan was told and no call takes as it is, so that it stays as it is written


class _Slot(NamedTuple):
    """A value that becomes an input."""

    name: str
    spec: InputSpec
    value: Json


def learned(
    plan: Plan,
    document: Template,
    said: str,
    folder: str,
    name: str,
    outputs: Mapping[str, Json],
    code: Callable[[str], Collection[str]],
    secret: Callable[[str], bool],
) -> Learned:
    """The template that a plan becomes.

    Args:
        plan: as it ran, or would.
        document: the same as a plan file has it.
        said: the request it was made for.
        folder: what relative paths in that were resolved against.
        name: of the template.
        outputs: what its subtasks gave, by id.
        code: the arguments of a tool that are code: they take no references.
        secret: whether a name is that of a secret.
    """
    slots = list(_slots(plan, document, said, folder, code, secret))
    used: dict[str, _Slot] = {}
    subtasks = tuple(_parameterised(one, slots, used, code(one.tool or "")) for one in document.subtasks)
    example = said
    for slot in used.values():
        if slot.spec.secret and isinstance(slot.value, str) and slot.value:
            example = example.replace(slot.value, "…")
    template = Template(
        name=name,
        description=shorten(example, _LONGEST_DESCRIPTION),
        specialist=document.specialist,
        examples=(example,),
        required_tools=tuple(dict.fromkeys((one.tool or "").partition("/")[0] for one in subtasks if one.tool)),
        inputs={slot.name: slot.spec for slot in used.values()},
        subtasks=subtasks,
        outputs=document.outputs,
    )
    values = {slot.name: slot.value for slot in used.values() if not slot.spec.secret}
    fixed = tuple(one for one, value in plan.values.items() if value is not None and one not in used)
    return Learned(template, values, {one: _open(value, secret) for one, value in _kept(document, outputs)}, fixed)


def name_of(said: str, taken: Collection[str]) -> str:
    """A name for what a sentence asks, that nothing else has."""
    words = _NAME.sub("_", said.lower()).strip("_")[:_LONGEST_NAME].strip("_")
    stem = words if words[:1].isalpha() else f"learned_{words}".rstrip("_")
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name


def _slots(
    plan: Plan,
    document: Template,
    said: str,
    folder: str,
    code: Callable[[str], Collection[str]],
    secret: Callable[[str], bool],
) -> Iterator[_Slot]:
    """What may become an input: what the plan was told, then what else of its arguments the sentence says."""
    names: set[str] = set()
    for name, value in plan.values.items():
        if value is not None and value not in ("", [], True, False):
            names.add(name)
            known = plan.inputs.get(name, InputSpec()).model_copy(update={"default": None, "required": True})
            yield _Slot(name, known.model_copy(update={"secret": True}) if secret(name) else known, value)
    words = {word for match in _WORD.finditer(said) for word in match.groups() if word}
    for one in document.subtasks:
        named = {name: value for name, value in one.args.items() if name not in code(one.tool or "")}
        for name, value in _leaves("", named):
            if isinstance(value, str) and find(value):
                continue
            if secret(name) and isinstance(value, str):
                yield _Slot(_free(name, names), InputSpec(required=True, secret=True, prompt=f"{name}?"), value)
            elif (
                isinstance(value, str | int | float) and not isinstance(value, bool) and _is_said(value, words, folder)
            ):
                yield _Slot(_free(name, names), _spec(name, value), value)


def _leaves(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    """Every value that is no list and no object, with the name that it stands under."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(key, item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(name, item)
    else:
        yield name, value


def _open(value: Json, secret: Callable[[str], bool]) -> Json:
    """A result without what stands under the name of a secret."""
    if isinstance(value, dict):
        return {key: MASK if secret(key) else _open(item, secret) for key, item in value.items()}
    return [_open(item, secret) for item in value] if isinstance(value, list) else value


def _free(name: str, names: set[str]) -> str:
    stem = _NAME.sub("_", name.lower()).strip("_") or "value"
    found, number = stem, 2
    while found in names:
        found, number = f"{stem}_{number}", number + 1
    names.add(found)
    return found


def _is_said(value: str | float, words: Collection[str], folder: str) -> bool:
    if not isinstance(value, str):
        return str(value) in words
    if value in words and len(value) >= _SHORTEST_TEXT:
        return True
    inside = value.startswith("/") and folder and PurePosixPath(value).is_relative_to(folder)
    if not inside:
        return False
    relative = str(PurePosixPath(value).relative_to(folder))
    return any(word.removeprefix("./").rstrip("/") == relative for word in words)


def _spec(name: str, value: str | float) -> InputSpec:
    if isinstance(value, str):
        return InputSpec(format="path" if value.startswith("/") else None, required=True, prompt=f"{name}?")
    return InputSpec(type="integer" if isinstance(value, int) else "number", required=True, prompt=f"{name}?")


def _parameterised(one: Subtask, slots: Sequence[_Slot], used: dict[str, _Slot], code: Collection[str]) -> Subtask:
    """A subtask whose values that came from the sentence are references to inputs; its secrets are none any more."""
    args = {name: value if name in code else _placed(value, slots, used) for name, value in one.args.items()}
    change: dict[str, object] = {"args": args}
    if isinstance(one.for_each, list):
        change["for_each"] = _placed(one.for_each, slots, used)
    for word, call in (("verify", one.verify), ("compensate", one.compensate)):
        if call is not None:
            placed = {name: _placed(value, slots, used) for name, value in call.args.items()}
            change[word] = call.model_copy(update={"args": placed})
    return one.model_copy(update=change)


def _placed(value: Json, slots: Sequence[_Slot], used: dict[str, _Slot]) -> Json:
    for slot in slots:
        if type(value) is type(slot.value) and value == escape(slot.value):
            used[slot.name] = slot
            return f"${{inputs.{slot.name}}}"
    if isinstance(value, list):
        return [_placed(item, slots, used) for item in value]
    if isinstance(value, dict):
        return {key: _placed(item, slots, used) for key, item in value.items()}
    return value


def _kept(document: Template, outputs: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Of each result, what references lead to; where one needs all of it, or it is no object, all, if it is small."""
    wanted: dict[str, list[tuple[str | int, ...]]] = {one.id: [] for one in document.subtasks}
    for one in document.subtasks:
        texts: list[Json] = [dict(one.args), one.for_each, one.if_.ref if one.if_ else None]
        for reference in find([*texts, dict(document.outputs)]):
            if reference.root == "subtasks" and reference.name in wanted:
                wanted[reference.name].append(reference.path[2:])
    for name, paths in wanted.items():
        found = outputs.get(name)
        if found is None:
            continue
        if not paths:
            yield name, None
        elif isinstance(found, dict) and all(path and isinstance(path[0], str) for path in paths):
            heads = {str(path[0]) for path in paths}
            yield name, {head: _short(found[head]) for head in found if head in heads}
        else:
            yield name, _short(found)


def _short(value: Json) -> Json:
    """A value, or nothing of it where it is long: a template is no place for results."""
    return value if len(json.dumps(value, ensure_ascii=False)) <= MOST_KEPT else None
