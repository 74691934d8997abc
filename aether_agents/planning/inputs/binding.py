"""Inputs bound: from what was given by name, then the sentence, then the context, then defaults. Never invented."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from aether_agents.contracts import HighLevelTask, InputSpec, Json, Template
from aether_agents.documents.suggestion import nearest
from aether_agents.planning.inputs.input_kind import (
    concepts_of,
    file_kind,
    format_of,
    goes_into,
    is_share,
    is_target,
    is_text,
    may_be_gone,
    words_of,
)
from aether_agents.planning.inputs.slots import Slots
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
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: by input: the words it came from


def bind(template: Template, task: HighLevelTask, context: Mapping[str, Json]) -> Binding:
    """Bind the inputs of a template for a task; `context` holds the context's own inputs."""
    return _Binder(template, task, context).bind()


class _Binder(Slots):
    def bind(self) -> Binding:
        faults = tuple(self._unknown())
        for name, value in self.task.inputs.items():
            if name in self.template.inputs and value is not None:
                self.take(name, value)
        said = read_sentence(self.task.description if self.task.document is None else "")  # a plan file says it all
        self._from_sentence(said)
        for name in self.open():
            if name in self.context:
                self.take(name, self.context[name])
        for name in self.open():
            self._default(name, self.template.inputs[name])
        ordered = {name: self.values.get(name) for name in self.template.inputs}
        return Binding(ordered, self.asked, faults, tuple(self._unused(said)), self.sources)

    def _unknown(self) -> Iterator[str]:
        known = list(self.template.inputs)
        for name in self.task.inputs:
            if name not in known:
                there = f"it takes {', '.join(known)}" if known else "it takes none"
                hint = nearest(name, known)
                yield f"`{self.template.name}` has no input `{name}`{hint}; {there}"

    def _default(self, name: str, spec: InputSpec) -> None:
        if spec.default is not None:
            self.take(name, spec.default)
        elif spec.required:
            self.ask(name)

    # -- from the sentence -------------------------------------------------------------------------------------

    def _from_sentence(self, said: Mentions) -> None:
        self._exchange(said)
        self._places(said)
        self.fill([name for name in self.open() if format_of(self.spec(name)) == "url"], said.addresses)
        ends = [name for name in self.open() if format_of(self.spec(name)) == "endpoint"]
        self.fill(ends, (*said.addresses, *said.hosts))
        texts = [name for name in self.open() if is_text(self.spec(name)) and self.spec(name).required]
        self.fill(texts, said.quoted)
        self._percents(said.percents)
        for name in self.open():
            spec = self.spec(name)
            if spec.enum is not None:
                self.fill([name], words_of(spec, said.rest))
            elif spec.type in {"integer", "number"}:
                self._count(name, said.numbers, whole=spec.type == "integer")

    def _exchange(self, said: Mentions) -> None:
        """Two texts, the second for the first, to the two inputs that are named so."""
        if said.exchange is not None and set(EXCHANGED) <= set(self.template.inputs):
            for name, text in zip(EXCHANGED, said.exchange, strict=True):
                if name in self.open():
                    self.sources[name] = (text,)
                    self.take(name, text)

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
                    self.ask(name, f"`{number} {word}` in the request is no {exact} number of {counted}s")
                    return
            elif unit in words:
                value = Fraction(number)
            else:
                continue
            found.append(str(value) if value.denominator == 1 else str(float(value)))
        self.fill([name], found)

    def _places(self, said: Mentions) -> None:
        """Paths. One that no input can take is asked about: another folder must not be used in its place."""
        given = [name for name in self.values if format_of(self.spec(name)) == "path"]
        self._files_by_kind([text for text in (*said.paths, *said.loose, *said.quoted) if not self.is_given(text)])
        self._targets([text for text in (*said.paths, *said.loose) if not self.is_given(text)])
        inputs = [name for name in self.open() if format_of(self.spec(name)) == "path"]
        inputs = [name for name in inputs if self.spec(name).required or self.spec(name).default]  # others: by name
        said = _without(said, self.taken)
        if not inputs:
            return
        loose = list(said.loose)
        if not any(is_text(self.spec(name)) for name in self.open()):
            loose += said.quoted
        certain = [*said.paths, *(text for text in loose if self.is_there(text))]
        if given:  # no guess which of the others it is: what is given by name may be what the sentence means, too
            certain = [text for text in certain if not self.is_given(text)]
            fitting = [name for name in inputs if not file_kind(self.spec(name))]
            self.fill(fitting, certain)
            if certain and inputs and not fitting:
                self.ask(inputs[0], f"`{certain[0]}` in the request could be meant")
            return
        foreign = [text for text in said.loose if "/" in text and text not in certain]
        foreign += [text for text in said.quoted if text in loose and text.isascii() and text not in certain]
        takes_address = any(format_of(self.spec(name)) in {"url", "endpoint"} for name in self.open())
        foreign += [] if takes_address else said.addresses
        if foreign:
            self.ask(inputs[0], f"`{foreign[0]}` in the request is no file or folder here")
        elif certain:
            folders = [name for name in inputs if not file_kind(self.spec(name))]
            self.fill(folders if folders and not any(Path(one).suffix for one in certain) else inputs, certain)
            self._missing(certain)
        elif said.here and len(inputs) == 1 and self.task.folder:
            self.take(inputs[0], ".")

    def _missing(self, places: Sequence[str]) -> None:
        """A place to look at that is not there is asked about, where the caller's folder can be seen from here."""
        for name, value in list(self.values.items()):
            spec = self.spec(name)
            if format_of(spec) != "path" or may_be_gone(spec) or name not in self.sources:
                continue
            for place in value if isinstance(value, list) else [value]:
                gone = Path(str(place))
                if gone.parent.is_dir() and Path(self.task.folder or "").is_dir() and not gone.exists():
                    said = next((one for one in places if gone.name in one), str(place))
                    self.values.pop(name, None)
                    self.ask(name, f"`{said}` in the request is no file or folder here")

    def _targets(self, texts: Sequence[str]) -> None:
        """What the sentence puts something into, to the one input that says what goes into it."""
        into = [text for text in texts if text not in self.taken and goes_into(text, self.task.description)]
        inputs = [name for name in self.open() if format_of(self.spec(name)) == "path" and is_target(self.spec(name))]
        inputs = [name for name in inputs if all(file_kind(self.spec(name)) in ("", Path(one).suffix) for one in into)]
        others = [text for text in texts if text not in into and text not in self.taken]
        if len(into) == 1 and len(inputs) == 1 and (others or not self.spec(inputs[0]).required):
            self.fill(inputs, into)

    def _files_by_kind(self, texts: Sequence[str]) -> None:
        """A file of the kind that one input has by default is that input's, whether it is there yet or not."""
        for name in [name for name in self.open() if file_kind(self.spec(name))]:
            kind = file_kind(self.spec(name))
            rivals = [other for other in self.open() if file_kind(self.spec(other)) == kind]
            if len(rivals) == 1 and self.spec(name).type == "string":
                self.fill([name], [text for text in texts if Path(text).suffix == kind and not text.endswith("/")])

    def _percents(self, percents: Sequence[tuple[str, str]]) -> None:
        """Shares of a hundred, each to the input that its clause is about, or that alone the sentence is about."""
        inputs = [name for name in self.template.inputs if is_share(self.spec(name))]
        about = {name: concepts_of(name.replace("_", " ")) for name in inputs}
        shared = set.intersection(*about.values()) if len(about) > 1 else set()
        whole = concepts_of(" ".join(clause for _, clause in percents) + " " + self.task.description)
        found: dict[str, list[str]] = {}
        for number, clause in percents if inputs else ():
            near = [name for name in inputs if (about[name] - shared) & concepts_of(clause)]
            meant = near or [name for name in inputs if (about[name] - shared) & whole]
            could = [name for name in meant or inputs if name in self.open()]
            if len(meant) == 1:
                found.setdefault(meant[0], []).append(number)
            elif could:
                self.ask(could[0], f"`{number} %` in the request could be {' or '.join(could)}")
        for name, numbers in found.items():
            if name in self.open():
                self.fill([name], numbers)

    def _unused(self, said: Mentions) -> Iterator[str]:
        """What the sentence names and nothing took: a person must learn that it had no effect."""
        named = (*said.paths, *said.loose, *said.addresses, *said.hosts, *said.figures)
        named += said.exchange or ()
        yield from (text for text in dict.fromkeys(named) if text not in self.taken and not self.is_given(text))


def _without(said: Mentions, taken: Container[str]) -> Mentions:
    return said._replace(
        paths=tuple(text for text in said.paths if text not in taken),
        loose=tuple(text for text in said.loose if text not in taken),
        quoted=tuple(text for text in said.quoted if text not in taken),
    )
