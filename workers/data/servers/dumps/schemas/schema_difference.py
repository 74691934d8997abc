"""Schemas held against each other: exactly where the engine is the same, by families of types where it is not."""

import re

from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from .schema_results import Column, Difference, Differing, Key, Schema, Table

_MOST = 500
#: What a type of any engine holds, in the order in which it is looked for.
_FAMILIES = (
    (r"^(?:tinyint\(1\)|bool)", "boolean"),
    (r"^(?:.*int(?:eger|\d+)?|serial|bigserial|smallserial|year|hugeint)\b(?! ?\[)", "whole number"),
    (r"^(?:numeric|decimal)", "exact number"),
    (r"^(?:real|double|float)", "real number"),
    (r"^(?:timestamp|datetime)", "date and time"),
    (r"^date\b", "date"),
    (r"^time\b", "time"),
    (r"^(?:json)", "json"),
    (r"^(?:.*blob|bytea|.*binary)", "bytes"),
    (r"^(?:char|varchar|character|.*text|clob|enum|nvarchar|string|uuid|set\b)", "text"),
)


def family(kind: str) -> str:
    """What a type holds, whatever its engine calls it; an unknown type stands for itself."""
    low = kind.lower()
    return next((name for pattern, name in _FAMILIES if re.match(pattern, low)), low)


def held_against(schemas: list[Schema]) -> Differing:
    """The first schema held against each of the others."""
    first, *others = schemas
    found = [one for other in others for one in differences(first, other)]
    findings = [
        Finding(
            rule="schema",
            title="Not as in the first",
            severity="medium",
            file=printable(one.what, 200),
            detail=f"{one.database}: {one.other or 'not there'}; in the first: {one.first or 'not there'}",
        )
        for one in found
    ]
    covered = Coverage(checks=sum(len(schema.tables) for schema in schemas))
    base = conclude("schemas", ", ".join(one.database for one in schemas), findings, covered, looked=True)
    differ = {one.database for one in found}
    same = [one.database for one in others if one.database not in differ]
    base.summary = (
        f"{len(same)} of {len(others)} databases have the schema of {first.database}; {len(found)} differences"
    )
    return Differing(**base.model_dump(), reference=first.database, differences=found[:_MOST], same=same)


def differences(first: Schema, other: Schema) -> list[Difference]:
    """What is not the same in two schemas."""
    exact = first.engine == other.engine
    mine, theirs = (
        {table.name if exact else table.name.lower(): table for table in one.tables} for one in (first, other)
    )
    found: list[Difference] = []
    for name in sorted({*mine, *theirs}):
        one, two = mine.get(name), theirs.get(name)
        if one is None or two is None:
            found.append(_differs(other, f"table {name}", _size(one), _size(two)))
            continue
        found += _columns(other, one, two, exact)
        found += _keys(other, one, two, exact)
    if exact:
        found += [_differs(other, what, what, "") for what in first.others if what not in other.others]
        found += [_differs(other, what, "", what) for what in other.others if what not in first.others]
    return found


def _size(table: Table | None) -> str:
    return f"{len(table.columns)} columns" if table else ""


def _differs(other: Schema, what: str, mine: str, theirs: str) -> Difference:
    return Difference(database=other.database, what=what, first=mine, other=theirs)


def _columns(other: Schema, one: Table, two: Table, exact: bool) -> list[Difference]:
    mine, theirs = ({(c.name if exact else c.name.lower()): c for c in table.columns} for table in (one, two))
    found = []
    for name in dict.fromkeys((*mine, *theirs)):
        left, right = _told(mine.get(name), exact), _told(theirs.get(name), exact)
        if left[0] != right[0]:
            found.append(_differs(other, f"column {one.name}.{name}", left[1], right[1]))
    return found


def _told(column: Column | None, exact: bool) -> tuple[str, str]:
    """What is compared of a column, and what is shown of it."""
    if column is None:
        return "", ""
    null = "" if column.nullable else " not null"
    shown = f"{column.type}{null}" + (f" default {column.default}" if column.default and exact else "")
    return (shown if exact else f"{family(column.type)}{null}"), shown


def _keys(other: Schema, one: Table, two: Table, exact: bool) -> list[Difference]:
    mine, theirs = (_kept(table, exact) for table in (one, two))
    found = [_differs(other, f"{one.name}: {told}", told, "") for told in mine if told not in theirs]
    return found + [_differs(other, f"{one.name}: {told}", "", told) for told in theirs if told not in mine]


def _kept(table: Table, exact: bool) -> list[str]:
    """The keys that are compared: of another engine not its own words, nor the index it makes for a foreign key."""
    if exact:
        return [key.told for key in table.keys]
    foreign = [key.columns for key in table.keys if key.kind == "foreign key"]
    return sorted({_lower(key) for key in table.keys if key.kind not in ("check", "index") or (
        key.kind == "index" and key.columns not in foreign)})  # fmt: skip


def _lower(key: Key) -> str:
    return key.told.lower()
