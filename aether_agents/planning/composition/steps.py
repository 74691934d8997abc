"""The steps of a plan: what each goal of a sentence is told, what it waits for, and which parts nothing can take."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, NamedTuple

from aether_agents.contracts import InputSpec, Json, Template
from aether_agents.planning.inputs.input_kind import file_kind, format_of
from aether_agents.planning.routing.goals import Goal
from aether_agents.planning.sentence.folder_places import inside
from aether_agents.planning.sentence.parts import NAMED, Part, masked
from aether_agents.planning.sentence.sentence import Mentions, read_sentence
from aether_agents.planning.sentence.vocabulary import vocabulary

#: Inputs that say what is not to be looked at, by name.
_LEFT_OUT = re.compile(r"(?:^|_)(?:leave_out|exclude|excluded?|ignored?|skip|except)(?:_|$)")
_POINTS = re.compile(r"\b(?:it|its|them|there|that|those|these|this|the same)\b|それ|そこ|これ|この|同じ")
_WEEK = re.compile(r"\b(?:last|past|previous) week\b|(?:過去|この|ここ)(?:1|一)週間")
#: What stands between the things of a list.
_LISTS = re.compile(
    r"[\s,、]*(?:and|as well as|plus|&|と|および|及び|ならびに|や)?[\s,、]*(?:of|in|for)?\s*", re.IGNORECASE
)


class Step(NamedTuple):
    """One goal, ready to be bound."""

    id: str
    template: Template
    text: str  #: its words, without its parts
    said: str  #: as they were written
    score: float = 1.0
    needs: tuple[str, ...] = ()
    condition: Literal["passed", "failed"] | None = None  #: what the step before it must have come to
    inputs: Mapping[str, Json] = MappingProxyType({})  #: what its parts say
    taken: tuple[Part, ...] = ()  #: parts that are understood
    open: tuple[Part, ...] = ()  #: parts that nothing takes


def steps_of(goals: Sequence[Goal], folder: str, given: Collection[str] = ()) -> list[Step]:
    """The steps of some goals, in their order; `given` are the inputs that are given by name."""
    texts = _with_places(goals)
    found: list[Step] = []
    for number, (goal, text) in enumerate(zip(goals, texts, strict=True)):
        step = _step(goal, text, folder, found[-1] if found else None)
        for one in _fanned_out(step, given):
            name = one.template.name.replace("-", "_")[:36]
            fresh = one._replace(id=own_id(name, {step.id for step in found}))
            found.append(fresh._replace(needs=_needs(fresh, goal, found, number)))
    return found


def _step(goal: Goal, text: str, folder: str, before: Step | None) -> Step:
    step = Step("", goal.template, text, goal.said, goal.score)
    for part in goal.parts:
        step = _take(step, part, folder, before)
    return step


def _take(step: Step, part: Part, folder: str, before: Step | None) -> Step:
    """A step with one of its parts taken in, or left open."""
    template = step.template
    taken = step._replace(taken=(*step.taken, part))
    if part.kind == "order":
        return taken
    if part.kind in ("passed", "failed") and before is not None and "status" in before.template.outputs:
        return taken._replace(condition="passed" if part.kind == "passed" else "failed")
    if part.kind == "each" and any(format_of(spec) == "path" for spec in template.inputs.values()):
        places = inside(part, folder)
        if places:
            return taken._replace(text=f"{step.text} {', '.join(places)}")
    if part.kind == "exception" and (name := _left_out(template)) and (words := _inner(step, _named(part))):
        return taken._replace(inputs={**step.inputs, name: [*_listed(step.inputs.get(name)), *words]})
    if part.kind == "span" and "days" in template.inputs and _WEEK.search(part.text.lower()):
        return taken._replace(inputs={**step.inputs, "days": 7})
    return step._replace(open=(*step.open, part))


def _left_out(template: Template) -> str:
    names = [name for name, spec in template.inputs.items() if _LEFT_OUT.search(name) and spec.type == "array"]
    return names[0] if len(names) == 1 else ""


def _named(part: Part) -> list[str]:
    """The names of an exception, if it consists of names."""
    said = read_sentence(part.text)
    names = [*said.paths, *said.loose, *said.quoted]
    rest = re.sub(rf"{NAMED}+", " ", masked(part.text))
    rest = re.sub(
        r"\b(?:but|and|except|excluding|exclude|not|for|in|of|the|folder|directory|files?|leaving|leave|out|ignoring|ignore"
        r"|skipping|skip|other|than|apart|from|everything|all|or|including|counting)\b|ただし|但し|以外|除|外|[\u3040-\u309f、。,.\s]",
        "",
        rest,
    )
    return list(dict.fromkeys(names)) if names and not rest else []


def _inner(step: Step, names: Sequence[str]) -> list[str]:
    """The names, if they lie inside of what the step is to look at."""
    said = read_sentence(step.text)
    places = [one.rstrip("/") for one in said.paths]
    if not places and not said.here:
        return []
    inner = all(
        not name.startswith((".", "/", "~")) or any(name.startswith(f"{one}/") for one in places) for name in names
    )
    return list(names) if inner else []


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


# -- places ------------------------------------------------------------------------------------------------------


def _with_places(goals: Sequence[Goal]) -> list[str]:
    """The words of each goal; one that names no place of its own has that of the goal it goes with."""
    said = [read_sentence(goal.text) for goal in goals]
    texts = [goal.text for goal in goals]
    for at, goal in enumerate(goals):
        own = said[at]
        if (
            own.paths
            or own.addresses
            or own.hosts
            or own.loose
            or own.here
            or any(p.kind == "each" for p in goal.parts)
        ):
            continue
        order = [*range(at - 1, -1, -1), *range(at + 1, len(goals))]
        points = _POINTS.search(goal.text.lower()) is not None
        if changes_something(goal.template) and not points:
            continue
        lent = next((found for other in order if (found := _lent(goal.template, said[other], points=points))), "")
        texts[at] = f"{goal.text} {lent}" if lent else goal.text
    return texts


def changes_something(template: Template) -> bool:
    """Whether a template says that it changes something."""
    return bool(template.deed) and vocabulary().changes(template.deed[0])


def _lent(template: Template, other: Mentions, *, points: bool) -> str:
    """The places of another goal that a template can take."""
    formats = {format_of(spec) for spec in template.inputs.values() if spec.required or spec.default}
    endings = vocabulary().endings
    places: list[str] = []
    if "path" in formats:
        places += [one for one in other.paths if points or not any(one.endswith(ending) for ending in endings)]
    if formats & {"endpoint", "url"}:
        places += [*other.addresses, *other.hosts]
    return ", ".join(places)


def _fanned_out(step: Step, given: Collection[str]) -> list[Step]:
    """A step for each of the places, where its template takes only one."""
    paths = [(name, spec) for name, spec in step.template.inputs.items() if _is_place(spec)]
    required = [name for name, spec in paths if spec.required]
    if any(spec.type == "array" for _, spec in paths) or not (len(paths) == 1 or len(required) == 1):
        return [step]
    if any(name in given for name, _ in paths):
        return [step]
    said = read_sentence(step.text)
    into = {hit.group(1) for hit in re.finditer(r"\b(?:into|to)\s+(\S+)|(\S+)\s*(?:に|へ)", step.text)}
    places = [one for one in dict.fromkeys(said.paths) if one not in into]
    if len(places) <= 1 or len(set(map(_ending, places))) > 1 or not _are_listed(step.text, places):
        return [step]
    return [step._replace(text=_without(step.text, [one for one in places if one != place])) for place in places]


def _are_listed(text: str, places: Sequence[str]) -> bool:
    """Whether places stand beside each other, with nothing between them but what lists them."""
    found = sorted((text.find(place), len(place)) for place in places)
    between = [text[at + size : after] for (at, size), (after, _) in pairwise(found)]
    return all(_LISTS.fullmatch(one) for one in between)


def _is_place(spec: InputSpec) -> bool:
    return format_of(spec) == "path" and not file_kind(spec) and (spec.required or bool(spec.default))


def _ending(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1] if "." in name.strip(".") else ""


def _without(text: str, places: Sequence[str]) -> str:
    for place in sorted(places, key=len, reverse=True):
        text = re.sub(rf"(?<![\w/.~-]){re.escape(place)}(?![\w/])", " ", text)
    return text


# -- order -------------------------------------------------------------------------------------------------------


def own_id(name: str, taken: Collection[str]) -> str:
    """A name as an id that no other step has."""
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 100))) if one not in taken)


def _needs(step: Step, goal: Goal, found: Sequence[Step], number: int) -> tuple[str, ...]:
    """The steps that must have ended: all before it if the words say so, else those that touch the same place."""
    if not number:
        return ()
    same = [one for one in found if one.said != step.said]
    if goal.relation == "then" or step.condition:
        return tuple(one.id for one in same)
    following = [one for one in same if one.needs] and same[-1].needs
    shared = [one for one in same if _shares(one, step)]
    return tuple(dict.fromkeys((*(following or ()), *(one.id for one in shared))))


def _shares(one: Step, other: Step) -> bool:
    """Whether two steps touch the same place, and one of them changes something."""
    if not (changes_something(one.template) or changes_something(other.template)):
        return False
    places = [{*said.paths, *said.loose} for said in (read_sentence(one.text), read_sentence(other.text))]
    return bool(places[0] & places[1])
