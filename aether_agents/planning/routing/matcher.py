"""Matching: which template some clauses mean, and how sure that is. Accept, ask, or refuse; never guess."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from aether_agents.contracts import Template
from aether_agents.planning.inputs.bare_names import needs_more
from aether_agents.planning.routing.own_words import OwnWords, takes
from aether_agents.planning.routing.request_words import (
    Words,
    goes_back,
    is_a_word,
    is_accounted_for,
    is_topic,
    share,
    words_of,
)
from aether_agents.planning.routing.template_knowledge import Knowledge
from aether_agents.planning.routing.text_index import index_of
from aether_agents.planning.sentence.clauses import Clause, Request, opening_of, read_request
from aether_agents.planning.sentence.terms import Term

Verdict = Literal["accept", "ask", "refuse"]

SHOWN = 5
#: Share of a request's words a template must be about, and how much nearer than the second template it must be, as a
#: share of its own nearness. Set on half of MetaTool (95 % of what is accepted there is right) and on hand-made
#: near-misses, of which none may pass.
ENOUGH, MARGIN = 0.7, 0.1
#: The same where the second template speaks of as much of the request: then only the choice of words tells them apart.
MARGIN_SAME = 0.2
#: How much nearer the templates of the specialist that the task prefers become.
PREFERRED = 0.25
#: Below this share of the request no template is offered.
LITTLE = 0.3
#: Candidates that are looked at for what they do, nearest first.
_LOOKED_AT = 12


class Candidate(NamedTuple):
    """A template and how well it fits."""

    template: Template
    score: float  #: 0 to 1: the share of the request it is about
    near: float  #: how near its nearest text is


class Match(NamedTuple):
    """What some clauses may mean."""

    verdict: Verdict
    ranked: tuple[Candidate, ...]  #: the best first, five at most
    reason: str = ""  #: why it was not accepted

    @property
    def accepted(self) -> Template | None:
        """The template it certainly means."""
        return self.ranked[0].template if self.verdict == "accept" else None

    @property
    def offered(self) -> tuple[Template, ...]:
        """The templates a person may choose from: those that speak of enough of the sentence."""
        return tuple(one.template for one in self.ranked if one.score >= LITTLE)


class Matcher:
    """Matches clauses against a set of templates. The index is built once per set of texts."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._templates = tuple(templates)
        self._index = index_of(self._templates)

    def match(self, text: str, agent_type: str | None = None) -> Match:
        """What a sentence means if it is one goal. `agent_type` prefers the templates of a specialist."""
        own = self.said_so(text)
        request = read_request(text)
        found = self.judge(request.clauses, agent_type, explains=request.explains)
        if own is None:
            return found
        others = tuple(one for one in found.ranked if one.template is not own)
        return Match("accept", (Candidate(own, 1.0, 1.0), *others)[:SHOWN])

    def said_so(self, text: str) -> Template | None:
        """The one template that has a sentence, word for word, among its examples."""
        own = self._index.said_so(text)
        return None if own is None else self._templates[own]

    def answers(self, request: Request, agent_type: str | None = None) -> Template | None:
        """The template that certainly answers a question: one that changes nothing and names such a question."""
        opening = opening_of(request)
        found = self.judge(request.clauses, agent_type).accepted
        known = None if found is None else self.knowledge(found)
        return found if known and not known.main and opening and opening in known.questions else None

    def judge(self, clauses: Sequence[Clause], agent_type: str | None = None, *, explains: bool = False) -> Match:
        """What some clauses mean together."""
        words = words_of(clauses)
        terms = words.terms
        if not terms or not self._templates:
            return Match("refuse", (), "it names nothing that a template does")
        own = OwnWords(clauses, words)
        ranked = self._ranked(words, own, agent_type)
        if not any(one.score >= LITTLE for one in ranked):
            return Match("refuse", ranked, "no template is about that")
        knowledge = self.knowledge(ranked[0].template)
        said = " ".join(clause.said for clause in clauses)
        reason = "it seems to ask for an explanation" if explains else ""
        if not reason and any(clause.forbids for clause in clauses):
            reason = "it says what not to do"
        if not reason and any(clause.leaves_open for clause in clauses):
            reason = "it leaves open which is meant"
        words = own.of(ranked[0].template)
        reason = reason or self._objection(ranked[0].template, words, knowledge)
        told = words.names or any(is_topic(term, knowledge) for term in words.terms)
        if not reason and (is_a_word(said, terms) or not told):
            reason = "it says too little"
        if reason:
            return Match("ask", ranked, reason)
        return self._compare(words, ranked, knowledge)

    def knowledge(self, template: Template) -> Knowledge:
        """What is known of a template."""
        return self._index.knowledge[self._index.names.index(template.name)]

    def _ranked(self, words: Words, own: OwnWords, agent_type: str | None) -> tuple[Candidate, ...]:
        """The candidates: those that do what is asked first, and of these the nearest."""
        terms = words.terms
        has_topic = any(not term.looks and not term.common for term in terms)
        near = self._index.scores([term for term in terms if not (has_topic and term.looks)])
        if agent_type:
            near = near + PREFERRED * near * [template.specialist == agent_type for template in self._templates]
        order = [at for at in np.argsort(-near, kind="stable")[:_LOOKED_AT] if near[at] > 0]
        asked = {term.deed for term in terms if term.changes}  # without a deed, the nearest must stand the test
        order.sort(
            key=lambda at: (
                (bool(asked) or words.asks) and self._objects(own.of(self._templates[at]), self._index.knowledge[at]),
                bool(asked) and not self._index.knowledge[at].is_main(asked),
                goes_back(words.said, self._index.knowledge[at]),
                not takes(self._templates[at], words.places, self._index.knowledge[at]),
                bool(asked) and not all(is_accounted_for(term, self._index.knowledge[at]) for term in terms),
                -near[at],
            )
        )
        shares = (share(own.of(self._templates[at]).terms, self._index.knowledge[at]) for at in order)
        found = [
            Candidate(self._templates[at], round(one, 3), float(near[at]))
            for at, one in zip(order[:SHOWN], shares, strict=False)
        ]
        return self._by_own_word(words, tuple(found))

    def _by_own_word(self, words: Words, ranked: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """Of those that only look, the one first in whose name alone the request says how: "prove the backup"."""
        if not ranked or self.knowledge(ranked[0].template).main:
            return ranked
        first = ranked[0]
        for one in ranked[1:]:
            known = self.knowledge(one.template)
            fits = one.score >= first.score and not known.main and self._has_place(one, words)
            if fits and self._says_how(one, words) and not self._says_how(first, words):
                return (one, *(other for other in ranked if other is not one))
        return ranked

    def _says_how(self, candidate: Candidate, words: Words) -> bool:
        """Whether a request says how to look by a word that stands in the name of this template and of no other."""
        said = {term.word for term in words.terms if term.looks}
        return any(self._index.looking.get(word) == 1 for word in said & self.knowledge(candidate.template).looking)

    def _objects(self, words: Words, knowledge: Knowledge) -> bool:
        return bool(knowledge.foreign(words.terms)) or not knowledge.is_asked_for(words.terms, asks=words.asks)

    def _objection(self, first: Template, words: Words, knowledge: Knowledge) -> str:
        """What speaks against a template whatever is near: it does something else, or something nobody asked for."""
        if foreign := knowledge.foreign(words.terms):
            return f"`{first.name}` does not do this: {foreign[0]}"
        if not knowledge.is_asked_for(words.terms, asks=words.asks):
            return f"`{first.name}` changes something that it does not ask for"
        if strange := [kind for kind in words.places if kind.startswith("=") and not knowledge.takes(kind)]:
            return f"`{first.name}` takes no {strange[0].removeprefix('=')}"
        said = {one for term in words.terms for one in (term.word, term.concept)}
        if lacking := needs_more(first, words.said, words.names, said):
            return lacking
        if knowledge.direction is not None and goes_back(words.said, knowledge):
            return f"`{first.name}` goes the other way: from {knowledge.direction[0]} to {knowledge.direction[1]}"
        return ""

    def _compare(self, words: Words, ranked: tuple[Candidate, ...], knowledge: Knowledge) -> Match:
        terms = words.terms
        first = ranked[0]
        second = ranked[1] if len(ranked) > 1 else None
        if second and not self._has_place(second, words) and self._has_place(first, words):
            second = None  # what is named outright has no place in any other
        asked = {term.deed for term in terms if term.changes}
        if second and asked and not self.knowledge(second.template).is_main(asked) and knowledge.is_main(asked):
            second = None  # what is asked for has decided between them
        if (
            second
            and second.score <= first.score
            and self._says_how(first, words)
            and not self._says_how(second, words)
        ):
            second = None
        if asked and (other := self._nearer_by_name(words, ranked, asked)) is not None:
            return Match("ask", ranked, f"`{other.name}` is as near as `{first.template.name}`")
        margin = (first.near - second.near) / first.near if second else 1.0
        if second and margin < MARGIN:  # how it is to be looked at decides between two that look
            margin = self._margin(terms, first.template, second.template)
        same = second and second.score >= first.score and not self._objects(words, self.knowledge(second.template))
        unknown = [term for term in terms if not is_accounted_for(term, knowledge)]
        if unknown or first.score < ENOUGH:
            said = ", ".join(dict.fromkeys(term.word for term in unknown))
            return Match("ask", ranked, f"`{first.template.name}` says nothing of {said or 'most of it'}")
        near = second and margin < (MARGIN_SAME if same else MARGIN)
        if near and second and not all(is_accounted_for(term, self.knowledge(second.template)) for term in terms):
            near = False  # it says nothing of a word that the first is about
        if second and near and not knowledge.does_just_that(terms, self.knowledge(second.template)):
            return Match("ask", ranked, f"`{second.template.name}` is as near as `{first.template.name}`")
        return Match("accept", ranked)

    def _has_place(self, candidate: Candidate, words: Words) -> bool:
        return takes(candidate.template, words.places, self.knowledge(candidate.template))

    def _nearer_by_name(self, words: Words, ranked: Sequence[Candidate], asked: set[str]) -> Template | None:
        """Another template that does the same to what is named, and of whose name the request says more."""
        terms = words.terms
        own = self.knowledge(ranked[0].template).said_of_name(terms)
        placed = self._has_place(ranked[0], words)
        for one in ranked[1:]:
            known = self.knowledge(one.template)
            if placed and not self._has_place(one, words):
                continue
            if known.is_main(asked) and not known.foreign(terms) and known.said_of_name(terms) > own:
                return one.template
        return None

    def _margin(self, terms: Sequence[Term], one: Template, other: Template) -> float:
        near = self._index.scores([term._replace(looks=False) for term in terms])
        first, second = (float(near[self._index.names.index(template.name)]) for template in (one, other))
        return (first - second) / first if first else 0.0
