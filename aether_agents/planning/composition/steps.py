"""The steps of a plan: what each goal of a sentence is told, what it waits for, and which parts nothing can take."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import pairwise

from aether_agents.contracts import InputSpec, Template
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.composition.part_taking import take_part, without_places
from aether_agents.planning.inputs.input_kind import file_kind, format_of, is_target
from aether_agents.planning.routing.goals import Goal
from aether_agents.planning.sentence.parts import Part
from aether_agents.planning.sentence.sentence import Mentions, read_sentence
from aether_agents.planning.sentence.vocabulary import vocabulary

_POINTS = re.compile(r"\b(?:it|its|them|there|that|those|these|this|the same)\b|それ|そこ|これ|この|同じ")
#: "back it up there", and no "is there".
_THERE = re.compile(
    r"(?<!\bis)(?<!\bare)(?<!\bif)(?<!\bwhether)\s(?:in |to |into )?there(?=\s*(?:[.,;!]|$| too| as well| and))"
    r"|そこ[にへ]"
)
#: What stands between the things of a list.
_LISTS = re.compile(
    r"[\s,、]*(?:and|as well as|plus|&|と|および|及び|ならびに|や)?[\s,、]*(?:of|in|for)?\s*", re.IGNORECASE
)


def steps_of(goals: Sequence[Goal], folder: str, now: datetime, given: Collection[str] = ()) -> list[Step]:
    """The steps of some goals, in their order; `now` is when it was asked, `given` are the inputs given by name."""
    texts = _with_places(goals)
    found: list[Step] = []
    for number, (goal, text) in enumerate(zip(goals, texts, strict=True)):
        step = _step(goal, text, folder, found[-1] if found else None, now)
        if _is_nowhere(step, found):
            step = step._replace(open=(*step.open, Part("place", goal.said, 0, 0)))
        for one in _fanned_out(step, given):
            name = one.template.name.replace("-", "_")[:36]
            fresh = one._replace(id=own_id(name, {step.id for step in found}))
            found.append(fresh._replace(needs=_needs(fresh, goal, found, number)))
    return found


def _step(goal: Goal, text: str, folder: str, before: Step | None, now: datetime) -> Step:
    step = Step("", goal.template, text, goal.said, goal.score)
    for part in sorted(goal.parts, key=_turn):
        step = take_part(step, part, folder, before, now)
    if (nowhere := _THERE.search(step.text)) is not None:
        step = step._replace(open=(*step.open, Part("place", nowhere.group().strip(), 0, 0)))
    return step


def _is_nowhere(step: Step, before: Sequence[Step]) -> bool:
    """Whether a step would change the caller's own folder only because it names none, and one before it does."""
    said = read_sentence(step.text)
    if not changes_something(step.template) or said.paths or said.loose or said.here or step.inputs:
        return False
    usual = any(format_of(spec) == "path" and spec.default in (".", ["."]) for spec in step.template.inputs.values())
    return usual and any(read_sentence(one.text).paths for one in before)


def _turn(part: Part) -> int:
    """All that there is before what is excepted of it."""
    return {"each": 0, "exception": 2}.get(part.kind, 1)


# -- places ------------------------------------------------------------------------------------------------------


def _with_places(goals: Sequence[Goal]) -> list[str]:
    """The words of each goal; one that names no place of its own has that of the goal it goes with."""
    said = [read_sentence(goal.text) for goal in goals]
    texts = [goal.text for goal in goals]
    for at, goal in enumerate(goals):
        own = said[at]
        texts[at] = _there(goal, texts, at)
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


def _there(goal: Goal, texts: Sequence[str], at: int) -> str:
    """The words of a goal with "there" written as the one folder that was named last."""
    text = texts[at]
    if at and _THERE.search(text):
        found = [one for other in reversed(texts[:at]) for one in read_sentence(other).paths if not _ending(one)]
        into = any(is_target(spec) for spec in goal.template.inputs.values() if format_of(spec) == "path")
        if found and found[0] not in text:
            return _THERE.sub(f" {'into' if into else 'in'} {found[0]} ", text)
    return text


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
    kinds = {file_kind(spec) for spec in step.template.inputs.values()} - {
        ""
    }  # a file of such a kind is another input's
    places = [one for one in dict.fromkeys(said.paths) if one not in into and f".{_ending(one)}" not in kinds]
    if len(places) <= 1 or len(set(map(_ending, places))) > 1 or not _are_listed(step.text, places):
        return [step]
    return [step._replace(text=without_places(step.text, [one for one in places if one != place])) for place in places]


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
