"""Inputs bound: from what was given by name, then the sentence, then the context, then defaults. Never invented."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from aether_agents.contracts import HighLevelTask, InputSpec, Json, Template
from aether_agents.document import nearest
from aether_agents.errors import InvalidTask
from aether_agents.planning.coercion import coerce
from aether_agents.planning.sentence import Mentions, read_sentence

#: Exact conversions only: a month is no fixed number of days.
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_UNITS = {
    **{"sec": "second", "min": "minute", "秒": "second", "分": "minute", "時間": "hour", "日": "day", "週": "week"},
    **{"ヶ月": "month", "か月": "month", "年": "year"},
}
_VAGUE = frozenset({"month", "quarter", "year"})


@dataclass(frozen=True)
class Binding:
    """What became of a template's inputs."""

    values: dict[str, Json] = field(default_factory=dict)  #: every input; null for an optional one left out
    asked: dict[str, str] = field(default_factory=dict)  #: inputs a person must give, each with the question
    faults: tuple[str, ...] = ()  #: what was given and is not known


def bind(template: Template, task: HighLevelTask, context: Mapping[str, Json]) -> Binding:
    """Bind the inputs of a template for a task; `context` holds the context's own inputs."""
    return _Binder(template, task, context).bind()


class _Binder:
    def __init__(self, template: Template, task: HighLevelTask, context: Mapping[str, Json]) -> None:
        self.template = template
        self.task = task
        self.context = context
        self.values: dict[str, Json] = {}
        self.asked: dict[str, str] = {}

    def bind(self) -> Binding:
        faults = tuple(self._unknown())
        for name, value in self.task.inputs.items():
            if name in self.template.inputs and value is not None:
                self._take(name, value)
        if self.task.document is None:  # a plan file says it all: its sentence is a label
            self._from_sentence(read_sentence(self.task.description))
        for name in self._open():
            if name in self.context:
                self._take(name, self.context[name])
        for name in self._open():
            self._default(name, self.template.inputs[name])
        ordered = {name: self.values.get(name) for name in self.template.inputs}
        return Binding(ordered, self.asked, faults)

    def _unknown(self) -> Iterator[str]:
        known = list(self.template.inputs)
        for name in self.task.inputs:
            if name not in known:
                there = f"it takes {', '.join(known)}" if known else "it takes none"
                hint = nearest(name, known)
                yield f"`{self.template.name}` has no input `{name}`{hint}; {there}"

    def _open(self) -> list[str]:
        return [name for name in self.template.inputs if name not in self.values and name not in self.asked]

    def _take(self, name: str, value: Json) -> None:
        try:
            self.values[name] = coerce(self.template.inputs[name], value, self.task.folder)
        except InvalidTask as error:
            self._ask(name, f"`{name}` {error}")

    def _ask(self, name: str, why: str = "") -> None:
        spec = self.template.inputs[name]
        question = spec.prompt or spec.description or f"Which {name}?"
        self.asked[name] = f"{why}. {question}" if why else question

    def _default(self, name: str, spec: InputSpec) -> None:
        if spec.default is not None:
            self._take(name, spec.default)
        elif spec.required:
            self._ask(name)

    # -- from the sentence -------------------------------------------------------------------------------------

    def _from_sentence(self, said: Mentions) -> None:
        self._places(said)
        self._fill([name for name in self._open() if _format(self._spec(name)) == "url"], said.addresses)
        ends = [name for name in self._open() if _format(self._spec(name)) == "endpoint"]
        self._fill(ends, (*said.addresses, *said.hosts))
        texts = [name for name in self._open() if _is_text(self._spec(name)) and self._spec(name).required]
        self._fill(texts, said.quoted)
        for name in self._open():
            spec = self._spec(name)
            if spec.enum is not None:
                self._fill([name], _words_of(spec, said.rest))
            elif spec.type in {"integer", "number"}:
                self._count(name, said.numbers, whole=spec.type == "integer")

    def _count(self, name: str, numbers: Sequence[tuple[str, str]], *, whole: bool) -> None:
        """Numbers whose unit is what the input counts: `30 days` for `days`, `50 commits` for `max_commits`."""
        words = {_singular(word) for word in name.lower().split("_")}
        counted = next((word for word in words if word in _SECONDS), "")
        found: list[str] = []
        for number, word in numbers:
            unit = _unit(word)
            if counted and unit in {*_SECONDS, *_VAGUE}:
                seconds = Fraction(_SECONDS.get(unit, 0))
                value = Fraction(number) * seconds / _SECONDS[counted]
                if not seconds or (whole and value.denominator != 1):
                    exact = "whole" if seconds else "fixed"
                    self._ask(name, f"`{number} {word}` in the request is no {exact} number of {counted}s")
                    return
            elif unit in words:
                value = Fraction(number)
            else:
                continue
            found.append(str(value) if value.denominator == 1 else str(float(value)))
        self._fill([name], found)

    def _places(self, said: Mentions) -> None:
        """Paths. One that no input can take is asked about: another folder must not be used in its place."""
        given = [name for name in self.values if _format(self._spec(name)) == "path"]
        inputs = [name for name in self._open() if _format(self._spec(name)) == "path"]
        if given or not inputs:
            return
        loose = list(said.loose)
        if not any(_is_text(self._spec(name)) for name in self._open()):
            loose += said.quoted
        certain = [*said.paths, *(text for text in loose if self._is_there(text))]
        foreign = [text for text in said.loose if "/" in text and text not in certain]
        foreign += [text for text in said.quoted if text in loose and text.isascii() and text not in certain]
        takes_address = any(_format(self._spec(name)) in {"url", "endpoint"} for name in self._open())
        foreign += [] if takes_address else said.addresses
        if foreign:
            self._ask(inputs[0], f"`{foreign[0]}` in the request is no file or folder here")
        elif certain:
            self._fill(inputs, certain)
        elif said.here and len(inputs) == 1 and self.task.folder:
            self._take(inputs[0], ".")

    def _is_there(self, text: str) -> bool:
        return bool(self.task.folder) and (Path(self.task.folder) / text).exists()

    def _fill(self, names: Sequence[str], found: Sequence[str]) -> None:
        """Give what was found to the one input that can take it; ask when it could mean several things."""
        distinct = list(dict.fromkeys(found))
        if not names or not distinct:
            return
        shown = ", ".join(f"`{text}`" for text in distinct)
        required = [name for name in names if self._spec(name).required]
        targets = required if len(required) == 1 else list(names)
        if len(targets) > 1:
            for name in targets:
                self._ask(name, f"{shown} in the request could be {' or '.join(targets)}")
        elif self._spec(targets[0]).type == "array":
            self._take(targets[0], list(distinct))
        elif len(distinct) == 1:
            self._take(targets[0], distinct[0])
        else:
            self._ask(targets[0], f"the request names {shown}, and one is wanted")

    def _spec(self, name: str) -> InputSpec:
        return self.template.inputs[name]


def _format(spec: InputSpec) -> str | None:
    return spec.items.format if spec.type == "array" and spec.items else spec.format


def _is_text(spec: InputSpec) -> bool:
    inner = spec.items if spec.type == "array" and spec.items else spec
    return inner.type == "string" and inner.format in {None, "text"} and inner.enum is None


def _words_of(spec: InputSpec, text: str) -> list[str]:
    """The values of an enumeration that a sentence names as whole words."""
    return [
        choice
        for choice in spec.enum or ()
        if isinstance(choice, str) and re.search(rf"(?<![\w-]){re.escape(choice)}(?![\w-])", text, re.IGNORECASE)
    ]


def _unit(word: str) -> str:
    foreign = next((unit for sign, unit in _UNITS.items() if not word.isascii() and word.startswith(sign)), "")
    return foreign or _UNITS.get(word) or _singular(word)


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > len("its") else word
