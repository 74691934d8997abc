"""Assessing: what a migration would copy, what becomes something else, and what it leaves out."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.git import printable

from ..address import checked
from ..dumping import Place
from .columns import Column, source_tables, text, ticked
from .keys import left_out
from .migration_results import Assessed, Row

#: Longest name that PostgreSQL keeps, in bytes.
_LONGEST = 63
_DATES = ("date", "datetime", "timestamp")


def assess(source: Place, target: Place, schema: str) -> Assessed:
    """What would be made of a source; the source and the target are only read.

    Raises:
        ToolError: it cannot be done so: wrong kinds of server, a schema that is there, nothing to copy.
    """
    if source.address.engine != "mariadb" or target.address.engine != "postgresql":
        raise ToolError("a migration goes from MySQL or MariaDB to PostgreSQL: name the source first, then the target")
    name = checked(schema or f"{source.address.database}_migrated").lower()
    if has_schema(target, name):
        raise ToolError(f"the schema `{name}` is there already in {target.address.shown}: name another one (`schema`)")
    tables = source_tables(source.clients, source.address.database)
    if not tables:
        raise ToolError(f"{source.address.shown} has no tables: nothing would be copied")
    zeros = {table: _zeros(source, table, columns) for table, columns in tables.items()}
    rows = {one.table: one for one in source.tally(source.address.database)}
    notes = [*_left_out(source), *left_out(source), *_changed(tables)]
    if total := sum(zeros.values()):
        notes.append(f"{total} dates of all zeros become null: PostgreSQL has no such date")
    listed = [
        Row(table=table, rows=rows[table].rows, columns=len(columns), note=_note(zeros[table], columns))
        for table, columns in tables.items()
    ]
    items = [Item(kind="create", what=f"schema {name}", detail=f"in {target.address.shown}")]
    items += [
        Item(kind="create", what=f"table {name}.{one.table.lower()}", detail=f"{one.rows:,} rows") for one in listed
    ]
    return Assessed(
        items=items,
        counts={"tables": len(listed), "rows": sum(one.rows for one in listed), "notes": len(notes)},
        table=listed,
        notes=notes,
        target_schema=name,
        zero_dates=total,
        digest=named(name, target.address.shown, [one.model_dump() for one in rows.values()], notes),
    )


def has_schema(target: Place, name: str) -> bool:
    """Whether a schema is there; MariaDB calls its schemas databases."""
    if target.address.engine == "mariadb":
        return target.exists(name)
    return bool(target.clients.query(f"SELECT 1 FROM pg_namespace WHERE nspname = {text(name)}"))


def _zeros(source: Place, table: str, columns: list[Column]) -> int:
    """Dates of all zeros: MySQL's way to say nothing."""
    dates = [ticked(one.name) for one in columns if one.type.split("(")[0] in _DATES]
    if not dates:
        return 0
    counted = " + ".join(f"COALESCE(SUM({one} = 0), 0)" for one in dates)
    ((found,),) = source.clients.query(f"SELECT {counted} FROM {ticked(table)}")
    return int(found)


def _left_out(source: Place) -> list[str]:
    """What pgloader does not copy."""
    at = text(source.address.database)
    told = source.clients.query(
        f"SELECT 'view', table_name FROM information_schema.views WHERE table_schema = {at} UNION ALL "
        f"SELECT 'trigger', trigger_name FROM information_schema.triggers WHERE trigger_schema = {at} UNION ALL "
        "SELECT LOWER(routine_type), routine_name FROM information_schema.routines WHERE "
        f"routine_schema = {at} UNION ALL "
        f"SELECT 'event', event_name FROM information_schema.events WHERE event_schema = {at} ORDER BY 1, 2",
        "",
    )
    return [f"the {kind} `{printable(name, 80)}` is not copied: write it anew for PostgreSQL" for kind, name in told]


def _changed(tables: dict[str, list[Column]]) -> list[str]:
    """Names and types that become others."""
    found: list[str] = []
    for table, columns in tables.items():
        if table != table.lower() or any(one.name != one.name.lower() for one in columns):
            found.append(f"names in `{printable(table, 80)}` become lower case")
        if len(table.encode()) > _LONGEST:
            found.append(f"the name `{printable(table, 80)}` is longer than {_LONGEST} bytes: it is cut")
        for one in columns:
            if one.type.startswith("bigint") and "unsigned" in one.type:
                found.append(f"`{printable(table, 80)}.{printable(one.name, 80)}` (unsigned bigint) becomes numeric")
            elif one.type == "tinyint(1)":
                found.append(f"`{printable(table, 80)}.{printable(one.name, 80)}` (tinyint(1)) becomes boolean")
    return found


def _note(zeros: int, columns: list[Column]) -> str:
    kinds = sorted({one.type.split("(")[0] for one in columns if one.type.startswith(("set(", "geometry", "json"))})
    told = [f"{zeros} dates of all zeros"] if zeros else []
    return "; ".join(told + [f"{kind}: values are counted, not compared" for kind in kinds])
