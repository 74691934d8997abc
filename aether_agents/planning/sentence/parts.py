"""The parts of a sentence beside its goals: conditions, exceptions, times, comparisons, destinations, order."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from aether_agents.planning.sentence.sentence import spans
from aether_agents.planning.sentence.vocabulary import vocabulary

Kind = Literal[
    "order",
    "passed",
    "failed",
    "condition",
    "exception",
    "schedule",
    "span",
    "comparison",
    "destination",
    "each",
    "branch",
    "place",
]
#: What stands in the place of what is named outright, and of a part that was taken out.
NAMED, TAKEN = "@", "\ue001"
#: … and of one that says what comes next: a goal begins behind it.
NEXT = "\ue002"
#: The order in which parts are looked for: a part is of the first kind that has it.
_KINDS: tuple[Kind, ...] = (
    "passed", "failed", "each", "branch", "order", "exception", "comparison", "schedule", "span", "destination",
    "condition",
)  # fmt: skip
_TIME = "(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?)"


class Part(NamedTuple):
    """A part of a sentence, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int


class Patterns(NamedTuple):
    """The patterns of this version."""

    kinds: dict[Kind, tuple[re.Pattern[str], ...]]
    unless: re.Pattern[str]
    unless_japanese: re.Pattern[str]
    explains: re.Pattern[str]
    forbids: re.Pattern[str]
    alternatives: re.Pattern[str]


@cache
def patterns() -> Patterns:
    """All patterns of `parts.toml`."""
    rows = tomllib.loads(files(__package__).joinpath("parts.toml").read_text(encoding="utf-8"))
    known = vocabulary()
    verbs = sorted(
        {*known.verbs, *known.leading, "do", "make", "take", "give", "run", "perform"}, key=len, reverse=True
    )
    rest = rf"[^,;.\n]*?(?=[,;\n]|\.(?:\s|$)|$|\s(?:and|then|but)\s(?:then\s|also\s|please\s)*(?:{'|'.join(verbs)})\b)"

    def compiled(texts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(text.replace("{rest}", rest).replace("{time}", _TIME)) for text in texts)

    def either(name: str) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{text})" for text in (*rows[name]["en"], *rows[name]["ja"])))

    return Patterns(
        {kind: compiled((*rows[kind]["en"], *rows[kind]["ja"])) for kind in _KINDS},
        re.compile(rf"(?:{rows['condition']['unless_en']})$"),
        re.compile(rows["condition"]["unless_ja"]),
        either("explanation"),
        either("prohibition"),
        either("alternative"),
    )


def plain(text: str) -> str:
    """A text in lower case and in its simplest letters, each at its place."""
    return "".join(_letter(one) for one in text)


def masked(text: str) -> str:
    """The same, with everything that is named outright as a run of `@`."""
    letters = list(plain(text))
    for start, end in spans(text):
        letters[start:end] = NAMED * (end - start)
    return "".join(letters)


def find_parts(mask: str) -> tuple[str, tuple[Part, ...]]:
    """A masked text without its parts, and the parts in their order."""
    found: list[Part] = []
    for kind in _KINDS:
        for pattern in patterns().kinds[kind]:
            for start, end in list(_hits(kind, pattern, mask)):
                found.append(Part(kind, "", start, end))
                mask = mask[:start] + (NEXT if kind == "order" else TAKEN) * (end - start) + mask[end:]
    return mask, tuple(sorted(found, key=lambda part: part.start))


def _hits(kind: Kind, pattern: re.Pattern[str], mask: str) -> Iterator[tuple[int, int]]:
    for hit in pattern.finditer(mask):
        start, end = hit.span()
        while start < end and mask[start] in f" ,、{TAKEN}{NEXT}":
            start += 1
        said = mask[start:end].strip(f" ,.、。{TAKEN}{NEXT}")
        if not said or (kind == "condition" and _is_complement(mask, start, end)):
            continue
        yield start, end


def _is_complement(mask: str, start: int, end: int) -> bool:
    """Whether "if" or "when" says what is looked at: "check if it is up", "warn when it is full"."""
    known = patterns()
    if mask[start:end].isascii() or re.match(r"(?:only |but |and )?[a-z]", mask[start:]):
        before = mask[:start].rstrip()
        if not before:  # "When does it expire?"
            return re.match(r"when(?:'s| (?:do|does|did|is|are|was|were|will|can))\b", mask[start:]) is not None
        head = re.match(r"(?:when|if)\b", mask[start:])
        return head is not None and before[-1] not in ",;" and known.unless.search(before + " ") is not None
    return known.unless_japanese.match(mask[end:].lstrip(" 、")) is not None


def _letter(one: str) -> str:
    simple = unicodedata.normalize("NFKC", one).lower()
    return simple if len(simple) == 1 else one
