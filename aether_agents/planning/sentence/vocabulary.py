"""The vocabulary: words of requests as data, read once. Deeds from `deeds.toml`, all other words from `words.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from aether_agents.documents.suggestion import nearest

CJK = r"\u3040-\u30ff\u3400-\u9fff\u3005"
_KANA_INSIDE = re.compile(r"[\u3041-\u309f]")
#: Words that a phrase with `*` may have between its own.
_BETWEEN = r"(?:[^\s,;.]+ ){1,4}?"


class Deed(NamedTuple):
    """Something a sentence can ask for."""

    name: str
    risk: Literal["read", "write", "destructive"]
    opposite: str = ""  #: what undoes it, or goes the other way
    exact: bool = False  #: only what is made for it does it, though it only looks
    carries: bool = False  #: it takes something from one place to another

    @property
    def changes(self) -> bool:
        """Whether it does more than look."""
        return self.risk != "read"


class Vocabulary(NamedTuple):
    """All words that are known."""

    deeds: Mapping[str, Deed]
    verbs: Mapping[str, str]  #: to its deed: a verb wherever it stands as one
    leading: Mapping[str, str]  #: … only where a request begins
    nouns: Mapping[str, str]  #: … that names the deed
    participles: Mapping[str, str]  #: "I need it backed up", "it should be …", to its deed
    japanese: Mapping[str, str]  #: stem without kana inside, to its deed
    stems: re.Pattern[str]  #: Japanese stems that are written with kana inside
    compounds: tuple[tuple[re.Pattern[str], str], ...]  #: several words that are one
    fillers: frozenset[str]
    fillers_japanese: frozenset[str]
    reports: frozenset[str]
    shapes: frozenset[str]
    weak: frozenset[str]
    kinds: Mapping[str, str]  #: word to the kind of thing it stands for, as `=kind`
    common: frozenset[str]
    openings: frozenset[str]  #: how phrases of verbs begin
    environments: Mapping[str, tuple[str, ...]]  #: words that mean the same environment
    endings: Mapping[str, str]  #: a file's ending to the kind of thing it holds

    def changes(self, deed: str) -> bool:
        """Whether a deed does more than look; no deed does not."""
        return bool(deed) and self.deeds[deed].changes

    def looks(self, deed: str) -> bool:
        """Whether a deed only looks, and anything that looks does it."""
        return bool(deed) and not self.deeds[deed].changes and not self.deeds[deed].exact


@cache
def vocabulary() -> Vocabulary:
    """The words of this version."""
    deeds = _deeds()
    words = _table("words.toml")
    japanese = {stem: name for name, row in deeds.items() for stem in row.get("ja", "").split()}
    with_kana = [stem for stem in japanese if _KANA_INSIDE.search(stem)]
    kinds = {word: f"={kind}" for kind, listed in words["kinds"].items() for word in listed.split()}
    return Vocabulary(
        deeds={
            name: Deed(name, row["risk"], row.get("opposite", ""), row.get("exact", False), row.get("carries", False))
            for name, row in deeds.items()
        },
        verbs={**_words(deeds, "verbs"), **{_joined(phrase): name for name, phrase in _phrases(deeds)}},
        leading=_words(deeds, "leading"),
        nouns=_words(deeds, "nouns"),
        participles=_words(deeds, "participles"),
        japanese={short: name for stem, name in japanese.items() if (short := _KANA_INSIDE.sub("", stem))},
        stems=_longest_first(with_kana),
        compounds=tuple(_compounds(words["compounds"], _phrases(deeds))),
        fillers=frozenset(words["fillers"].split()),
        fillers_japanese=frozenset(words["fillers_ja"].split()),
        reports=frozenset(words["reports"].split()),
        shapes=frozenset(words["shapes"].split()),
        weak=frozenset(words["weak"].split()),
        kinds=kinds,
        openings=frozenset(_opening(phrase) for _, phrase in _phrases(deeds)) | {"don't", "do not"},
        environments={name: tuple(listed.split()) for name, listed in words["environments"].items()},
        endings={ending: f"={kind}" for kind, listed in words["endings"].items() for ending in listed.split()},
        common=frozenset(f"={kind}" for kind in words["common"].split()),
    )


@cache
def pattern_of(phrase: str) -> re.Pattern[str]:
    """A phrase as a pattern; `*` in it stands for up to four words. Japanese has no blanks around it."""
    if not phrase.isascii():
        return re.compile(re.escape(phrase))
    head, star, tail = phrase.partition(" * ")
    between = rf"{head.replace(' ', '[ -]')} (?P<between>{_BETWEEN}){tail}" if star else phrase.replace(" ", "[ -]?")
    return re.compile(rf"(?<![\w-]){between}(?![\w-])", re.IGNORECASE)


def deed_faults(declared: Iterable[str]) -> list[str]:
    """The words of a declaration that are no deeds."""
    known = _deeds()  # not the whole vocabulary: whoever reads templates would build it, also to list them
    listed = ", ".join(known)
    return [
        f"there is no deed `{word}`{nearest(word, known)}; known: {listed}" for word in declared if word not in known
    ]


def without_kana(found: re.Match[str]) -> str:
    """A stem as the table of stems has it."""
    return _KANA_INSIDE.sub("", found.group())


@cache
def _deeds() -> Mapping[str, Any]:
    return _table("deeds.toml")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _words(deeds: Mapping[str, Any], column: str) -> dict[str, str]:
    return {word: name for name, row in deeds.items() for word in row.get(column, "").split()}


def _phrases(deeds: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, phrase) for name, row in deeds.items() for phrase in row.get("phrases", ())]


def _opening(phrase: str) -> str:
    """Its first two words; where others may stand between them, the first."""
    first, second, *_ = phrase.split()
    return first if second == "*" else f"{first} {second}"


def _joined(phrase: str) -> str:
    return re.sub(r"[^a-z]", "", phrase)


def _compounds(
    written: Mapping[str, Iterable[str]], phrases: Iterable[tuple[str, str]]
) -> Iterable[tuple[re.Pattern[str], str]]:
    """Phrases of deeds first: a `*` in one stands for what is between, and stays."""
    for _, phrase in sorted(phrases, key=lambda one: "*" in one[1]):
        yield pattern_of(phrase), f" {_joined(phrase)} "
    for word, patterns in written.items():
        yield re.compile(rf"(?<![a-z0-9])(?:{'|'.join(patterns)})"), f" {word} "


def _longest_first(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))
