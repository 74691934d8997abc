"""Values that a sentence says by words: a yes to a boolean, a number behind the word that names it."""

import re
from collections.abc import Mapping

from aether_agents.contracts import InputSpec
from aether_agents.planning.sentence.parts import masked
from aether_agents.planning.sentence.units import SECONDS, VAGUE, unit_of
from aether_agents.planning.sentence.vocabulary import pattern_of

_BEFORE_FIGURE = re.compile(r"([^\W\d_]+)\s+(\d+(?:\.\d+)?)(?![\w:/.-]*\d)(?:\s*([^\W\d_]+))?", re.IGNORECASE)
#: Words of questions that name no number.
_PLAIN = frozenset(
    {"must", "most", "many", "which", "from", "with", "shall", "least", "still", "each", "days", "every"}
)
_SHORT = 4


def says_yes(spec: InputSpec, text: str) -> str:
    """The words of a text that say yes to a boolean input, by what the input declares; empty if none do."""
    plain = " ".join(masked(text).split())
    hits = (pattern_of(phrase).search(plain) for phrase in spec.said if spec.type == "boolean")
    return next((hit.group() for hit in hits if hit is not None), "")


def named_figures(specs: Mapping[str, InputSpec], text: str) -> dict[str, list[str]]:
    """Numbers without a unit, each to the one input that the word before it names: "the newest 5", "status 200"."""
    found = {name: hits for name, spec in specs.items() if (hits := _in_phrases(spec, text))}
    for before, number, behind in _BEFORE_FIGURE.findall(text):
        if unit_of(behind.lower()) in {*SECONDS, *VAGUE}:
            continue
        word = before.lower()
        named = [name for name, spec in specs.items() if word in _words(name, spec)]
        if len(named) == 1 and number not in found.get(named[0], []):
            found.setdefault(named[0], []).append(number)
    return found


def _in_phrases(spec: InputSpec, text: str) -> list[str]:
    """The numbers that stand in the phrases of an input, in its `said` with `{}` for the number."""
    found: list[str] = []
    for phrase in spec.said:
        head, _, tail = phrase.partition("{}")
        edge = r"(?<!\w)" if phrase.isascii() else ""
        pattern = rf"{edge}{re.escape(head)}(?P<figure>\d+(?:\.\d+)?)(?![\d.]*\d){re.escape(tail)}"
        found += [hit.group("figure") for hit in re.finditer(pattern, text, re.IGNORECASE) if "{}" in phrase]
    return list(dict.fromkeys(found))


def _words(name: str, spec: InputSpec) -> set[str]:
    """The words that name a number: of its name, and of its question."""
    asked = {word for word in re.findall(r"[a-z]+", spec.prompt.lower()) if len(word) > _SHORT - 1}
    return ({*name.lower().split("_")} | asked) - _PLAIN
