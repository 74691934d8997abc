"""What a sentence names outright: paths, addresses, quoted texts, numbers with a unit, "this repository"."""

import re
from typing import NamedTuple

from aether_agents.planning.sentence.text_replacement import TextReplacement, read_exchange

_NOT_IN_PATH = r"\s,;'\"`()<>\[\]{}|\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|`([^`\n]+)`|“([^”\n]+)”|「([^」\n]+)」|『([^』\n]+)』|(?<![\w'])'([^'\n]+)'(?!\w)"
)
_ADDRESS = re.compile(
    rf"\b(?:[a-z][a-z0-9+]*://(?-i:[^{_NOT_IN_PATH}]+)|[\w.-]+@[\w.-]+\.\w+:(?-i:[^{_NOT_IN_PATH}]+))", re.IGNORECASE
)
_PATH = re.compile(
    rf"(?<![A-Za-z0-9_/.~$-])((?:~[A-Za-z0-9_-]*|\.{{1,2}})/[^{_NOT_IN_PATH}]*|/[^{_NOT_IN_PATH}]+|/(?=\s*$)|~|\.{{1,2}})"
    r"(?![A-Za-z0-9_/])"
)
_LOOSE = re.compile(
    rf"(?<![A-Za-z0-9_/.-])([A-Za-z0-9_.-]+(?:/[^{_NOT_IN_PATH}]+|/)|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.[a-z]{{1,8}})(?![A-Za-z0-9_/]|:\d|\.\w)"
)
#: A name with its domain may stand alone: what is no endpoint by itself is asked about.
_HOST = re.compile(
    r"(?<![\w./:@-])((?:localhost|\[[0-9a-f:.]+\]|(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*|\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}"
    r"|(?:[a-z0-9_-]+\.)+[a-z]{2,})(?![A-Za-z0-9_:/])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])(\d+(?:\.\d+)?)\s*-?([^\W\d_]+)")
_PERCENT = re.compile(r"(?<![A-Za-z0-9_.])(\d+(?:\.\d+)?)\s*(?:%|％|percent\b|パーセント)", re.IGNORECASE)
_FIGURE = re.compile(r"(?<![A-Za-z0-9_.:/-])\d+(?:\.\d+)?(?![A-Za-z0-9_:/]|[.-]\d)")
_CLAUSE = re.compile(r"[,;、。；，]|\band\b|\bor\b", re.IGNORECASE)
_HERE = re.compile(
    r"\b(?:this|these|the current|current)\s+(?:\w+\s+)?"
    r"(?:repo|repos|repository|repositories|project|projects|codebase|code|checkout|folder|directory|workspace|tree)\b"
    r"|\bhere\b|\bthis\s*$|(?:この|これらの|現在の|カレント)\S|ここ",
    re.IGNORECASE,
)
_SENTENCE_END = ".,;:!?"
#: Slashes between words that are no paths.
_NO_PATH = frozenset({"and/or", "either/or", "yes/no", "client/server", "read/write", "he/she", "w/o"})


class Mentions(NamedTuple):
    """What a sentence names, in the order it names it."""

    paths: tuple[str, ...]  #: certainly paths: `./a`, `/b`, `~/c`, `.`
    loose: tuple[str, ...]  #: perhaps paths: `src/app`, `setup.py`
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]  #: perhaps endpoints: `db:5432`, `10.0.0.1:22`, `shop.example`
    quoted: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...]  #: the number and the word after it
    percents: tuple[tuple[str, str], ...]  #: the number before a `%`, and the clause it stands in
    figures: tuple[str, ...]  #: every number that stands alone, whatever is after it
    here: bool  #: "this repository", "these projects", "here"
    rest: str  #: the words that are left
    exchange: TextReplacement | None = None  #: two texts, the second to stand in the place of the first


def read_sentence(text: str) -> Mentions:
    """Find what a sentence names. Each part of it is counted once."""
    rest, exchange = read_exchange(text)
    rest, quoted = _take(rest, _QUOTED)
    quoted = tuple(part for part in quoted if not _HERE.search(part))
    rest, addresses = _take(rest, _ADDRESS)
    rest, paths = _take(rest, _PATH)
    loose = tuple(_trimmed(found.group(1)) for found in _LOOSE.finditer(rest) if _may_be_path(found.group(1)))
    numbers = tuple((found.group(1), found.group(2).lower()) for found in _NUMBER.finditer(rest))
    return Mentions(
        paths=tuple(_trimmed(path) for path in paths),
        loose=loose,
        addresses=tuple(address.rstrip(_SENTENCE_END) for address in addresses),
        hosts=tuple(found.group(1) for found in _HOST.finditer(rest)),
        quoted=quoted,
        numbers=numbers,
        percents=tuple((one.group(1), part) for part in _CLAUSE.split(rest) for one in _PERCENT.finditer(part)),
        figures=tuple(_FIGURE.findall(rest)),
        here=_HERE.search(text) is not None,
        rest=" ".join(rest.split()),
        exchange=exchange,
    )


def spans(text: str) -> list[tuple[int, int]]:
    """Where a sentence names something outright: its quoted texts, addresses, paths and hosts."""
    found: list[tuple[int, int]] = []
    for pattern in (_QUOTED, _ADDRESS, _PATH, _LOOSE, _HOST):
        for hit in pattern.finditer(text):
            start, end = hit.span()
            if pattern is _LOOSE and not _may_be_path(hit.group(1)):
                continue
            if pattern is _QUOTED and _HERE.search(hit.group()):
                continue
            while end > start and text[end - 1] in _SENTENCE_END and pattern is not _QUOTED:
                end -= 1
            if all(end <= one or start >= other for one, other in found):
                found.append((start, end))
    return sorted(found)


def quotes(text: str) -> list[tuple[int, int]]:
    """Where quoted texts stand, with their signs."""
    return [hit.span() for hit in _QUOTED.finditer(text)]


def _take(text: str, pattern: re.Pattern[str]) -> tuple[str, tuple[str, ...]]:
    """What a pattern finds, and the text without it."""
    found: list[str] = []

    def note(match: re.Match[str]) -> str:
        found.append(next((group for group in match.groups() if group), match.group()))
        return " "

    return pattern.sub(note, text), tuple(found)


def _trimmed(path: str) -> str:
    """A path without the punctuation of the sentence around it."""
    while path and path[-1] in _SENTENCE_END and path.rsplit("/", 1)[-1] not in {".", ".."}:
        path = path[:-1]
    return path


def _may_be_path(token: str) -> bool:
    return token.lower() not in _NO_PATH and not (token.isupper() and "." not in token)
