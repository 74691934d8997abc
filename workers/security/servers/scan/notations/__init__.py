"""How people write down a name and its secret: the notations of languages, settings, command lines and addresses.

Every expression here is bounded in what it may run over, since a line may be a stranger's: detect-secrets' own
expressions for names take minutes for one hostile line. A pattern is tried only on lines that have one of its words.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from . import addresses, named
from .calls import CALLS
from .commands import COMMANDS
from .deeper import deeper, further_below
from .hashes import WORDS as HASHES
from .hashes import hashes
from .headers import HEADERS, LINES
from .names import NAMED, WORDS, in_english, is_foreign
from .noted import Glance, Noted, Words, glance, may_match

__all__ = ["Notations", "Noted"]

#: The patterns that a line can match if it has a word, by that word, with the further words that it must have.
_BY_WORD: dict[str, list[tuple[Glance, "re.Pattern[str]"]]] = {}
for _words, _pattern in (*HEADERS, *COMMANDS, *CALLS):
    _first, *_rest = glance(_words)
    _row = (tuple(_rest), re.compile(_pattern))
    for _word in _first:
        _BY_WORD.setdefault(_word, []).append(_row)
#: Between two words of a command that is written as a list: `["program", "-p", "…"]`.
_LISTED = re.compile(r"(?<=[\w%=-])[\"'][ \t]{0,4},[ \t]{0,4}[\"'](?=[\w-])")
_NAMES, _HASHES = frozenset(WORDS), frozenset(HASHES)
_GLANCE = Words([*dict.fromkeys((*_BY_WORD, *WORDS, *HASHES))])
_LINES = tuple((re.compile(name, re.IGNORECASE), re.compile(line)) for name, line in LINES)


class Notations:
    """What some lines can note down at all: of all the words that notations have, most files have few."""

    def __init__(self, path: str, texts: Sequence[str]) -> None:
        whole = "\n".join(texts)
        lowered = whole.lower()
        self._foreign = is_foreign(lowered)
        if self._foreign:
            lowered += " password"
        present = _GLANCE.found(lowered)
        self._rows = [(word, _BY_WORD[word]) for word in present if word in _BY_WORD]
        self._names = not _NAMES.isdisjoint(present)
        self._hashes = not _HASHES.isdisjoint(present)
        self._lines = _lines_of(path.rpartition("/")[2].lower(), "chpasswd" in lowered)

    def find(self, text: str, before: Sequence[str] = ()) -> Iterator[Noted]:
        """What a line notes down; `before` are the lines before it, where a name may stand alone."""
        for pattern in self._lines:
            if match := pattern.match(text):
                yield _noted(match)
        if self._foreign:
            text, before = in_english(text), [in_english(line) for line in before]
        if "\\" in text:
            text = text.replace('\\"', '"').replace("\\'", "'")
        lowered = text.lower()
        if ":" in text:
            yield from addresses.passwords(text)
        yield from self._in_commands(text, lowered)
        if self._hashes:
            yield from hashes(text, lowered)
        if self._names:
            if _is_named(text):
                yield from named.here(text, lowered)
                yield from deeper(text)
            if any(map(_is_named, before)):
                if named.looks_back(text):
                    yield from named.below(text, "\n".join(before))
                yield from further_below(before, text)

    def _in_commands(self, text: str, lowered: str) -> Iterator[Noted]:
        yield from self._by_words(text, lowered)
        if _LISTED.search(text):  # a command as a list of its words
            joined = _LISTED.sub(" ", text)
            yield from self._by_words(joined, joined.lower())
            if self._names:
                yield from named.options(joined)

    def _by_words(self, text: str, lowered: str) -> Iterator[Noted]:
        tried = set[int]()
        for word, rows in self._rows:
            if word not in lowered:
                continue
            for words, pattern in rows:
                if id(pattern) not in tried and may_match(lowered, words):
                    tried.add(id(pattern))
                    yield from map(_noted, pattern.finditer(text))


@lru_cache(maxsize=64)
def _is_named(text: str) -> bool:
    """Whether a line has a name that promises or hints at a secret."""
    lowered = text.lower()
    for word in WORDS:
        if word in lowered:
            return NAMED.search(text) is not None
    return False


@lru_cache(maxsize=256)
def _lines_of(name: str, chpasswd: bool) -> tuple["re.Pattern[str]", ...]:
    """The forms of lines that are a login because of the file they stand in."""
    return tuple(
        pattern for file, pattern in _LINES if file.search("chpasswd" if chpasswd else name) or file.search(name)
    )


def _noted(match: "re.Match[str]") -> Noted:
    how, value = next((how, value) for how, value in match.groupdict().items() if value)
    return Noted(value.strip("\"'"), "password", "", "known" if how == "value" else how)
