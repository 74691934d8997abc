"""Where the clauses of a text end: at marks, at the words that join, at the verb forms of Japanese."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from aether_agents.planning.sentence.parts import NAMED, NEXT, TAKEN
from aether_agents.planning.sentence.vocabulary import vocabulary

#: How a clause follows the one before it. `and` leaves open which is first.
Relation = Literal["and", "then"]

_END = re.compile(r"[.!?;](?=\s|$)|[。！？\n]")
_WORD = re.compile(rf"{NAMED}+|{TAKEN}+|{NEXT}+|[a-z0-9][a-z0-9'’-]*|[,、]|[^\s\w]")
_JOINS = frozenset(
    {",", "and", "also", "plus", "&", "then", "but", "as", "well", "now", "just", "please", "kindly", "too"}
)
#: Words that say, at the beginning of a clause, which of several it is: "next check its quality, finally commit".
_LATER = frozenset({"then", "next", "finally", "lastly", "afterwards", "afterward", "thereafter", "subsequently"})
_QUESTIONS = frozenset(
    {"which", "what", "who", "how", "where", "when", "is", "are", "does", "do", "has", "have", "any", "did", "was"}
)
_PERSON = frozenset(
    {"you", "i", "we", "can", "could", "should", "must", "let", "lets", "to", "want", "need", "d", "i'd", "like"}
)
#: Verbs that only carry a noun: "do a scan", "give me a report".
_LIGHT = frozenset({"do", "make", "take", "give", "perform", "run", "have", "get", "put", "create", "show", "tell"})
#: The te-form and the bare stem of a verb end a Japanese clause, where no helping verb follows.
_NOT_TE = (
    r"(?<!とし)(?<!につい)(?<!に対し)(?<!におい)(?<!によっ)(?<!を通し)(?<!わたっ)(?<!わせ)(?<!除い)(?<!使っ)(?<!用い)"
)
_HELPS = (
    r"ください|下さい|ほし|欲し|くれ|くだ|もら|いただ|頂|い[るたなま]|あ[るり]|お[くい]|しま|み[るて]|から?$|$|[。！？]"
)
_JAPANESE = re.compile(
    rf"{_NOT_TE}(?:(?<=[っしいみびえけせれねめべげきぎちりじ])て|(?<=[んい])で)(?:から|[、,])?\s*(?!{_HELPS})"
    r"|(?<=[\u3400-\u9fff\u30a0-\u30ff])(?:し|[みびえけせれめべ])[、,]\s*|(?<=[\u3400-\u9fff][みりきえけべめ])[、,]\s*"
    r"|(?:[ただ]|する|の)(?:後|あと)(?:で|に)?[、,]?\s*|(?:[るむすくぐうつぬぶ]|の)前に[、,]?\s*"
)
_LATER_JAPANESE = re.compile(r"(?:てから|でから|(?:後|あと)(?:で|に)?)[、,]?\s*$")
_BEFORE_JAPANESE = re.compile(r"前に[、,]?\s*$")


class Cut(NamedTuple):
    """An end of a clause, and how what comes behind it follows."""

    at: int
    relation: Relation
    before: bool = False  # what follows is said before what comes behind it
    turned: bool = False  # what precedes is done after what follows


def cuts(rest: str) -> Iterator[Cut]:
    """The ends of the clauses of a text, of which the parts were taken out. Some are found twice."""
    for hit in _END.finditer(rest):
        yield Cut(hit.end(), "and")
    for hit in _JAPANESE.finditer(rest):
        if _BEFORE_JAPANESE.search(hit.group()):
            yield Cut(hit.end(), "and", turned=True)
        else:
            yield Cut(hit.end(), "then" if _LATER_JAPANESE.search(hit.group()) else "and")
    yield from _english_cuts(rest)


def _english_cuts(rest: str) -> Iterator[Cut]:
    words = list(_WORD.finditer(rest))
    asks = False  # of a question, "and" joins what is asked
    for index, hit in enumerate(words):
        word = hit.group()
        if index == 0 or words[index - 1].group() in {".", "!", "?", ";"}:
            asks = word in _QUESTIONS
        if word in {"before", "after"}:
            yield from _temporal(words, index)
        elif _joins(word) and (index == 0 or not _joins(words[index - 1].group())):
            ahead = index
            while ahead < len(words) and _passes(words[ahead].group()):
                ahead += 1
            orders = any(set(one.group()) == {NEXT} for one in words[index:ahead])
            begins = ahead < len(words) and (orders or _begins(words[ahead:]))
            if begins and index and not (asks and word in _JOINS):
                later = any(one.group() in _LATER for one in words[index:ahead])
                yield Cut(hit.start(), "then" if later else "and")


def _temporal(words: Sequence[re.Match[str]], index: int) -> Iterator[Cut]:
    """How `before` and `after` stand between two goals, or at the beginning of the first."""
    after = words[index].group() == "after"
    following = [one.group() for one in words[index + 1 : index + 4]]
    while following and following[0] in {"you", "we", "i"}:
        following.pop(0)
    if not following:
        return
    verb = _is_verb(following[0]) or (following[0].endswith("ing") and _is_verb_in_ing(following[0]))
    if index == 0:
        yield Cut(words[index].start(), "and", before=not after)
    elif verb and words[index - 1].group() not in {",", "and", "."}:
        yield Cut(words[index].start(), "then", turned=after)


def _passes(word: str) -> bool:
    return _joins(word) or word in _PERSON or word in _LATER or set(word) == {TAKEN}


def _joins(word: str) -> bool:
    return word in _JOINS or set(word) == {NEXT}


def _begins(words: Sequence[re.Match[str]]) -> bool:
    """Whether a request begins with these words."""
    first = words[0].group()
    second = words[1].group() if len(words) > 1 else ""
    openings = vocabulary().openings
    return _is_verb(first) or first in _LIGHT or first in openings or f"{first} {second}" in openings


def _is_verb(word: str) -> bool:
    known = vocabulary()
    return (word in known.verbs and not word.endswith("ing")) or word in known.leading


def _is_verb_in_ing(word: str) -> bool:
    stem = word.removesuffix("ing")
    return any(_is_verb(one) for one in (stem, stem + "e", stem[:-1])) or word in vocabulary().verbs
