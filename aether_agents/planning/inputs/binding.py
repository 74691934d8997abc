"""Inputs bound: from what was given by name, then the sentence, then the context, then defaults. Never invented."""

import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from aether_agents.contracts import HighLevelTask, InputSpec, Json, Template
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask
from aether_agents.planning.inputs.coercion import coerce
from aether_agents.planning.inputs.input_kind import concepts_of, file_kind, format_of, is_share, is_text, words_of
from aether_agents.planning.sentence.sentence import Mentions, read_sentence
from aether_agents.planning.sentence.units import SECONDS, VAGUE, singular, unit_of

#: The inputs that an exchange is for: the text to look for, and the one in its place.
EXCHANGED = ("find", "replace")


@dataclass(frozen=True)
class Binding:
    """What became of a template's inputs."""

    values: dict[str, Json] = field(default_factory=dict)  #: every input; null for an optional one left out
    asked: dict[str, str] = field(default_factory=dict)  #: inputs a person must give, each with the question
    faults: tuple[str, ...] = ()  #: what was given and is not known
    unused: tuple[str, ...] = ()  #: paths, addresses and numbers of the sentence that nothing took


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
        self.taken: set[str] = set()  # words of the sentence that became a value, or that a question is about

    def bind(self) -> Binding:
        faults = tuple(self._unknown())
        for name, value in self.task.inputs.items():
            if name in self.template.inputs and value is not None:
                self._take(name, value)
        said = read_sentence(self.task.description if self.task.document is None else "")  # a plan file says it all
        self._from_sentence(said)
        for name in self._open():
            if name in self.context:
                self._take(name, self.context[name])
        for name in self._open():
            self._default(name, self.template.inputs[name])
        ordered = {name: self.values.get(name) for name in self.template.inputs}
        return Binding(ordered, self.asked, faults, tuple(self._unused(said)))

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
        self._exchange(said)
        self._places(said)
        self._fill([name for name in self._open() if format_of(self._spec(name)) == "url"], said.addresses)
        ends = [name for name in self._open() if format_of(self._spec(name)) == "endpoint"]
        self._fill(ends, (*said.addresses, *said.hosts))
        texts = [name for name in self._open() if is_text(self._spec(name)) and self._spec(name).required]
        self._fill(texts, said.quoted)
        self._percents(said.percents)
        for name in self._open():
            spec = self._spec(name)
            if spec.enum is not None:
                self._fill([name], words_of(spec, said.rest))
            elif spec.type in {"integer", "number"}:
                self._count(name, said.numbers, whole=spec.type == "integer")

    def _exchange(self, said: Mentions) -> None:
        """Two texts, the second for the first, to the two inputs that are named so."""
        if said.exchange is not None and set(EXCHANGED) <= set(self.template.inputs):
            for name, text in zip(EXCHANGED, said.exchange, strict=True):
                if name in self._open():
                    self._take(name, text)

    def _count(self, name: str, numbers: Sequence[tuple[str, str]], *, whole: bool) -> None:
        """Numbers whose unit is what the input counts: `30 days` for `days`, `50 commits` for `max_commits`."""
        words = {singular(word) for word in name.lower().split("_")}
        counted = next((word for word in words if word in SECONDS), "")
        found: list[str] = []
        units = {*SECONDS, *VAGUE}
        for number, word in numbers:
            unit = unit_of(word)
            self.taken |= {number} if unit in words or (counted and unit in units) else set()
            if counted and unit in units:
                seconds = Fraction(SECONDS.get(unit, 0))
                value = Fraction(number) * seconds / SECONDS[counted]
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
        given = [name for name in self.values if format_of(self._spec(name)) == "path"]
        self._files_by_kind([text for text in (*said.paths, *said.loose, *said.quoted) if not self._given(text)])
        inputs = [name for name in self._open() if format_of(self._spec(name)) == "path"]
        inputs = [name for name in inputs if self._spec(name).required or self._spec(name).default]  # others: by name
        said = _without(said, self.taken)
        if not inputs:
            return
        loose = list(said.loose)
        if not any(is_text(self._spec(name)) for name in self._open()):
            loose += said.quoted
        certain = [*said.paths, *(text for text in loose if self._is_there(text))]
        if given:  # no guess which of the others it is: what is given by name may be what the sentence means, too
            certain = [text for text in certain if not self._given(text)]
            fitting = [name for name in inputs if not file_kind(self._spec(name))]
            self._fill(fitting, certain)
            if certain and inputs and not fitting:
                self._ask(inputs[0], f"`{certain[0]}` in the request could be meant")
            return
        foreign = [text for text in said.loose if "/" in text and text not in certain]
        foreign += [text for text in said.quoted if text in loose and text.isascii() and text not in certain]
        takes_address = any(format_of(self._spec(name)) in {"url", "endpoint"} for name in self._open())
        foreign += [] if takes_address else said.addresses
        if foreign:
            self._ask(inputs[0], f"`{foreign[0]}` in the request is no file or folder here")
        elif certain:
            self._fill(inputs, certain)
        elif said.here and len(inputs) == 1 and self.task.folder:
            self._take(inputs[0], ".")

    def _files_by_kind(self, texts: Sequence[str]) -> None:
        """A file of the kind that one input has by default is that input's, whether it is there yet or not."""
        for name in [name for name in self._open() if file_kind(self._spec(name))]:
            kind = file_kind(self._spec(name))
            rivals = [other for other in self._open() if file_kind(self._spec(other)) == kind]
            if len(rivals) == 1 and self._spec(name).type == "string":
                self._fill([name], [text for text in texts if Path(text).suffix == kind and not text.endswith("/")])

    def _percents(self, percents: Sequence[tuple[str, str]]) -> None:
        """Shares of a hundred, each to the input that its clause is about, or that alone the sentence is about."""
        inputs = [name for name in self.template.inputs if is_share(self._spec(name))]
        about = {name: concepts_of(name.replace("_", " ")) for name in inputs}
        shared = set.intersection(*about.values()) if len(about) > 1 else set()
        whole = concepts_of(" ".join(clause for _, clause in percents) + " " + self.task.description)
        found: dict[str, list[str]] = {}
        for number, clause in percents if inputs else ():
            near = [name for name in inputs if (about[name] - shared) & concepts_of(clause)]
            meant = near or [name for name in inputs if (about[name] - shared) & whole]
            could = [name for name in meant or inputs if name in self._open()]
            if len(meant) == 1:
                found.setdefault(meant[0], []).append(number)
            elif could:
                self._ask(could[0], f"`{number} %` in the request could be {' or '.join(could)}")
        for name, numbers in found.items():
            if name in self._open():
                self._fill([name], numbers)

    def _unused(self, said: Mentions) -> Iterator[str]:
        """What the sentence names and nothing took: a person must learn that it had no effect."""
        named = (*said.paths, *said.loose, *said.addresses, *said.hosts, *said.figures)
        named += said.exchange or ()
        yield from (text for text in dict.fromkeys(named) if text not in self.taken and not self._given(text))

    def _given(self, text: str) -> bool:
        """Whether it is a value already, by name or from the sentence."""
        known = [one for value in self.values.values() for one in (value if isinstance(value, list) else [value])]
        place = os.path.normpath(Path(self.task.folder or "/") / Path(text).expanduser())
        return any(str(one) in {text, place} for one in known)

    def _is_there(self, text: str) -> bool:
        return bool(self.task.folder) and (Path(self.task.folder) / text).exists()

    def _fill(self, names: Sequence[str], found: Sequence[str]) -> None:
        """Give what was found to the one input that can take it; ask when it could mean several things."""
        distinct = list(dict.fromkeys(found))
        if not names or not distinct:
            return
        self.taken.update(distinct)
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


def _without(said: Mentions, taken: Container[str]) -> Mentions:
    return said._replace(
        paths=tuple(text for text in said.paths if text not in taken),
        loose=tuple(text for text in said.loose if text not in taken),
        quoted=tuple(text for text in said.quoted if text not in taken),
    )
