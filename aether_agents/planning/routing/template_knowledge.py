"""What the texts of a template speak of, and what it does: its deeds, their direction, the places it takes."""

import re
from collections.abc import Collection, Iterable, Sequence

from aether_agents.contracts import Template
from aether_agents.planning.inputs.input_kind import format_of
from aether_agents.planning.sentence.clauses import opening_of, read_request
from aether_agents.planning.sentence.terms import Reader, Term
from aether_agents.planning.sentence.vocabulary import CJK, vocabulary

_PURPOSE = re.compile(r"\s+[-–—]\s+|:\s|。")
_WAY = re.compile(r"\bfrom (?:an? |the )?([\w+#-]+) (?:in)?to (?:an? |the )?([\w+#-]+)", re.IGNORECASE)
_LONG_WORD = 5
_CJK = re.compile(rf"[{CJK}]")
#: A deed that means each of these.
_MEANS = {"scale": ("scale-up", "scale-down")}


class Knowledge:
    """What the texts of one template speak of, and what it does."""

    def __init__(
        self,
        headline: Sequence[Term],
        further: Sequence[Term],
        deeds: Sequence[str] = (),
        direction: tuple[str, str] | None = None,
    ) -> None:
        """`headline` is the name and the description; `further` are the examples and the names of inputs.

        `deeds` are declared, the main one first; without any, the verbs of the headline say what it does.
        """
        listed = [*headline, *further]
        self.tokens = frozenset(term.token for term in listed)
        self.concepts = frozenset(term.concept for term in listed if term.concept)
        done = list(deeds) or [term.deed for term in headline if term.deed]
        changing = [deed for deed in done if vocabulary().changes(deed)]
        self.main = changing[0] if changing else ""
        self._mains = frozenset({self.main})
        if deeds and deeds[0] != self.main:  # it is declared to look first of all
            self.main = ""
        self.deeds = frozenset((*done, *(part for deed in done for part in _MEANS.get(deed, ()))))
        self.direction = direction
        self.declared = deeds[0] if deeds else ""
        self._by_length: dict[int, list[str]] = {}
        for token in self.tokens:
            self._by_length.setdefault(len(token), []).append(token)
        self._pairs = frozenset(pair for token in self.tokens if _CJK.search(token) for pair in _pairs(token))

        self._name: tuple[Term, ...] = ()
        self.looking: frozenset[str] = frozenset()  #: words of its name that say how it looks: "prove", "audit"
        self._kinds: frozenset[str] | None = None  #: of things that its paths hold
        self.questions: frozenset[str] = frozenset()  #: how the questions among its examples begin

    def with_verbs(self, template: Template) -> "Knowledge":
        """The same, which does each of its deeds first of all where an input says which: "start, stop or restart"."""
        if any(spec.by_verb for spec in template.inputs.values()):
            self._mains = frozenset(deed for deed in template.deed if vocabulary().changes(deed))
        return self

    def with_inputs(self, name: Sequence[Term], places: Sequence[Term] | None) -> "Knowledge":
        """The same with the words of the name, and what the inputs for paths say that they hold; none has no inputs."""
        self.looking = frozenset(term.word for term in name if term.looks)
        self._name = tuple(term for term in name if not term.deed and not term.common and not term.looks)
        self._kinds = None if places is None else frozenset(term.concept for term in places)
        return self

    def takes(self, kind: str) -> bool:
        """Whether a place of a kind can be given to it; one without inputs takes whatever is named."""
        return self._kinds is None or kind in self._kinds

    def is_main(self, asked: Collection[str]) -> bool:
        """Whether what it does first of all is asked for."""
        return not {*self._mains, *_MEANS.get(self.main, ())}.isdisjoint(asked)

    def said_of_name(self, terms: Sequence[Term]) -> float:
        """The share of its name that a request says."""
        said = {term.token for term in terms} | {term.concept for term in terms if term.concept}
        own = [term.token in said or (term.concept in said if term.concept else False) for term in self._name]
        return sum(own) / len(own) if own else 0.0

    def foreign(self, terms: Iterable[Term]) -> list[str]:
        """The words of a request that ask for what it does not do."""
        known = vocabulary()
        return [term.word for term in terms if term.deed and not known.looks(term.deed) and term.deed not in self.deeds]

    def is_asked_for(self, terms: Sequence[Term], *, asks: bool = False) -> bool:
        """Whether a request names what the template changes. One that changes nothing need not be asked for.

        A noun that names the deed is a request only where no verb says what to do with it, and not in a question.
        """
        if not self.main:
            return True
        asked = {term.deed for term in terms if term.changes and not term.means}
        if not asked and not asks and not any(term.deed for term in terms):
            asked = {term.named for term in terms}
        return self.is_main(asked)

    def does_just_that(self, terms: Sequence[Term], other: "Knowledge") -> bool:
        """Whether of two that are as near, this one declares the very deed that is asked for, and the other another."""
        asked = {term.deed for term in terms if term.deed}
        return len(asked) == 1 and self.declared in asked and other.declared not in {*asked, ""}

    def knows(self, term: Term) -> float:
        """How sure it is that the template is about this word: 1 for the word itself, less for a relative of it."""
        if term.token in self.tokens:
            return 1.0
        if term.concept in self.concepts:
            return 0.9
        if _CJK.search(term.token):
            pairs = _pairs(term.token)
            return sum(pair in self._pairs for pair in pairs) / len(pairs) if pairs else 0.0
        near = (token for size in (-1, 0, 1) for token in self._by_length.get(len(term.token) + size, ()))
        return 0.8 if any(_alike(term.token, token) for token in near) else 0.0


def knowledge_of(template: Template, reader: Reader, listed: Sequence[Term]) -> Knowledge:
    headline = reader.terms(f"{template.name}. {_PURPOSE.split(template.description, maxsplit=1)[0]}")
    named = reader.terms(" ".join(template.inputs).replace("_", " "))
    choices = " ".join(str(one) for spec in template.inputs.values() for one in spec.enum or ())
    further = [*listed, *named, *reader.terms(choices)]
    paths = [f"{name.replace('_', ' ')} {spec.prompt or spec.description}" for name, spec in template.inputs.items()
             if format_of(spec) == "path"]  # fmt: skip
    places = reader.terms(". ".join(paths)) if template.inputs else None
    known = Knowledge(headline, further, template.deed, template.direction or _direction(template))
    known.with_verbs(template)
    known.questions = frozenset(opening_of(read_request(one)) for one in template.examples if one) - {""}
    return known.with_inputs(reader.terms(template.name), places)


def _direction(template: Template) -> tuple[str, str] | None:
    """The two ends of the way that a description names: "from PostgreSQL to MySQL"."""
    found = _WAY.search(_PURPOSE.split(template.description, maxsplit=1)[0])
    if found is None or {one.lower() for one in found.groups()} & vocabulary().fillers:
        return None
    return found.group(1), found.group(2)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _alike(one: str, other: str) -> bool:
    """A slip of the keyboard in a long word: a letter more, less, other, or two swapped."""
    if min(len(one), len(other)) < _LONG_WORD or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest, rest_other = one[start:], other[start:]
    swapped = rest[:2] == rest_other[1::-1] and rest[2:] == rest_other[2:]
    return swapped or rest_other in (rest[1:], "") or rest in (rest_other[1:], "") or rest[1:] == rest_other[1:]
