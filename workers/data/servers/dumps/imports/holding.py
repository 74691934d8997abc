"""Holding a copy against its files: what the server's own client counts and sums, and what the files hold."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

from collections.abc import Iterator, Sequence

from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from ..dumping import Place
from ..migration.columns import doubled, source_tables, target_tables, ticked
from ..migration.comparing import keys_there, same, sequences_behind
from ..migration.keys import foreign_keys, indexes
from ..migration.migration_results import Compared, Pair
from .columns import MadeTable
from .figures import Figures, figures_of
from .sources import opened_source


def compare(files: Sequence[str], target: Place, schema: str) -> Compared:
    """Rows, sums, keys and sequences of every table, in the files and on the server."""
    job, maria = target.clients.job, target.address.engine == "mariadb"
    there = source_tables(target.clients, schema) if maria else target_tables(target.clients, schema)
    found: list[tuple[str, str]] = []
    pairs: list[Pair] = []
    with opened_source(files, job) as source:
        for table in source.shape.tables:
            before, known = len(found), figures_of(table, source.reader, job, maria)
            rows: int | None = None
            if table.name not in there:
                found.append((table.name, f"the table `{table.name}` is not there"))
            elif missing := {one.name for one in table.columns} - {one.name for one in there[table.name]}:
                found += [(table.name, f"the column `{table.name}.{one}` is not there") for one in sorted(missing)]
            else:
                rows, said = _sums(target, schema, table, known)
                found += [(table.name, one) for one in (*said, *_keys(target, schema, table))]
            same_there = len(found) == before
            pairs.append(Pair(table=table.name, rows_source=known.rows, rows_target=rows,
                              columns_compared=len(table.columns), same=same_there))  # fmt: skip
        names = {table.name for table in source.shape.tables}
    found += [(one, f"the table `{one}` is not in the files") for one in there if one not in names]
    found += [] if maria else list(sequences_behind(target, schema))
    findings = [
        Finding(rule="differs", title="Not what the files hold", severity="critical", file=printable(at), detail=said)
        for at, said in found
    ]
    covered = Coverage(checks=sum(pair.columns_compared for pair in pairs))
    base = conclude("copy against its files", printable(schema), findings, covered, looked=bool(pairs))
    alike = sum(pair.same for pair in pairs)
    base.summary = f"{alike} of {len(pairs)} tables have the rows, sums, keys and sequences of the files"
    return Compared(**base.model_dump(), tables=pairs, differences=[said for _, said in found])


def _sums(target: Place, schema: str, table: MadeTable, known: Figures) -> tuple[int, list[str]]:
    """Rows on the server, and what differs there."""
    maria = target.address.engine == "mariadb"
    sums = [(one, column.name) for column in table.columns for one in column.sums()]
    asked = ", ".join(["count(*)", *(one.source if maria else one.target for one, _ in sums)])
    if maria:
        told = target.clients.query(f"SET time_zone = '+00:00'; SELECT {asked} FROM {ticked(table.name)}", schema)[-1]
    else:
        place = f"{doubled(schema)}.{doubled(table.name)}"
        told = target.clients.query(f"SELECT {asked} FROM {place}")[-1]
    said = [] if int(told[0]) == known.rows else [f"`{table.name}`: {known.rows} rows in the files, {told[0]} there"]
    for (one, column), number in zip(sums, told[1:], strict=True):
        wanted = known.of(one.what, column)
        if not same(wanted, number, one.inexact):
            said.append(f"`{table.name}`: {one.what}: {wanted} in the files, {number} there")
    return int(told[0]), said


def _keys(target: Place, schema: str, table: MadeTable) -> Iterator[str]:
    """Primary, unique and foreign keys that are not there."""
    if target.address.engine == "mariadb":
        there = [
            ("primary key" if one.name == "PRIMARY" else "unique index", ",".join(one.columns))
            for one in indexes(target.clients, schema) if one.table == table.name and one.unique
        ]  # fmt: skip
        there += [
            ("foreign key", ",".join(one.columns))
            for one in foreign_keys(target.clients, schema) if one.table == table.name
        ]  # fmt: skip
    else:
        there = [(kind, columns) for kind, columns in keys_there(target, schema, table.name)]
    for key in table.keys:
        if key.kind != "index" and (key.kind, ",".join(key.columns)) not in there:
            yield f"`{table.name}`: the {key.kind} ({', '.join(key.columns)}) is not there"
