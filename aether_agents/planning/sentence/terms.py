"""A text as terms: stems and kinds of things, each with how much it says. English by words, Japanese by runs of script.

A verb that stands where a request is made carries its deed; a noun that only names one ("the backup") is a mention.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

import Stemmer

from aether_agents.planning.sentence.function_words import (
    ARTICLES,
    ASKING,
    BEGINS,
    CARRIES,
    DETERMINERS,
    JOINERS,
    PREPOSITIONS,
    PRONOUNS,
    SOURCES,
    STATES,
    STOPS,
    WRITING,
)
from aether_agents.planning.sentence.verb_forms import bare_verbs, is_asked, is_verb
from aether_agents.planning.sentence.vocabulary import CJK, Vocabulary, vocabulary, without_kana

_WORD = re.compile(rf"[^\W_{CJK}]+(?:'[a-z]+)?|[\u30a0-\u30ff]{{2,}}|[\u3400-\u9fff\u3005]+|[,;:.!?。、@]")
_CJK = re.compile(r"[\u30a0-\u30ff\u3400-\u9fff\u3005]")
_SHORT = 4


class Term(NamedTuple):
    """One word that says something."""

    token: str  #: its stem, or the run of script
    concept: str  #: the kind of thing it stands for, if the vocabulary knows; else empty
    word: str  #: as written
    looks: bool = False  #: it only says to look
    bound: bool = False  #: it follows an article or a preposition: it is what the request is about
    deed: str = ""  #: what it asks for, if it stands as a verb
    named: str = ""  #: the deed it names as a thing
    means: bool = False  #: it only says how: "by restoring it"

    @property
    def common(self) -> bool:
        """Whether nearly every template is about it."""
        return self.concept in vocabulary().common

    @property
    def changes(self) -> bool:
        """Whether it is a verb that changes something, standing as one."""
        return vocabulary().changes(self.deed)


class Reader:
    """Reads texts. The stemmer keeps state, so each thread has its own reader."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english", 10_000)
        self._known = vocabulary()
        self._stems = _stems()
        self._japanese_words = _japanese_words()
        self._reports_japanese = _reports_japanese()

    def terms(self, text: str) -> list[Term]:
        """What a text says, in order."""
        joined = _joined(" ".join(unicodedata.normalize("NFKC", text).lower().replace("_", " ").split()), self._known)
        found = list(_WORD.finditer(joined))
        unknown = [Term(verb, "", verb) for verb in bare_verbs(joined) if verb not in self._known.fillers_japanese]
        return [*self._terms(found, joined), *unknown]

    def _terms(self, found: list[re.Match[str]], text: str) -> Iterator[Term]:
        words = [one.group() for one in found]
        carried = False  # the noun that comes names what is asked for
        leading = True  # nothing but fillers so far in this clause
        known = self._known
        asks = bool(words) and words[0] in ASKING
        before = ""
        source = False  # what comes is only where something is taken from: "from its backup"
        thing = False  # since an article or preposition there were only fillers, or words of the same thing
        for index, word in enumerate(words):
            if word in STOPS:
                leading, thing, source, before = True, False, False, ""
                continue
            if _CJK.match(word):
                yield from self._japanese(word, text[: found[index].start()], text[found[index].end() :])
                leading = False
            elif self._is_filler(word):
                if word in CARRIES and not asks and (leading or before in JOINERS):
                    carried = self._head(words[index + 1 :]) in known.nouns
                thing = word in DETERMINERS or (thing and before not in JOINERS and self._is_filler(before))
            else:
                verb = not asks and (leading or before in JOINERS)
                head = self._head(words[index + 1 :]) if verb or word in known.verbs else ""
                if self._only_carries(word, head, leading=verb):
                    carried = head in known.nouns
                else:
                    term = self._english(word, before, leading=verb, bound=thing, source=source)
                    done = known.participles.get(word, "") if not asks and before not in STATES else ""
                    yield self._as_asked(term, (known.nouns[word] if carried and term.named else "") or done)
                    carried = carried and not term.named
                leading = False
            source = word in SOURCES or (source and (word in ARTICLES or self._is_filler(word)))
            before = word

    def _as_asked(self, term: Term, deed: str) -> Term:
        return term._replace(deed=deed, named="") if deed else term

    def _english(self, word: str, before: str, *, leading: bool, bound: bool, source: bool) -> Term:
        known = self._known
        base = self._base(word)
        standing = before not in (DETERMINERS if base == word else ARTICLES)  # "by deleting" is a verb
        thing = bound and self._is_filler(before) and before not in PRONOUNS | JOINERS  # "the last restore"
        thing = base == word and (thing or before.endswith("'s") or before in known.verbs)  # "load test"
        deed = known.verbs.get(base, "") if standing and not thing else ""
        deed = deed or (known.leading.get(word, "") if leading and not thing and before not in DETERMINERS else "")
        looks = known.looks(deed) or (not deed and known.looks(known.verbs.get(word, "")))
        token = self._stemmer.stemWord(word.split("'", maxsplit=1)[0])
        named = "" if deed or source else known.nouns.get(word, "")
        means = bool(deed) and before == "by"
        return Term(
            token, known.kinds.get(word, ""), word, looks=looks, bound=bound, deed=deed, named=named, means=means
        )

    def _japanese(self, run: str, front: str, behind: str) -> Iterator[Term]:
        """A run of one script, cut by the longest words that are known. Nearly all of them name things."""
        rest = ""
        at = 0
        while at < len(run):
            word = next((one for one in self._japanese_words if run.startswith(one, at)), None)
            if word is None:
                rest += run[at]
                at += 1
                continue
            if len(rest) > 1:  # a single sign is an ending or a verb's stem
                yield Term(rest, "", rest, bound=True)
            rest = ""
            yield from self._japanese_word(word, front + run[:at], run[at + len(word) :] + behind)
            at += len(word)
        if len(rest) > 1:
            yield Term(rest, "", rest, bound=True)
        elif rest and is_verb(behind):  # a verb that nobody knows asks for what nobody knows
            yield Term(rest, "", rest)

    def _japanese_word(self, word: str, front: str, behind: str) -> Iterator[Term]:
        """A word that is known: what it asks for, or names."""
        known = self._known
        deed = known.japanese.get(word, "")
        asked = deed if deed and is_asked(behind) else ""
        if (asked in WRITING and self._reports_japanese.search(front)) or (word in BEGINS and self._names_deed(front)):
            return
        kind = known.kinds.get(word, "")
        looks = known.looks(deed)
        if deed or kind:
            taken = behind.startswith("から") or re.match(r"[をの]?(?:使|用い|もと|元)", behind) is not None
            named = deed if not looks and not asked and not taken else ""
            yield Term(
                word, kind, word, looks=looks and not kind, bound=not asked and not looks, deed=asked, named=named
            )

    def _names_deed(self, front: str) -> bool:
        """Whether what is begun is a deed itself: 「監査を開始」."""
        return front.rstrip("をの").endswith(tuple(self._known.japanese))

    def _is_filler(self, word: str) -> bool:
        known = self._known
        return word.split("'", maxsplit=1)[0] in known.fillers or len(word) == 1 or word.isdecimal()

    def _head(self, words: Sequence[str]) -> str:
        """The noun that a verb is about: the last word before a preposition, a mark or a joiner."""
        head = ""
        for word in words[:8]:
            if word in STOPS or word in PREPOSITIONS or word in JOINERS or word in {"that", "which", "here", "please"}:
                if head:
                    break
            elif not self._is_filler(word) or word in self._known.reports:
                head = word
        return head

    def _only_carries(self, word: str, head: str, *, leading: bool) -> bool:
        """Whether a verb does nothing of its own: it writes a report, or carries the noun of a deed."""
        known = self._known
        deed = known.verbs.get(word, "") or (known.leading.get(word, "") if leading else "")
        if deed in WRITING and head in known.reports:
            return True
        named = head in known.nouns or known.looks(known.verbs.get(head, ""))
        return word in CARRIES and named

    def _base(self, word: str) -> str:
        """The base form of a verb from its `-ing`; a participle (`leaked`, `deleted`) is no verb here."""
        stem = word.removesuffix("ing")
        if stem == word:  # an e that was left out: "restor"
            return word if word in self._known.verbs else self._stems.get(word, word)
        options = (stem, stem + "e", stem[:-1] if stem[-2:-1] == stem[-1:] else stem)
        return next((option for option in options if option in self._known.verbs), word)


@cache
def _stems() -> Mapping[str, str]:
    """Stems of verbs, to the verb."""
    stemmer = Stemmer.Stemmer("english", 10_000)
    return {stemmer.stemWord(verb): verb for verb in vocabulary().verbs if len(verb) > _SHORT}


@cache
def _japanese_words() -> tuple[str, ...]:
    known = vocabulary()
    words = {*known.kinds, *known.japanese, *known.fillers_japanese, *known.reports}
    return tuple(sorted((word for word in words if _CJK.match(word)), key=len, reverse=True))


@cache
def _reports_japanese() -> re.Pattern[str]:
    """A report as what is written: 「レポートを」 before 「作成」."""
    return re.compile(rf"(?:{'|'.join(one for one in vocabulary().reports if _CJK.match(one))})を?[^、。]{{0,4}}$")


def _put(word: str, found: re.Match[str]) -> str:
    return word + (found.groupdict().get("between") or "")


def _joined(text: str, known: Vocabulary) -> str:
    """Phrases that are one word made one word."""
    for pattern, word in known.compounds:
        text = pattern.sub(partial(_put, word), text)
    return known.stems.sub(without_kana, text)
