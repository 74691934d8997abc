"""Noted: what a notation says, and a cheap look whether a line can be one."""

from collections.abc import Sequence
from typing import NamedTuple

import re2

#: Words of which a line must have one of each group, in small letters, so that a pattern need not be tried on others.
Glance = tuple[tuple[str, ...], ...]


class Noted(NamedTuple):
    """A name and its value, or a value whose surroundings say what it is."""

    value: str
    name: str  #: the promising name; empty where it only hints, or there is none
    rest: str  #: what follows it in the name
    how: str  #: `quoted`, `bare`, `blank`, `inline`, `address`, `known`, `random`, `basic`
    host: str = ""


def glance(words: str) -> Glance:
    """The groups of words, written with blanks between words and `|` between groups."""
    return tuple(tuple(group.split()) for group in words.split("|"))


def may_match(lowered: str, words: Glance) -> bool:
    """Whether a line in small letters has a word of each group."""
    for group in words:
        for word in group:
            if word in lowered:
                break
        else:
            return False
    return True


class Words:
    """Which of some words a text has, all looked for at once: most files have few of them."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._set = re2.Set.SearchSet()
        for word in self._words:
            self._set.Add(re2.escape(word))
        self._set.Compile()

    def found(self, lowered: str) -> list[str]:
        """Those in a text that is in small letters."""
        return [self._words[at] for at in self._set.Match(lowered.encode("utf-8", "replace")) or ()]
