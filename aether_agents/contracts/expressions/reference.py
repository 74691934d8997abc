"""References: `${inputs.x}`, `${subtasks.scan.output.findings[0].line}`. Paths, never code.

An *expression* is JSON whose strings may hold references. `$${` in one stands for the two
characters `${` (dollars before a brace are written twice: `$$${item}` is a dollar, then a reference).
A string that is one reference takes the value's JSON type; one inside a longer string becomes text.
`resolve` gives values, in one pass: a value that looks like a reference is never followed. `substitute`
gives another expression, for planning and fan-out; a literal value enters one through `escape`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from aether_agents.contracts.contract import Json
from aether_agents.contracts.expressions.condition import MISSING, holds, meets
from aether_agents.contracts.expressions.path import Path, parse_path, read_steps, texts, walk, write_path
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import InvalidPlan

__all__ = [
    "MISSING",
    "ROOTS",
    "Reference",
    "depends",
    "escape",
    "extend",
    "find",
    "holds",
    "meets",
    "parse_path",
    "render",
    "resolve",
    "substitute",
    "walk",
    "whole",
]

ROOTS = ("inputs", "subtasks", "item", "context", "secrets")

#: A run of dollars is tried from its beginning only: results have any length, and may be nothing but dollars.
_RUN = r"(?<!\$)\$+"
_OPENING = re.compile(rf"({_RUN})\{{")


class Reference(NamedTuple):
    """One reference. For `subtasks`, `path[0]` is the id and `path[1]` is `output`."""

    root: str
    path: Path
    text: str

    @property
    def name(self) -> str:
        """The name of the input, subtask, secret or context value; empty for `${item}`."""
        return str(self.path[0]) if self.path else ""


def find(value: Json) -> list[Reference]:
    """Every reference in an expression, in the order they are written. Keys of objects are not looked at.

    Raises:
        InvalidPlan: one of them is malformed.
    """
    found = (_parts(text) for text in texts(value) if "${" in text)
    return [part for parts in found for part in parts if isinstance(part, Reference)]


def whole(value: Json) -> Reference | None:
    """The reference a string consists of, if it is exactly one.

    Raises:
        InvalidPlan: a reference in it is malformed.
    """
    if not isinstance(value, str) or "${" not in value:
        return None
    parts = list(_parts(value))
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Reference) else None


def depends(value: Json) -> tuple[str, ...]:
    """Ids of the subtasks an expression refers to, each once.

    Raises:
        InvalidPlan: a reference in it is malformed.
    """
    return tuple(dict.fromkeys(ref.name for ref in find(value) if ref.root == "subtasks"))


def resolve(value: Json, lookup: Callable[[Reference], Json]) -> Json:
    """The value of an expression. `lookup` gives the value of one reference.

    Raises:
        InvalidPlan: a reference is malformed.
        ReferenceMissing: whatever `lookup` raises it for.
    """
    if isinstance(value, str):
        parts = list(_parts(value))
        if len(parts) == 1 and isinstance(parts[0], Reference):
            return lookup(parts[0])
        return "".join(part if isinstance(part, str) else _as_text(lookup(part)) for part in parts)
    if isinstance(value, list):
        return [resolve(item, lookup) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item, lookup) for key, item in value.items()}
    return value


def substitute(value: Json, replace: Callable[[Reference], Json]) -> Json:
    """Another expression, with each reference replaced by the expression that `replace` gives for it.

    To keep a reference, `replace` gives its `text`. A literal value must be given through `escape`.

    Raises:
        InvalidPlan: a reference is malformed, or one inside a longer string would be replaced by an
            object or list that itself holds references, which has no text before it has run.
    """
    if isinstance(value, str):
        parts = list(_parts(value))
        if len(parts) == 1 and isinstance(parts[0], Reference):
            return replace(parts[0])
        return _write(part for piece in parts for part in _replaced(piece, replace))
    if isinstance(value, list):
        return [substitute(item, replace) for item in value]
    if isinstance(value, dict):
        return {key: substitute(item, replace) for key, item in value.items()}
    return value


def escape(value: Json) -> Json:
    """The expression that means exactly this value."""
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, list):
        return [escape(item) for item in value]
    if isinstance(value, dict):
        return {key: escape(item) for key, item in value.items()}
    return value


def extend(value: Json, path: Sequence[str | int]) -> Json:
    """The expression for what lies at `path` inside another expression.

    Raises:
        InvalidPlan: a reference is malformed.
        ReferenceMissing: there is no such place in it.
    """
    spot = value
    for index, step in enumerate(path):
        reference = whole(spot)
        if reference is not None:
            return render(reference.root, (*reference.path, *path[index:]))
        spot = walk(spot, (step,))
    return spot


def render(root: str, path: Sequence[str | int]) -> str:
    """A reference as it is written."""
    written = write_path(path)
    return f"${{{root}{'' if not written or written.startswith('[') else '.'}{written}}}"


def _parts(text: str) -> Iterator[str | Reference]:
    """A string as literal pieces (already unescaped) and references; the empty string is one piece."""
    literal, at = "", 0
    while opening := _OPENING.search(text, at):
        dollars = len(opening.group(1))
        literal += text[at : opening.start()] + "$" * (dollars // 2)
        at = opening.end()
        if dollars % 2 == 0:
            literal += "{"
            continue
        end = text.find("}", at)
        if end < 0:
            raise InvalidPlan(f"`{shorten(text[at - 2 :])}` has no closing brace; `$${{` writes a literal `${{`")
        if literal:
            yield literal
            literal = ""
        yield _read(text[at:end])
        at = end + 1
    literal += text[at:]
    if literal or not text:
        yield literal


@lru_cache(maxsize=4_096)  # the same few references are read at every step of planning
def _read(inside: str) -> Reference:
    text = f"${{{inside}}}"
    word = re.split(r"[^a-z]", inside, maxsplit=1)[0]
    if word not in ROOTS:
        raise InvalidPlan(
            f"`{shorten(text)}` is not a reference: it must start with {', '.join(ROOTS[:-1])} or {ROOTS[-1]}; "
            "`$${` writes a literal `${`"
        )
    path = read_steps(inside[len(word) :], text)
    if word == "subtasks" and (path[1:2] != ("output",) or not isinstance(path[0], str)):
        raise InvalidPlan(f"`{shorten(text)}`: a reference to a subtask is `${{subtasks.ID.output…}}`")
    if word in {"inputs", "context", "secrets"} and not (path and isinstance(path[0], str)):
        raise InvalidPlan(f"`{shorten(text)}` names nothing: write `${{{word}.NAME}}`")
    if word == "secrets" and len(path) > 1:
        raise InvalidPlan(f"`{shorten(text)}`: a secret is one name, `${{secrets.NAME}}`")
    return Reference(word, path, text)


def _replaced(part: str | Reference, replace: Callable[[Reference], Json]) -> Iterator[str | Reference]:
    """What stands in a longer string after one of its parts was replaced."""
    if isinstance(part, str):
        yield part
        return
    expression = replace(part)
    if isinstance(expression, str):
        yield from _parts(expression)
    elif find(expression):
        raise InvalidPlan(f"`{part.text}` holds results of subtasks: use it as a whole value, not inside a text")
    else:
        yield _as_text(resolve(expression, lambda reference: reference.text))


def _write(parts: Iterable[str | Reference]) -> str:
    """A string expression from its parts: the inverse of `_parts`."""
    written = literal = ""
    for part in parts:
        if isinstance(part, str):
            literal += part
        else:
            written += _quote(literal, before_reference=True) + part.text
            literal = ""
    return written + _quote(literal)


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quote(text: str, *, before_reference: bool = False) -> str:
    """Double the dollars that would otherwise open a reference."""
    end = rf"|{_RUN}\Z" if before_reference else ""
    return re.sub(rf"{_RUN}(?=\{{){end}", lambda dollars: dollars.group() * 2, text)
