"""Importing: data files into a new schema of a server; whatever goes wrong, the schema is gone again."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.git import printable

from ..address import checked
from ..dumping import Place
from ..migration.assessing import has_schema
from ..migration.copying import drop, state_of, tally
from ..migration.migration_results import Assessed, Copied, Row
from .columns import MadeTable, named_anew
from .figures import figures_of
from .rows import Value
from .sources import Source, opened_source
from .writing import MariaScript, PostgresScript

#: Rows between two looks at the clock.
LOOK_EVERY = 1_000


def assess(files: Sequence[str], target: Place, schema: str) -> Assessed:
    """What would be made of some files; they and the server are only read.

    Raises:
        ToolError: it cannot be done so: no table in them, a schema that is there.
    """
    job = target.clients.job
    with opened_source(files, job) as source:
        name = checked(schema or f"{next(iter(named_anew([source.name]).values()))}_imported").lower()
        if has_schema(target, name):
            raise ToolError(f"`{name}` is there already in {target.address.shown}: name another one (`schema`)")
        if not source.shape.tables:
            raise ToolError(f"`{printable(files[0])}` has no tables: nothing would be copied")
        figures = {table.name: figures_of(table, source.reader, job) for table in source.shape.tables}
    notes = source.shape.notes
    listed = [
        Row(table=table.name, rows=figures[table.name].rows, columns=len(table.columns), note=_note(table))
        for table in source.shape.tables
    ]
    what = "schema" if target.address.engine == "postgresql" else "database"
    items = [Item(kind="create", what=f"{what} {name}", detail=f"in {target.address.shown}")]
    items += [Item(kind="create", what=f"table {name}.{one.table}", detail=f"{one.rows:,} rows") for one in listed]
    rows = sum(one.rows for one in listed)
    return Assessed(
        items=items,
        counts={"tables": len(listed), "rows": rows, "notes": len(notes)},
        table=listed,
        notes=notes,
        target_schema=name,
        zero_dates=0,
        digest=named(name, target.address.shown, [one.told for one in figures.values()], _shown(source), notes),
    )


def copy(files: Sequence[str], target: Place, schema: str) -> Copied:
    """Fill a new schema from some files.

    Raises:
        ToolError: something fails: the schema is gone again.
    """
    if has_schema(target, schema):
        raise ToolError(f"`{schema}` is there already: nothing is copied into what others may use")
    script = target.clients.folder / "copy.sql"
    try:
        script.touch(mode=0o600)
        with opened_source(files, target.clients.job) as source:
            rows = _write(source, target, schema, script)
        _run(target, schema, script)
        tables = tally(target, schema)
        if (found := sum(one.rows for one in tables)) != rows:
            if has_schema(target, schema):
                drop(target, schema)
            raise ToolError(f"{found} rows are there, {rows} were copied. Nothing of it stays")
    except OSError as error:
        raise ToolError(f"there is no room for what is to be copied: {error.strerror}: nothing was done") from None
    finally:
        script.unlink(missing_ok=True)
    return Copied(target_schema=schema, tables=len(tables), rows=rows, state=state_of(tables), said=source.shape.notes)


def _write(source: Source, target: Place, schema: str, script: Path) -> int:
    """Write the statements; how many rows are in them."""
    rows, job = 0, target.clients.job
    kind = PostgresScript if target.address.engine == "postgresql" else MariaScript
    with script.open("w", encoding="utf-8", newline="\n") as file:
        to = kind(file, schema)
        for table in source.shape.tables:

            def counted(table: MadeTable = table) -> "Iterator[tuple[Value, ...]]":
                nonlocal rows
                for row in source.reader.rows(table):
                    rows += 1
                    if rows % LOOK_EVERY == 0 and job.out_of_time:
                        raise ToolError(f"it takes longer than {job.seconds:g} s: raise `max_seconds`")
                    yield row

            to.table(table, counted())
        to.keys(source.shape.tables)
    return rows


def _run(target: Place, schema: str, script: Path) -> None:
    """Carry the statements out, all or none."""
    clients = target.clients
    try:
        if target.address.engine == "postgresql":
            database = ["-d", target.address.database]
            clients.run("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", *database, "-f", str(script)])
            return
        clients.query(f"CREATE DATABASE `{schema}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "")
        try:
            clients.run("mariadb", [schema, "--batch"], script)
        except BaseException:
            drop(target, schema)
            raise
    except ToolError as error:
        raise ToolError(f"{error}. Nothing of it stays in {target.address.shown}") from None


def _note(table: MadeTable) -> str:
    return ", ".join(f"{one.name} {one.kind}" for one in table.columns)[:400]


def _shown(source: Source) -> list[str]:
    return [repr(table) for table in source.shape.tables]
