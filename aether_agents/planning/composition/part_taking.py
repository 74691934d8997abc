"""Parts of a sentence taken into a step: what it waits for, what it leaves out, of when, on which branch.

What nothing takes is left open, and a person is asked about it.
"""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aether_agents.contracts import Json, Template
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.inputs.input_kind import format_of
from aether_agents.planning.sentence.folder_places import inside
from aether_agents.planning.sentence.moments import moment_of
from aether_agents.planning.sentence.parts import NAMED, Part, masked
from aether_agents.planning.sentence.sentence import read_sentence
from aether_agents.planning.sentence.terms import Reader

#: Inputs that say what is not to be looked at, by name.
_LEFT_OUT = re.compile(r"(?:^|_)(?:leave_out|exclude|excluded?|ignored?|skip|except)(?:_|$)")
_WEEK = re.compile(r"\b(?:last|past|previous) week\b|(?:過去|この|ここ)(?:1|一)週間")
#: Words of an exception, or of a branch, that are not its names.
_AROUND = re.compile(
    r"\b(?:but|and|except(?:ing)?|excluding|exclude|not|for|in|of|the|folder|directory|files?|leaving|leave|out|ignoring"
    r"|ignore|skipping|skip|other|than|apart|aside|from|everything|all|or|including|counting|save|minus|without"
    r"|repos?|repository|repositories|projects?)\b"
    r"|ただし|但し|以外|除|外|[\u3040-\u309f、。,.\s]"
)
_BRANCH = re.compile(
    r"\b(?:on|in|into|to|from|of|for|a|the|new|fresh|called|named|branch)\b|ブランチ|新しい|新規|[「」『』\"'`\s]"
    r"|(?:上で|[にでへの])$"
)
#: All the servers of an inventory, and no others: that is what a template for servers does without a word.
_ALL_HOSTS = re.compile(
    r"(?:on |to |from |across )?(?:(?:every|each|all)\b(?! others?\b)"
    r".*\b(?:machine|server|host|computer|box|vm|workstation)|everywhere\b)"
    r"|(?:すべて|全て|全部|各|それぞれ|全)"
)
_REF = re.compile(r"(?![-/.])(?!.*(?:\.\.|//|@\{|\.lock$))[\w./-]+(?<![/.])")


def take_part(step: Step, part: Part, folder: str, before: Step | None, now: datetime) -> Step:
    """A step with one of its parts taken in, or left open."""
    template = step.template
    taken = step._replace(taken=(*step.taken, part))
    found: Step | None = None
    if part.kind == "order":
        found = taken
    elif part.kind in ("passed", "failed") and before is not None and "status" in before.template.outputs:
        found = taken._replace(condition="passed" if part.kind == "passed" else "failed")
    elif part.kind == "each" and _ALL_HOSTS.match(part.text.lower()) and (hosts := _hosts_of(template)):
        found = taken._replace(inputs={**step.inputs, hosts: template.inputs[hosts].default})
    elif part.kind == "each" and any(format_of(spec) == "path" for spec in template.inputs.values()):
        places = inside(part, folder)
        found = taken._replace(text=f"{step.text} {', '.join(places)}") if places else None
    elif part.kind == "exception":
        found = _left_out(taken, part, folder)
    elif part.kind == "span" and (told := _time(step, part, now)) is not None:
        found = taken._replace(inputs={**step.inputs, **told})
    elif part.kind == "branch" and (branch := _branch(template, part, step, folder)):
        found = taken._replace(inputs={**step.inputs, "branch": branch})
    return found or step._replace(open=(*step.open, part))


def _hosts_of(template: Template) -> str:
    """The input that says which servers; it takes all of them where nothing else is said."""
    return next((name for name, spec in template.inputs.items() if spec.named == "hosts" and spec.default), "")


# -- time --------------------------------------------------------------------------------------------------------


def _time(step: Step, part: Part, now: datetime) -> dict[str, Json] | None:
    """What a time becomes: days that count as recent, or the moment that something is to be of. Not in a comparison."""
    inputs = step.template.inputs
    if "days" in inputs and "days" not in step.inputs and _WEEK.search(part.text.lower()) and not _compares(step):
        return {"days": 7}
    moments = [name for name, spec in inputs.items() if spec.format == "moment" and name not in step.inputs]
    found = moment_of(part.text, now) if len(moments) == 1 else None
    return {moments[0]: found} if found else None


def _compares(step: Step) -> bool:
    """Whether a step asks for a comparison, so that a time is what is compared with."""
    return any(term.deed == "compare" for term in Reader().terms(step.text)) or (
        re.search(r"\b(?:better|worse|higher|lower|more|less|improved?|changed?|than)\b|比べ|比較", step.said.lower())
        is not None
    )


# -- exceptions --------------------------------------------------------------------------------------------------


def _left_out(step: Step, part: Part, folder: str) -> Step | None:
    """A step without what an exception names: one of several places, or something inside the one place it looks at."""
    names = _named(part)
    places = list(dict.fromkeys(read_sentence(step.text).paths))
    listed = {_place(one, folder): one for one in places}
    if names and len(places) > len(names) and all(_place(name, folder) in listed for name in names):
        return step._replace(text=without_places(step.text, [listed[_place(name, folder)] for name in names]))
    name = _exclusion(step.template)
    inner = _inner(step, names, places) if name and names else []
    if not inner:
        return None
    earlier = step.inputs.get(name)
    return step._replace(inputs={**step.inputs, name: [*(earlier if isinstance(earlier, list) else []), *inner]})


def _place(path: str, folder: str) -> str:
    return os.path.normpath(Path(folder or "/") / Path(path))


def _exclusion(template: Template) -> str:
    names = [name for name, spec in template.inputs.items() if _LEFT_OUT.search(name) and spec.type == "array"]
    return names[0] if len(names) == 1 else ""


def _named(part: Part) -> list[str]:
    """The names of an exception, if it consists of names."""
    said = read_sentence(part.text)
    names = [*said.paths, *said.loose, *said.quoted]
    rest = _AROUND.sub("", re.sub(rf"{NAMED}+", " ", masked(part.text)))
    return list(dict.fromkeys(names)) if names and not rest else []


def _inner(step: Step, names: Sequence[str], places: Sequence[str]) -> list[Json]:
    """The names as they are called inside of the one place that the step looks at; none if one lies elsewhere."""
    here = read_sentence(step.text).here
    roots = [one.rstrip("/") for one in places] or ([""] if here else [])
    found: list[Json] = []
    for name in names:
        if not name.startswith((".", "/", "~")):
            found.append(name)
            continue
        inside_of = [root for root in roots if (name.startswith(f"{root}/") if root else name.startswith("./"))]
        if len(roots) != 1 or not inside_of:
            return []
        found.append(name.removeprefix(f"{inside_of[0]}/" if inside_of[0] else "./"))
    return found if roots else []


def without_places(text: str, places: Sequence[str]) -> str:
    """A text without some of its paths."""
    for place in sorted(places, key=len, reverse=True):
        text = re.sub(rf"(?<![\w/.~-]){re.escape(place)}(?![\w/])", " ", text)
    return text


# -- branches ----------------------------------------------------------------------------------------------------


def _branch(template: Template, part: Part, step: Step, folder: str) -> str:
    """The name of a branch, for a template that has an input for it; none where git would not take the name."""
    name = _BRANCH.sub("", part.text)
    if "branch" not in template.inputs or "branch" in step.inputs or _REF.fullmatch(name) is None:
        return ""
    roots = read_sentence(step.text).paths or (".",)
    return "" if any((Path(folder) / one / ".git/refs/heads" / name).exists() for one in roots) else name
