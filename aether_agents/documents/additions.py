"""Additions: fields of a document that a version without them may leave out, kept apart from those it must know.

They are the fields marked `ADDITIVE`, at any depth. Who does not know one reads the document as if it had its
default; the same holds of the version before this one, which looks at neither.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from aether_agents.contracts import Contract, Json
from aether_agents.contracts.contract import Additive

#: Where in a document a field stands: names of fields and places in lists, from the outside in.
Place = list[str | int]


def take_out(document: Contract, fields: dict[str, Json]) -> list[Json]:
    """Take the additions out of a document's fields, as `[place, value]` each. Changes `fields`."""
    return [[[*place], value] for place, value in _taken(document, fields, [])]


def put_back(fields: dict[str, Json], additions: object) -> None:
    """Put additions into a document's fields, as far as their places are there. Changes `fields`."""
    for one in additions if isinstance(additions, list) else []:
        match one:
            case [[*place, str(name)], value]:
                holder = _at(fields, place)
                if isinstance(holder, dict):
                    holder.setdefault(name, value)


def take_away(fields: dict[str, Json], additions: object, wrong: Iterator[tuple[str | int, ...]]) -> bool:
    """Take additions away that this version does not know, by the places of what is wrong. Whether that was any."""
    places = [one[0] for one in additions if isinstance(one, list)] if isinstance(additions, list) else []
    found = False
    for at in wrong:
        for place in places:
            holder = _at(fields, place[:-1])
            if [*at][: len(place)] == place and isinstance(holder, dict) and place[-1] in holder:
                del holder[place[-1]]
                found = True
    return found


def _taken(value: Any, dumped: Any, place: Place) -> Iterator[tuple[Place, Json]]:
    if isinstance(value, BaseModel) and isinstance(dumped, dict):
        for field, about in type(value).model_fields.items():
            name = about.serialization_alias or about.alias or field
            if name not in dumped:
                continue
            if any(isinstance(one, Additive) for one in about.metadata):
                yield [*place, name], dumped.pop(name)
            else:
                yield from _taken(getattr(value, field), dumped[name], [*place, name])
    elif isinstance(value, dict) and isinstance(dumped, dict):
        for name in dumped:
            yield from _taken(value.get(name), dumped[name], [*place, name])
    elif isinstance(value, tuple) and isinstance(dumped, list):
        for number, one in enumerate(value):
            yield from _taken(one, dumped[number], [*place, number])


def _at(fields: Any, place: Place) -> Any:
    for step in place:
        if isinstance(fields, dict) and isinstance(step, str):
            fields = fields.get(step)
        elif isinstance(fields, list) and isinstance(step, int) and 0 <= step < len(fields):
            fields = fields[step]
        else:
            return None
    return fields
