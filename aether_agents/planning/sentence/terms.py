"""A text as terms: stems and concepts, each with how much it says. English by words, Japanese by runs of script."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import Stemmer

from aether_agents.planning.sentence.lexicon import (
    CHANGING,
    CHANGING_JAPANESE,
    COMMON,
    CONCEPTS,
    FILLERS,
    FILLERS_JAPANESE,
    LEADING,
    LOOKING,
    PHRASES,
    REPORTS,
    WRITING,
)

_JAPANESE_SIGNS = "\u3040-\u30ff\u3400-\u9fff\u3005"
_WORD = re.compile(rf"[^\W_{_JAPANESE_SIGNS}]+(?:'[a-z]+)?|[\u30a0-\u30ff]{{2,}}|[\u3400-\u9fff\u3005]+|[,;:.!?。、]")
_CJK = re.compile(r"[\u30a0-\u30ff\u3400-\u9fff\u3005]")
_PHRASE = re.compile("|".join(rf"(?P<p{index}>(?<![a-z0-9])(?:{pattern}))" for index, pattern in enumerate(PHRASES)))
_PHRASE_WORDS = list(PHRASES.values())
_STOPS = frozenset(",;:.!?。、")
_JOINERS = frozenset({"and", "then", "also", "or", "please", "to", "must", "should", "will"})
_ASKING = frozenset({"which", "what", "where", "who", "how", "is", "are", "does", "do", "has", "have", "any"})
_ARTICLES = frozenset({"a", "an", "the", "this", "these", "our", "my", "your", "their", "its"})
_PREPOSITIONS = frozenset(
    {"of", "in", "on", "at", "from", "for", "into", "across", "against", "with", "over", "by", "per"}
)
_DETERMINERS = _ARTICLES | _PREPOSITIONS
_JAPANESE = sorted(
    {word for word in (*CONCEPTS, *CHANGING_JAPANESE, *FILLERS_JAPANESE, *REPORTS, *WRITING) if _CJK.match(word)},
    key=len,
    reverse=True,
)
#: `ヘルスレポート` is a report, as `レポート` is.
_JAPANESE_REPORTS = tuple(word for word in REPORTS if _CJK.match(word))


class Term(NamedTuple):
    """One word that says something."""

    token: str  #: its stem, or the run of script
    concept: str  #: what it stands for, if the lexicon knows; else empty
    word: str  #: as written
    looks: bool = False  #: it only says to look
    bound: bool = False  #: it follows an article or a preposition: it is what the request is about
    changes: bool = False  #: it is a verb that changes something, standing as one

    @property
    def common(self) -> bool:
        """Whether nearly every template is about it."""
        return self.concept in COMMON


class Reader:
    """Reads texts. The stemmer keeps state, so each thread has its own reader."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english", 10_000)

    def terms(self, text: str) -> list[Term]:
        """What a text says, in order."""
        words = _WORD.findall(_joined(unicodedata.normalize("NFKC", text).lower().replace("_", " ")))
        return list(self._terms(words))

    def _terms(self, words: list[str]) -> Iterator[Term]:
        leading = True  # nothing but fillers so far in this clause
        asks = bool(words) and words[0] in _ASKING
        before = ""
        thing = False  # since an article or preposition there were only fillers, or words of the same thing
        for index, word in enumerate(words):
            if word in _STOPS:
                leading, thing, before = True, False, ""
                continue
            if _CJK.match(word):
                yield from self._japanese(word, before, words[index + 1 : index + 4])
                leading = False
            elif _is_filler(word):
                thing = word in _DETERMINERS or (thing and before not in _JOINERS and _is_filler(before))
            else:
                if not _writes_a_report(word, words[index + 1 : index + 6]):
                    verb = not asks and (leading or before in _JOINERS)
                    yield self._english(word, before, leading=verb, bound=thing)
                leading = False
            before = word

    def _english(self, word: str, before: str, *, leading: bool, bound: bool) -> Term:
        base = _base(word)
        standing = before not in (_DETERMINERS if base == word else _ARTICLES)  # "by deleting" is a verb
        return Term(
            token=self._stemmer.stemWord(word.split("'", maxsplit=1)[0]),
            concept=CONCEPTS.get(word, ""),
            word=word,
            looks=word in LOOKING,
            bound=bound,
            changes=(base in CHANGING and standing) or (leading and word in LEADING),
        )

    def _japanese(self, run: str, before: str, after: list[str]) -> Iterator[Term]:
        """A run of one script, cut by the longest words the lexicon knows. Nearly all of them name things."""
        rest = ""
        at = 0
        while at < len(run):
            known = next((word for word in _JAPANESE if run.startswith(word, at)), None)
            if known is None:
                rest += run[at]
                at += 1
                continue
            if len(rest) > 1:  # a single sign is an ending or a verb's stem
                yield Term(rest, "", rest, bound=True)
            rest = ""
            at += len(known)
            changes = known in CHANGING_JAPANESE and not _writes_a_report(known, (before, run, *after))
            if changes or known in CONCEPTS:
                yield Term(known, CONCEPTS.get(known, ""), known, bound=not changes, changes=changes)
        if len(rest) > 1:
            yield Term(rest, "", rest, bound=True)


def _is_filler(word: str) -> bool:
    return word.split("'", maxsplit=1)[0] in FILLERS or len(word) == 1 or word.isdecimal()


def _joined(text: str) -> str:
    """Phrases that are one word made one word."""
    return _PHRASE.sub(lambda found: f" {_PHRASE_WORDS[int(str(found.lastgroup)[1:])]} ", text)


def _writes_a_report(word: str, near: Sequence[str]) -> bool:
    return word in WRITING and any(one in REPORTS or one.endswith(_JAPANESE_REPORTS) for one in near)


def _base(word: str) -> str:
    """The base form of a verb from its `-ing`; a participle (`leaked`, `deleted`) is no verb here."""
    stem = word.removesuffix("ing")
    if stem == word:
        return word
    options = (stem, stem + "e", stem[:-1] if stem[-2:-1] == stem[-1:] else stem)
    return next((option for option in options if option in CHANGING), word)
