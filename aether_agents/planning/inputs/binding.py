"""Inputs bound: from what was given by name, then the sentence, then the context, then defaults. Never invented."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from aether_agents.contracts import HighLevelTask, InputSpec, Json, Template
from aether_agents.documents.suggestion import nearest
from aether_agents.planning.inputs.bare_names import bare_names, said_by_verb, without_bare_names
from aether_agents.planning.inputs.input_kind import (
    concepts_of,
    format_of,
    goes_into,
    is_share,
    is_text,
    words_of,
)
from aether_agents.planning.inputs.path_slots import PathSlots
from aether_agents.planning.inputs.said_values import named_figures, says_yes
from aether_agents.planning.sentence.sentence import Mentions, read_sentence
from aether_agents.planning.sentence.units import SECONDS, VAGUE, singular, unit_of

#: The inputs of what takes something from one place to another.
_ENDS = ("source", "target")
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
    of_context: tuple[str, ...] = ()  #: inputs that the context gave


def bind(template: Template, task: HighLevelTask, context: Mapping[str, Json]) -> Binding:
    """Bind the inputs of a template for a task; `context` holds the context's own inputs."""
    return _Binder(template, task, context).bind()


class _Binder(PathSlots):
    def bind(self) -> Binding:
        faults = tuple(self._unknown())
        for name, value in self.task.inputs.items():
            if name in self.template.inputs and value is not None:
                self.take(name, value)
        said = read_sentence(self.task.description if self.task.document is None else "")  # a plan file says it all
        self._from_sentence(said)
        given = [name for name in self.open() if name in self.context]
        for name in given:
            self.take(name, self.context[name])
        for name in self.open():
            self._default(name, self.template.inputs[name])
        self.turned(said)
        ordered = {name: self.values.get(name) for name in self.template.inputs}
        return Binding(ordered, self.asked, faults, tuple(self._unused(said)), self.sources, tuple(given))

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
        elif spec.unless and (self.values.get(spec.unless) or spec.unless in self.asked):
            self.take(name, [])
        elif spec.required:
            self.ask(name)

    # -- from the sentence -------------------------------------------------------------------------------------

    def _from_sentence(self, said: Mentions) -> None:
        self._exchange(said)
        self._bare()
        self.places(said)
        self._ends(said.addresses)
        self.fill([name for name in self.open() if format_of(self.spec(name)) == "url"], said.addresses)
        ends = [name for name in self.open() if format_of(self.spec(name)) == "endpoint"]
        self.fill(ends, (*said.addresses, *said.hosts))
        texts = [name for name in self.open() if is_text(self.spec(name)) and self.spec(name).required]
        self.fill(texts, said.quoted)
        self._quoted([text for text in said.quoted if text not in self.taken and not self.is_given(text)])
        self._percents(said.percents)
        self._by_words(said)
        for name in self.open():
            spec = self.spec(name)
            if spec.enum is not None:
                self.fill([name], words_of(spec, said.rest))
            elif spec.type in {"integer", "number"}:
                self._count(name, said.numbers, whole=spec.type == "integer")

    def _ends(self, addresses: Sequence[str]) -> None:
        """Two addresses, one of which something goes into, to the two inputs that are named so: "A to B"."""
        if len(set(addresses)) != len(_ENDS) or not set(_ENDS) <= {*self.open()}:
            return
        into = [one for one in addresses if goes_into(one, self.task.description)]
        if len(into) == 1:
            self.fill([_ENDS[0]], [one for one in addresses if one not in into])
            self.fill([_ENDS[1]], into)

    def _quoted(self, texts: Sequence[str]) -> None:
        """A quoted text that nothing must have: it goes to the one input for text that may have it."""
        may = [name for name in self.open() if is_text(self.spec(name)) and not self.spec(name).named]
        if len(texts) == len(may) == 1 and self.spec(may[0]).type == "string":
            self.fill(may, texts)

    def _bare(self) -> None:
        """Names without quotes, and the value that the verb gives; another verb leaves it open, whatever is usual."""
        text = self.task.description if self.task.document is None else ""
        scoped = any(spec.named == "hosts" and name in self.values for name, spec in self.template.inputs.items())
        names = bare_names(self.template, text, scoped=scoped)
        for name in [name for name in self.open() if name in names]:
            self._named(name, names[name])
        rest = without_bare_names(text, names)
        for name in [name for name in self.open() if self.spec(name).by_verb]:
            verbs, others = said_by_verb(self.spec(name), rest)
            values = {str(self.spec(name).by_verb[verb]) for verb in verbs}
            if len(values) == 1 and not others:
                self.sources[name] = tuple(verbs)
                self.take(name, values.pop())
            elif verbs or others:
                self.ask(name)

    def _named(self, name: str, names: Sequence[str]) -> None:
        if self.spec(name).named == "hosts":
            self.taken |= {*names}
            self.sources[name] = tuple(names)
            self.take(name, ",".join(names))
        else:
            self.fill([name], names)

    def _by_words(self, said: Mentions) -> None:
        """What words say yes to, and numbers behind the word that names their input."""
        for name in self.open():
            if yes := says_yes(self.spec(name), self.task.description):
                self.sources[name] = (yes,)
                self.take(name, value=True)
        numeric = {name: self.spec(name) for name in self.open() if self.spec(name).type in {"integer", "number"}}
        for name, figures in named_figures(numeric, said.rest).items():
            self.fill([name], figures)

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
        named = (*said.paths, *said.loose, *said.addresses, *said.hosts, *said.quoted, *said.figures)
        named += said.exchange or ()
        yield from (text for text in dict.fromkeys(named) if text not in self.taken and not self.is_given(text))
