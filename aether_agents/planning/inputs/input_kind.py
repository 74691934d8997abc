"""What an input can take, as far as a sentence can say it."""

import re
from pathlib import Path

from aether_agents.contracts import InputSpec
from aether_agents.planning.sentence.terms import Reader


def file_kind(spec: InputSpec) -> str:
    """The ending of the file that a path input has by default; empty for folders and for what has none."""
    return Path(spec.default).suffix if format_of(spec) == "path" and isinstance(spec.default, str) else ""


def any_kind(place: str) -> bool:
    """Whether the ending of a file says no more than that it is a database."""
    return Path(place).suffix.lower() == ".db"


def is_share(spec: InputSpec) -> bool:
    """Whether it is a number of percent."""
    return spec.type in {"integer", "number"} and (spec.minimum, spec.maximum) == (0, 100)


def concepts_of(text: str) -> set[str]:
    """What the words of a text are about."""
    return {term.concept or term.token for term in Reader().terms(text)}


def format_of(spec: InputSpec) -> str | None:
    """The format of its values, or of the values in its list."""
    return spec.items.format if spec.type == "array" and spec.items else spec.format


def is_text(spec: InputSpec) -> bool:
    """Whether it takes free text."""
    inner = spec.items if spec.type == "array" and spec.items else spec
    return inner.type == "string" and inner.format in {None, "text"} and inner.enum is None


def words_of(spec: InputSpec, text: str) -> list[str]:
    """The values of an enumeration that a sentence names as whole words."""
    return [
        choice
        for choice in spec.enum or ()
        if isinstance(choice, str)
        and re.search(rf"(?<![a-z0-9_-]){re.escape(choice)}(?![a-z0-9_-])", text, re.IGNORECASE)
    ]


def is_target(spec: InputSpec) -> bool:
    """Whether its own words say that something goes into it."""
    return (
        re.search(r"\b(?:into|written to|copied to|saved to|put in)\b", f"{spec.prompt} {spec.description}".lower())
        is not None
    )


def goes_into(place: str, text: str) -> bool:
    """Whether a sentence puts something into a place."""
    said = re.escape(place)
    return re.search(rf"\b(?:into|onto|to)\s+{said}(?![\w/])|(?<![\w/.]){said}\s*(?:に|へ)", text) is not None


def may_be_gone(spec: InputSpec) -> bool:
    """Whether what it names need not be there: it is made, or its own words say so."""
    said = f"{spec.prompt} {spec.description}".lower()
    return (
        bool(file_kind(spec))
        or is_target(spec)
        or re.search(r"may be gone|need not|if it is not there", said) is not None
    )
