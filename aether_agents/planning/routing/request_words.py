"""The words of a request, clause by clause, and how much of them a template is about."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aether_agents.planning.routing.template_knowledge import Knowledge
from aether_agents.planning.sentence.clauses import Clause
from aether_agents.planning.sentence.parts import NAMED
from aether_agents.planning.sentence.sentence import Mentions, read_sentence, spans
from aether_agents.planning.sentence.terms import Reader, Term
from aether_agents.planning.sentence.vocabulary import vocabulary

#: `setup.py`, `shop.example`: perhaps a name, and words in any case.
_PLAIN_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+")
#: A question, and no request put as one: 「してくれますか」.
_ASKS_JAPANESE = re.compile(
    r"(?<!くれ)(?<!もらえ)(?<!いただけ)(?<!頂け)(?:ます|ません|です|ました|でしょう|ある|いる|の)か[\s？?。]*$"
)
#: So sure a template must be that it is about a word: half of the pairs of signs of a Japanese run.
_HALF = 0.5
#: Weights of words in that share, against 1 for a plain one.
_LOOKING = 0.3
_COMMON = 0.5
_WEAK = 0.2
_UNKNOWN_THING = 1.5  # what a request is about counts for more than how it is put
#: A deed that says nothing alone: what is compared must be named, else it is any two results.
_OF_SOMETHING = "compare"
#: Schemes that say nothing of what is at the other end.
_CARRIERS = frozenset({"http", "https", "tcp", "tls", "ssl", "file", "ssh"})
#: "on all our servers" is a part of a sentence, and what it is about.
MACHINE = "=machine"
#: What a single word may stand with and still say nothing more.
_ALONE = re.compile(r"\b(?:an?|the|this|these|my|our|please)\b|[\W_]", re.IGNORECASE)


class Words(NamedTuple):
    """The words of some clauses."""

    terms: list[Term]
    each: list[list[Term]]  #: clause by clause
    asks: bool  #: it is a question
    said: str  #: as they were written
    places: frozenset[str]  #: the formats of inputs that what it names outright needs
    names: tuple[str, ...] = ()  #: inputs of a template whose names it says without quotes


def words_of(clauses: Sequence[Clause]) -> Words:
    """The words of clauses, without what they name outright."""
    reader = Reader()
    each: list[list[Term]] = []
    places: set[str] = set()
    for clause in clauses:
        said = read_sentence(clause.text)
        words = said.rest if said.exchange else _without_names(clause.text)
        everywhere = any(part.kind == "each" and read_sentence(part.text).paths for part in clause.parts)
        places |= {"path"} if said.paths or everywhere else set()
        places |= {"folder"} if any(_is_folder(one) for one in said.paths) else set()
        places |= {*_kinds_of_files(said)}
        places |= {"endpoint"} if _names_endpoint(said) else set()
        terms = _subject(reader.terms(words))
        each_of = (part.text for part in clause.parts if part.kind == "each")
        scope = " ".join(one for one in each_of if not read_sentence(one).paths)
        terms += [term for term in reader.terms(scope) if term.concept == MACHINE]
        if all(term.common or term.looks for term in terms):  # quotes may also stress a word: the 「監査」 of a project
            terms = _subject(reader.terms(" ".join((*said.quoted, words))))
        each.append([*terms, *_things(said, terms), *_products(said, terms)])
    asks = any(_ASKS_JAPANESE.search(one.said) for one in clauses) or any(
        re.match(r"\W*(?:who|what|which|when|where|how|is|are|was|did|does|has|have)\b", one.said.lower())
        for one in clauses
    )
    whole = " ".join(one.said for one in clauses)
    return Words([term for terms in each for term in terms], each, asks, whole, frozenset(places))


def _without_names(text: str) -> str:
    """A text with one sign for each thing that is named outright: a verb behind it begins anew."""
    for start, end in reversed(spans(text)):
        named = text[start:end]
        if "/" in named or ":" in named or not _PLAIN_NAME.fullmatch(named):
            text = f"{text[:start]} {NAMED} {text[end:]}"
    return text


def _things(said: Mentions, terms: Sequence[Term]) -> list[Term]:
    """What the files and addresses that are named hold, where no word says it."""
    if any(_is_specific(term) and not term.deed for term in terms):
        return []
    kinds = [*_kinds_of_files(said), *(["=endpoint"] if _names_endpoint(said) and not _schemes(said) else [])]
    known = {term.concept for term in terms}
    return [Term(kind, kind, kind.removeprefix("=")) for kind in dict.fromkeys(kinds) if kind not in known]


def _products(said: Mentions, terms: Sequence[Term]) -> list[Term]:
    """What speaks at the addresses that are named, by their schemes: `mysql://…` is about MySQL."""
    if any(_is_specific(term) and not term.deed for term in terms):
        return []
    known = {term.word for term in terms}
    return [Term(one, "", one, bound=True) for one in sorted(_schemes(said) - known)]


def _schemes(said: Mentions) -> set[str]:
    return {address.split("://")[0].lower() for address in said.addresses if "://" in address} - _CARRIERS


def _kinds_of_files(said: Mentions) -> list[str]:
    """The kinds of things that the files hold that are named, by their endings."""
    endings = [Path(name).suffix.lower() for name in (*said.paths, *said.loose)]
    return [kind for ending in endings if (kind := vocabulary().endings.get(ending))]


def _is_folder(path: str) -> bool:
    """Whether a path is written as that of a folder: without an ending."""
    return bool(re.fullmatch(r"[.~]?/(?:.*/)?[\w-]+/?", path))


def _names_endpoint(said: Mentions) -> bool:
    return bool(said.addresses) or any(":" in host for host in said.hosts)


def _subject(terms: list[Term]) -> list[Term]:
    """What a request is about: "an overview of the code quality" is about quality."""
    last = max((at for at, term in enumerate(terms) if not term.common and not term.looks), default=0)
    return [term for at, term in enumerate(terms) if term.word not in vocabulary().shapes or at >= last]


def is_accounted_for(term: Term, knowledge: Knowledge) -> bool:
    """Whether a word is a thing the template is about, something it does, or says nothing of its own."""
    known = term.looks or term.word in vocabulary().weak or bool(term.deed and term.deed in knowledge.deeds)
    return known or knowledge.knows(term) >= _HALF


def goes_back(said: str, knowledge: Knowledge) -> bool:
    """Whether a request goes the other way: from where the template goes to, or to where it comes from."""
    if knowledge.direction is None:
        return False
    start, end = (one.lower() for one in knowledge.direction)
    text = said.lower()
    if _goes(text, end, start):
        return True
    if _goes(text, start, end):
        return False
    return -1 < text.find(end) < text.find(start)


def _goes(text: str, start: str, end: str) -> bool:
    """Whether a text says "from start" or "to end"."""
    start, end = re.escape(start), re.escape(end)
    english = rf"\b(?:from|out of) (?:an? |the |our |my )?{start}|\b(?:in)?to (?:an? |the |our |my )?{end}"
    return re.search(rf"{english}|{start}[a-z0-9.]*\s*から|{end}[a-z0-9.]*\s*[にへ]", text) is not None


def is_a_word(text: str, terms: list[Term]) -> bool:
    """Whether all of a request is one word, such as "docs": it names a thing, and nothing to do about it."""
    words = _ALONE.sub(" ", unicodedata.normalize("NFKC", text).lower()).split()
    return len(terms) == len(words) == 1 and (words[0].isascii() or words[0] == terms[0].word)


def _is_specific(term: Term) -> bool:
    return not term.common and (not term.looks or bool(term.concept))


def is_topic(term: Term, knowledge: Knowledge) -> bool:
    """Whether a word says what is wanted: a thing, or a lasting deed that the template is made for."""
    if term.deed == _OF_SOMETHING:
        return False
    return _is_specific(term) and not term.changes and bool(knowledge.knows(term) or term.deed in knowledge.deeds)


def share(terms: Sequence[Term], knowledge: Knowledge) -> float:
    """The share of a request that a template is about."""
    known = total = 0.0
    for term in terms:
        knows = knowledge.knows(term)
        weight = _COMMON if term.common else 1.0
        if term.looks:
            knows = max(knows, 1.0)
            weight = _LOOKING
        elif term.deed and term.deed in knowledge.deeds:
            knows = 1.0
        elif not knows and term.word in vocabulary().weak:
            weight = _WEAK
        elif term.bound and not knows:
            weight = _UNKNOWN_THING
        known += weight * knows
        total += weight
    return known / total if total else 0.0
