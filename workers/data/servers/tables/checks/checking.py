"""Checking: rules against tables. Findings count rows and name the first; no value is ever shown."""

from collections.abc import Sequence
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude
from workers.inspection.git import printable

from ..engine import Database, Table, opened
from ..engine import quoted as q
from ..places import existing
from ..sheets.column_types import fits
from .rules import InRange, Matches, NoRowTwice, NotNull, OfType, OneOf, References, RowCount, Rule, Unique
from .usual import usual_rules

MAX_RULES = 500
ROWS_NAMED = 10

_TYPES = {"boolean": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP"}


class Verdict(BaseModel):
    """The result of one rule."""

    rule: str = Field(description="The rule, in words.")
    holds: bool = Field(description="Whether it holds.")
    rows: int = Field(description="Rows that break it.")


class Checked(ScanResult):
    """The result of a check."""

    rules: list[Verdict] = Field(default_factory=list, description="The result of each rule.")
    usual: bool = Field(default=False, description="Whether the usual rules were taken, as none were given.")


def check(database: str, rules: Sequence[Rule], tables: Sequence[str], job: Job) -> Checked:
    """Check rules; the usual ones where none are given.

    Raises:
        ToolError: the database cannot be read, or a rule names what is not there.
        Stopped: the job is no longer wanted.
    """
    file = existing(database, "the database")
    with opened(file, job) as store:
        columns = {table.name: store.columns(table) for table in chosen(store, tables)}
        taken = list(rules) or list(usual_rules({name: [c for c, _ in known] for name, known in columns.items()}))
        if len(taken) > MAX_RULES:
            raise ToolError(f"{len(taken)} rules: {MAX_RULES} is the most for one check; name fewer `tables`")
        everything = {table.name: store.columns(table) for table in store.tables() if table.schema == "main"}
        _all_there(taken, everything)
        verdicts, findings = [], []
        for place, rule in enumerate(taken):
            job.progress(place / len(taken), rule.table)
            count, found = _broken(store, rule)
            verdicts.append(Verdict(rule=_words(rule), holds=not count, rows=count))
            if count:
                findings.append(_finding(rule, count, found))
        covered = Coverage(files=len({rule.table for rule in taken}))
    base = conclude("data rules", printable(str(file)), findings, covered, looked=bool(taken))
    held = sum(verdict.holds for verdict in verdicts)
    base.summary = f"{held} of {len(taken)} rules hold" + ("" if rules else ", the usual ones: none were given")
    return Checked(**base.model_dump(), rules=verdicts, usual=not rules)


def chosen(store: Database, names: Sequence[str]) -> list[Table]:
    """The tables that are asked for; all without a name.

    Raises:
        ToolError: one is not there.
    """
    there = {table.name: table for table in store.tables() if table.schema == "main"}
    if missing := [name for name in names if name not in there]:
        raise ToolError(f"there is no table `{printable(missing[0], 60)}`; {_there(there)}")
    return [there[name] for name in names] if names else list(there.values())


def _all_there(rules: Sequence[Rule], known: dict[str, list[tuple[str, str]]]) -> None:
    for number, rule in enumerate(rules, 1):
        wanted = [(rule.table, name) for name in getattr(rule, "columns", [getattr(rule, "column", None)])]
        if isinstance(rule, References):
            wanted.append((rule.other_table, rule.other_column))
        for table, column in wanted:
            if table not in known:
                raise ToolError(f"rule {number}: there is no table `{printable(table, 60)}`; {_there(known)}")
            if column is not None and column not in (names := [name for name, _ in known[table]]):
                raise ToolError(
                    f"rule {number}: `{printable(table, 60)}` has no column `{printable(column, 60)}`; {_there(names)}"
                )


def _there(names: Sequence[str] | dict[str, Any]) -> str:
    shown = ", ".join(printable(name, 60) for name in list(names)[:20])
    return f"there are: {shown or 'none'}"


def _broken(store: Database, rule: Rule) -> tuple[int, list[int]]:
    """How many rows break a rule, and the first of them."""
    table = Table("main", rule.table).sql
    if isinstance(rule, RowCount):
        rows = store.row(f"SELECT count(*) FROM {table}")[0]  # noqa: S608 - quoted
        low, high = rule.min or 0, rows if rule.max is None else rule.max
        return (max(low - rows, rows - high, 0), [])
    test, values = _test(rule, store)
    try:
        count = store.row(f"SELECT count(*) FROM {table} AS t WHERE {test}", values)[0]  # noqa: S608 - quoted
        first = store.rows(f"SELECT rowid + 1 FROM {table} AS t WHERE {test} ORDER BY 1 LIMIT {ROWS_NAMED}", values)  # noqa: S608
    except ToolError as error:
        raise ToolError(f"`{_words(rule)}` cannot be checked: {error}") from None
    return count, [int(row[0]) for row in first]


def _test(rule: Rule, store: Database) -> tuple[str, list[Any]]:
    """What is true of a row `t` that breaks a rule, with the values to bind."""
    table = Table("main", rule.table).sql
    cell = f"t.{q(rule.column)}" if hasattr(rule, "column") else ""
    test, values = "", list[Any]()
    match rule:
        case NotNull():
            test = f"{cell} IS NULL"
        case Unique():
            test = _again(table, rule.columns, " AND ".join(f"{q(name)} IS NOT NULL" for name in rule.columns))
        case NoRowTwice():
            test = _again(table, [name for name, _ in store.columns(Table("main", rule.table))], "true")
        case OfType():
            test = f"{cell} IS NOT NULL AND NOT {fits(_TYPES[rule.type], f'trim(CAST({cell} AS VARCHAR))')}"
        case InRange():
            test, values = _outside(rule, cell, dict(store.columns(Table("main", rule.table)))[rule.column])
        case OneOf():
            test = f"{cell} IS NOT NULL AND CAST({cell} AS VARCHAR) NOT IN ({', '.join('?' for _ in rule.values)})"
            values = [str(value).lower() if isinstance(value, bool) else str(value) for value in rule.values]
        case Matches():
            test, values = f"NOT regexp_full_match(CAST({cell} AS VARCHAR), ?)", [rule.pattern]
        case References():
            there = f"o.{q(rule.other_column)} = {cell}"
            other = f"SELECT 1 FROM {Table('main', rule.other_table).sql} AS o WHERE {there}"  # noqa: S608 - quoted
            test = f"{cell} IS NOT NULL AND NOT EXISTS ({other})"
    return test, values


def _outside(rule: InRange, cell: str, kind: str) -> tuple[str, list[Any]]:
    """What is true of a value outside a range. In a column of text, no range of numbers holds what is none."""
    bounds = [(sign, bound) for sign, bound in (("<", rule.min), (">", rule.max)) if bound is not None]
    value = cell
    if kind == "VARCHAR" and all(isinstance(bound, int | float) for _, bound in bounds):
        value = f"TRY_CAST(trim({cell}) AS DOUBLE)"
    test = " OR ".join(f"{value} {sign} ?" for sign, _ in bounds) or "false"
    none = f" OR ({cell} IS NOT NULL AND {value} IS NULL)" if value != cell else ""
    return f"({test}{none})", [bound for _, bound in bounds]


def _again(table: str, columns: Sequence[str], among: str) -> str:
    """True of a row whose values in some columns are those of an earlier row."""
    parts = ", ".join(map(q, columns))
    numbered = f"SELECT rowid AS r, row_number() OVER (PARTITION BY {parts} ORDER BY rowid) AS n FROM {table}"  # noqa: S608
    return f"t.rowid IN (SELECT r FROM ({numbered} WHERE {among}) WHERE n > 1)"  # noqa: S608 - quoted


def _words(rule: Rule) -> str:
    about = [getattr(rule, "column", ""), *getattr(rule, "columns", [])]
    named = ", ".join(printable(name, 60) for name in about if name)
    return f"{printable(rule.table, 60)}{'.' + named if named else ''}: {rule.rule}"


def _finding(rule: Rule, count: int, rows: Sequence[int]) -> Finding:
    first = ", ".join(map(str, rows)) + (" …" if count > len(rows) else "")
    where = f"; the first: {first}" if rows else ""
    what = f"{count:,} row{'' if count == 1 else 's'} " + ("too few or too many" if not rows else "break it") + where
    return Finding(
        rule=rule.rule,
        title=f"Rule broken: {_words(rule)}",
        severity=rule.severity,
        file=printable(rule.table, 60),
        line=rows[0] if rows else None,
        detail=what,
    )
