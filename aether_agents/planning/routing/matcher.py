"""Matching: which template a sentence means, and how sure that is. Accept, ask, or refuse; never guess."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from aether_agents.contracts import Template
from aether_agents.planning.routing.text_index import Index, Knowledge
from aether_agents.planning.sentence.lexicon import EXPLANATION, PROHIBITION, SHAPES, WEAK
from aether_agents.planning.sentence.sentence import read_sentence
from aether_agents.planning.sentence.terms import Reader, Term

Verdict = Literal["accept", "ask", "refuse"]

SHOWN = 5
#: Share of a request's words a template must be about, and how much nearer than the second template it must be, as a
#: share of its own nearness. Set on half of MetaTool (95 % of what is accepted there is right) and on hand-made
#: near-misses, of which none may pass.
ENOUGH, MARGIN = 0.7, 0.1
#: The same where the second template speaks of as much of the request: then only the choice of words tells them apart.
MARGIN_SAME = 0.2
#: A smaller share is enough far ahead of all others, if the request names no thing the template knows nothing of.
ENOUGH_FAR_AHEAD, MARGIN_FAR_AHEAD = 0.5, 0.5
#: How much nearer the templates of the specialist that the task prefers become.
PREFERRED = 0.25
#: Below this share of the request no template is offered.
LITTLE = 0.3
#: Weights of words in that share, against 1 for a plain one.
_LOOKING = 0.3
_COMMON = 0.5
_WEAK = 0.2
_UNKNOWN_THING = 1.5  # what a request is about counts for more than how it is put

#: What a single word may stand with and still say nothing more.
_ALONE = re.compile(r"\b(?:an?|the|this|these|my|our|please)\b|[\W_]", re.IGNORECASE)
_EXPLAINS = re.compile(EXPLANATION, re.IGNORECASE)
_FORBIDS = re.compile(PROHIBITION, re.IGNORECASE)


class Candidate(NamedTuple):
    """A template and how well it fits."""

    template: Template
    score: float  #: 0 to 1: the share of the request it is about
    near: float  #: how near its nearest text is


class Match(NamedTuple):
    """What a sentence may mean."""

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
    """Matches sentences against a set of templates. The index is built once per set of texts."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._templates = tuple(templates)
        self._index = _index(tuple(_Texts(template) for template in self._templates))

    def match(self, text: str, agent_type: str | None = None) -> Match:
        """What a sentence means. `agent_type` prefers the templates of a specialist."""
        said = read_sentence(text)
        words = said.rest
        for path in said.loose:
            words = words.replace(path, " ") if "/" in path else words
        for host in said.hosts:
            words = words.replace(host, " ") if ":" in host else words
        reader = Reader()
        terms = _subject(reader.terms(words))
        if all(term.common or term.looks for term in terms):  # quotes may also stress a word: the 「監査」 of a project
            terms = _subject(reader.terms(" ".join((*said.quoted, words))))
        if not terms or not self._templates:
            return Match("refuse", (), "it names nothing that a template does")
        has_topic = any(not term.looks and not term.common for term in terms)
        near = self._index.scores([term for term in terms if not (has_topic and term.looks)])
        if agent_type:
            near = near + PREFERRED * near * [template.specialist == agent_type for template in self._templates]
        order = np.argsort(-near, kind="stable")[:SHOWN]
        ranked = tuple(
            Candidate(self._templates[at], round(_share(terms, self._index.knowledge[at]), 3), float(near[at]))
            for at in order
            if near[at] > 0
        )
        own = self._index.said_so(text)
        if own is not None:
            template = self._templates[own]
            others = tuple(one for one in ranked if one.template is not template)
            return Match("accept", (Candidate(template, 1.0, float(near[own])), *others)[:SHOWN])
        return self._judge(text, said.rest, terms, ranked)

    def _judge(self, text: str, rest: str, terms: list[Term], ranked: tuple[Candidate, ...]) -> Match:
        if not any(one.score >= LITTLE for one in ranked):
            return Match("refuse", ranked, "no template is about that")
        first = ranked[0].template
        knowledge = self._knowledge(ranked[0])
        if _EXPLAINS.search(text) or _FORBIDS.search(rest):
            forbids = not _EXPLAINS.search(text)
            return Match("ask", ranked, "it says what not to do" if forbids else "it seems to ask for an explanation")
        foreign = [term.word for term in terms if term.changes and term.token not in knowledge.actions]
        if foreign:
            return Match("ask", ranked, f"`{first.name}` does not do this: {foreign[0]}")
        if not knowledge.is_asked_for(terms):
            return Match("ask", ranked, f"`{first.name}` changes something that it does not ask for")
        if _is_a_word(text, terms) or not any(
            _is_specific(term) and not term.changes and knowledge.knows(term) for term in terms
        ):
            return Match("ask", ranked, "it says too little")
        return self._compare(terms, ranked, knowledge)

    def _compare(self, terms: list[Term], ranked: tuple[Candidate, ...], knowledge: Knowledge) -> Match:
        first = ranked[0]
        second = ranked[1] if len(ranked) > 1 else None
        margin = (first.near - second.near) / first.near if second else 1.0
        same = second and second.score >= first.score and self._knowledge(second).is_asked_for(terms)
        unknown = [term for term in terms if not term.looks and not knowledge.knows(term)]
        far_ahead = margin >= MARGIN_FAR_AHEAD and not any(term.bound for term in unknown)
        if first.score < (ENOUGH_FAR_AHEAD if far_ahead else ENOUGH):
            words = ", ".join(dict.fromkeys(term.word for term in unknown))
            return Match("ask", ranked, f"`{first.template.name}` says nothing of {words}")
        if second and margin < (MARGIN_SAME if same else MARGIN):
            return Match("ask", ranked, f"`{second.template.name}` is as near as `{first.template.name}`")
        return Match("accept", ranked)

    def _knowledge(self, candidate: Candidate) -> Knowledge:
        return self._index.knowledge[self._index.names.index(candidate.template.name)]


class _Texts(tuple[str, ...]):
    """What of a template matters to the index, as a key of the cache that carries the template along."""

    template: Template

    def __new__(cls, template: Template) -> "_Texts":
        made = super().__new__(cls, (template.name, template.description, *template.examples, *template.inputs))
        made.template = template
        return made


@lru_cache(maxsize=16)
def _index(texts: tuple[_Texts, ...]) -> Index:
    return Index([one.template for one in texts])


def _subject(terms: list[Term]) -> list[Term]:
    """What a request is about: "an overview of the code quality" is about quality."""
    last = max((at for at, term in enumerate(terms) if not term.common and not term.looks), default=0)
    return [term for at, term in enumerate(terms) if term.word not in SHAPES or at >= last]


def _is_a_word(text: str, terms: list[Term]) -> bool:
    """Whether all of a request is one word, such as "docs": it names a thing, and nothing to do about it."""
    words = _ALONE.sub(" ", unicodedata.normalize("NFKC", text).lower()).split()
    return len(terms) == len(words) == 1 and (words[0].isascii() or words[0] == terms[0].word)


def _is_specific(term: Term) -> bool:
    return not term.common and (not term.looks or bool(term.concept))


def _share(terms: list[Term], knowledge: Knowledge) -> float:
    """The share of a request that a template is about."""
    known = total = 0.0
    for term in terms:
        knows = knowledge.knows(term)
        weight = _COMMON if term.common else 1.0
        if term.looks:
            knows = max(knows, 1.0)
            weight = _LOOKING
        elif not knows and term.word in WEAK:
            weight = _WEAK
        elif term.bound and not knows:
            weight = _UNKNOWN_THING
        known += weight * knows
        total += weight
    return known / total if total else 0.0
