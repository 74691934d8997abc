"""Comparing: a copy held against its source by the servers' own clients, not by what copied it."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from ..dumping import Place
from .columns import Column, Sums, doubled, source_tables, sums_of, target_tables, text, ticked
from .keys import foreign_keys, indexes
from .migration_results import Compared, Pair

_NEAR = Decimal("1e-9")


def compare(source: Place, target: Place, schema: str) -> Compared:
    """Rows, sums, keys and sequences of every table, on both sides."""
    mine = source_tables(source.clients, source.address.database)
    theirs = target_tables(target.clients, schema)
    found: list[tuple[str, str]] = []
    gaps: list[str] = []
    pairs: list[Pair] = []
    for table, columns in mine.items():
        other = theirs.get(table.lower())
        before = len(found)
        if other is None:
            found.append((table, f"the table `{table}` is not there"))
            pairs.append(Pair(table=table, rows_source=None, rows_target=None, columns_compared=0, same=False))
            continue
        rows, compared = _values(source, target, schema, (table, columns), other, found, gaps)
        found += [(table, said) for said in _keys(source, target, schema, table)]
        pairs.append(Pair(table=table, rows_source=rows[0], rows_target=rows[1], columns_compared=compared,
                          same=len(found) == before))  # fmt: skip
    found += [
        (one, f"the table `{one}` is not in the source") for one in theirs if one not in {t.lower() for t in mine}
    ]
    found += [(one, said) for one, said in sequences_behind(target, schema)]
    findings = [
        Finding(
            rule="differs", title="Not what the source has", severity="critical", file=printable(table), detail=said
        )
        for table, said in found
    ]
    covered = Coverage(checks=sum(pair.columns_compared for pair in pairs), gaps=gaps)
    base = conclude("copy against its source", printable(schema), findings, covered, looked=bool(pairs))
    alike = sum(pair.same for pair in pairs)
    base.summary = f"{alike} of {len(pairs)} tables have the same rows, sums, keys and sequences"
    return Compared(**base.model_dump(), tables=pairs, differences=[said for _, said in found])


def _values(
    source: Place, target: Place, schema: str, mine: tuple[str, list[Column]], theirs: list[Column],
    found: list[tuple[str, str]], gaps: list[str],
) -> tuple[tuple[int, int], int]:  # fmt: skip
    """Rows on both sides, and how many columns were summed; what differs is added to `found`."""
    table, columns = mine
    other = {one.name: one for one in theirs}
    sums: list[Sums] = [Sums("rows", "COUNT(*)", "count(*)")]
    counted: list[str] = []
    for column in columns:
        partner = other.get(column.name.lower())
        if partner is None:
            found.append((table, f"the column `{table}.{column.name}` is not there"))
            continue
        told = sums_of(column, partner)
        counted += [column.name] if len(told) == 1 and told[0].what.endswith(": values") else []
        sums += told
    if counted:
        gaps.append(f"{printable(table)}: values of {', '.join(map(printable, counted))} were counted, not compared")
    left = source.clients.query(
        f"SET time_zone = '+00:00'; SELECT {', '.join(one.source for one in sums)} FROM {ticked(table)}"
    )[-1]
    right = target.clients.query(
        f"SELECT {', '.join(one.target for one in sums)} FROM {doubled(schema)}.{doubled(table.lower())}"
    )[-1]
    for one, a, b in zip(sums, left, right, strict=True):
        if not same(a, b, one.inexact):
            found.append((table, f"`{table}`: {one.what}: {a} in the source, {b} in the copy"))
    return (int(left[0]), int(right[0])), len(columns) - len(counted)


def same(one: str, other: str, inexact: bool) -> bool:
    """Whether two numbers are the same, those that are inexact within a billionth."""
    try:
        first, second = Decimal(one), Decimal(other)
    except InvalidOperation:
        return one == other
    if not inexact or not (first.is_finite() and second.is_finite()):
        return one == other or first == second
    return abs(first - second) <= _NEAR * max(abs(first), abs(second), Decimal(1))


def _keys(source: Place, target: Place, schema: str, table: str) -> Iterator[str]:
    """Primary, unique and foreign keys, by their number and columns."""
    database = source.address.database
    wanted = [
        ("primary key" if one.name == "PRIMARY" else "unique index", one.columns)
        for one in indexes(source.clients, database) if one.table == table and one.unique and not one.left_out
    ]  # fmt: skip
    wanted += [("foreign key", one.columns) for one in foreign_keys(source.clients, database) if one.table == table]
    there = keys_there(target, schema, table.lower())
    for kind, columns in wanted:
        told = ",".join(columns).lower()
        if (kind, told) not in there:
            yield f"`{table}`: the {kind} ({told}) is not there"


def keys_there(target: Place, schema: str, table: str) -> list[tuple[str, ...]]:
    """Primary, unique and foreign keys of a table of PostgreSQL: what each is, and its columns."""
    where = text(f"{doubled(schema)}.{doubled(table)}")
    theirs = target.clients.query(
        "SELECT 'foreign key', (SELECT string_agg(a.attname, ',' ORDER BY n) FROM unnest(conkey) WITH ORDINALITY AS "
        "u(num, n) JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = num) FROM pg_constraint WHERE contype = "
        f"'f' AND conrelid = {where}::regclass UNION ALL SELECT CASE WHEN indisprimary THEN 'primary key' ELSE "
        "'unique index' END, (SELECT string_agg(a.attname, ',' ORDER BY n) FROM unnest(indkey) WITH ORDINALITY AS "
        "u(num, n) JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = num) FROM pg_index WHERE indisunique "
        f"AND indrelid = {where}::regclass"
    )
    return [tuple(one) for one in theirs]


def sequences_behind(target: Place, schema: str) -> Iterator[tuple[str, str]]:
    """Sequences that would give a number again that a row has."""
    told = target.clients.query(
        "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_schema) || '.' || "
        "quote_ident(table_name), column_name) FROM information_schema.columns WHERE table_schema = "
        f"{text(schema)} AND column_default LIKE 'nextval(%'"
    )
    for table, column, sequence in told:
        if not sequence:
            continue
        ((behind,),) = target.clients.query(
            f"SELECT coalesce(max({doubled(column)}), 0) > (SELECT CASE WHEN is_called THEN last_value ELSE "
            f"last_value - 1 END FROM {sequence}) FROM {doubled(schema)}.{doubled(table)}"
        )
        if behind == "t":
            yield table, f"`{table}.{column}`: its sequence would give a number again that a row has"
