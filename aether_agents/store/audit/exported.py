"""The audit record as a file: one JSON object a line; first where it begins, last where it ended, signed."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from aether_agents.contracts import Json
from aether_agents.errors import InvalidSettings
from aether_agents.store.audit.chain import End, Line, read_exported
from aether_agents.store.audit.checkpoint import holds
from aether_agents.store.client.audit_writer import Fields

#: Characters of one line that is read.
_LINE_MAX = 1024 * 1024


class Exported(NamedTuple):
    """What a file holds."""

    lines: tuple[Line, ...]
    anchor: Fields
    head: Fields


def written(lines: Iterable[Line], anchor: Fields, head: Fields) -> Iterator[str]:
    """The lines of a file. It ends where its head does: what comes meanwhile is of the next one."""
    yield json.dumps({"begins": anchor})
    for one in lines:
        if one.number > int(str(head["number"])):
            break
        yield json.dumps(one.shown, ensure_ascii=False, sort_keys=True)
    yield json.dumps({"head": head})


def read(texts: Iterable[str], name: str) -> Exported:
    """A file that was exported.

    Raises:
        InvalidSettings: a line of it is none of ours.
    """
    lines, anchor, head = list[Line](), Fields(), Fields()
    for at, text in enumerate(texts, 1):
        if not text.strip():
            continue
        try:
            value: Json = json.loads(text[:_LINE_MAX])
            if isinstance(value, dict) and "begins" in value:
                anchor = _object(value["begins"])
            elif isinstance(value, dict) and "head" in value:
                head = _object(value["head"])
            else:
                lines.append(read_exported(value))
        except ValueError as error:
            raise InvalidSettings(
                f"{name}:{at} is no line of the record ({error}): verify what `aether-agent audit export` wrote"
            ) from None
    return Exported(tuple(lines), anchor, head)


def read_head(text: str, name: str) -> Fields:
    """A head that was exported.

    Raises:
        InvalidSettings: it is none.
    """
    try:
        return _object(json.loads(text))
    except ValueError as error:
        raise InvalidSettings(f"{name} is no head ({error}): `aether-agent audit head` prints one") from None


def beginning(anchor: Mapping[str, Json], keys: frozenset[str]) -> tuple[End, bool]:
    """Where a chain begins, and whether that is signed: a chain that begins at its first entry needs no signature."""
    if not anchor:
        return End(), True
    if not holds("retired", anchor, keys):
        return End(), False
    return End(int(str(anchor["number"])), str(anchor["link"])), True


def unsigned_end(found: Exported) -> str:
    """Why nobody can say that the end of a file is the one that was exported; empty where the head says so."""
    if not found.head:
        return "the file has no head, which every export ends with: what stood at its end may have been cut off"
    last = found.lines[-1].number if found.lines else int(str(found.anchor.get("number", 0)))
    if found.head.get("number") != last:
        return f"the file ends at entry {last}, and its head says {found.head.get('number')}: its end was changed"
    return ""


def _object(value: Json) -> Fields:
    if not isinstance(value, dict):
        raise ValueError("an object is wanted")  # noqa: TRY004 - as of any text that is not one
    return value
