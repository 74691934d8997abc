"""The schema of a PostgreSQL or MariaDB database, read from its catalogue by the server's own client."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

import json
from typing import Any

from ..clients import Clients
from ..dumping import Place
from ..migration.columns import doubled, text, ticked
from ..migration.keys import foreign_keys, indexes
from .schema_results import Column, Key, KeyKind, Schema, Table

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_KINDS: dict[str, KeyKind] = {"p": "primary key", "u": "unique key", "f": "foreign key", "c": "check", "i": "index"}
_NAMED = "CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname"


def _columns_at(numbers: str, table: str) -> str:
    return (
        f"(SELECT coalesce(jsonb_agg(coalesce(a.attname, '(expression)') ORDER BY u.n), '[]') FROM unnest({numbers}) "
        f"WITH ORDINALITY AS u(num, n) LEFT JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = u.num)"
    )


_PG_COLUMNS = (
    f"SELECT jsonb_build_array({_NAMED}, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, "
    "coalesce(pg_get_expr(d.adbin, d.adrelid), CASE WHEN a.attidentity <> '' THEN 'identity' ELSE '' END)) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid "
    "AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "
    f"WHERE c.relkind IN ('r', 'p') AND {_OURS} ORDER BY n.nspname, c.relname, a.attnum"
)
_PG_KEYS = (
    f"SELECT jsonb_build_array({_NAMED}, k.contype, CASE WHEN k.contype = 'c' THEN "
    f"jsonb_build_array(pg_get_constraintdef(k.oid)) ELSE {_columns_at('k.conkey', 'k.conrelid')} END, "
    "(SELECT CASE WHEN rn.nspname = 'public' THEN '' ELSE rn.nspname || '.' END || r.relname FROM pg_class r JOIN "
    "pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = k.confrelid), "
    f"{_columns_at('k.confkey', 'k.confrelid')}) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN "
    f"pg_namespace n ON n.oid = c.relnamespace WHERE k.contype IN ('p', 'u', 'f', 'c') AND {_OURS} "
    f"UNION ALL SELECT jsonb_build_array({_NAMED}, CASE WHEN i.indisunique THEN 'u' ELSE 'i' END, "
    f"{_columns_at('i.indkey::int2[]', 'i.indrelid')}, NULL, '[]'::jsonb) FROM pg_index i JOIN pg_class c ON "
    "c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k "
    f"WHERE k.conindid = i.indexrelid AND k.contype <> 'f') AND {_OURS} AND c.relkind IN ('r', 'p')"
)
_PG_OTHERS = (
    "SELECT jsonb_build_array(CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'foreign "
    f"table' END, {_NAMED}) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
    f"('v', 'm', 'f') AND {_OURS} UNION ALL SELECT jsonb_build_array('trigger', t.tgname) FROM pg_trigger t JOIN "
    "pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND "
    f"{_OURS} UNION ALL SELECT jsonb_build_array('routine', p.proname) FROM pg_proc p JOIN pg_namespace n ON "
    f"n.oid = p.pronamespace WHERE {_OURS} ORDER BY 1"
)


def read_server(place: Place, count: bool = True, name: str | None = None) -> Schema:
    """What is in a database of a server; `name` is another one of the same server."""
    database = place.address.database if name is None else name
    clients = place.clients.at(database)
    found = _postgresql(clients) if place.address.engine == "postgresql" else _mariadb(clients, database)
    if count:
        _count(clients, found)
    return Schema(
        database=place.address.named(database).shown,
        engine=place.address.engine,
        tables=sorted(found.values(), key=lambda one: one.name),
        others=_others(clients, database),
    )


def _asked(clients: Clients, sql: str) -> list[Any]:
    """The rows of a query that makes one JSON array of each: names may hold tabs and line ends."""
    return [json.loads(row) for (row,) in clients.query(sql)]


def _postgresql(clients: Clients) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for table, column, kind, nullable, default in _asked(clients, _PG_COLUMNS):
        of = found.setdefault(table, Table(name=table, columns=[]))
        if column is not None:
            of.columns.append(Column(name=column, type=kind, nullable=nullable, default=default))
    for table, kind, columns, other, others in _asked(clients, _PG_KEYS):
        refers = f"{other}({', '.join(others)})" if other else ""
        found[table].keys.append(Key(kind=_KINDS[kind], columns=columns, refers=refers))
    return _ordered(found)


def _mariadb(clients: Clients, database: str) -> dict[str, Table]:
    found: dict[str, Table] = {}
    told = _asked(
        clients,
        "SELECT JSON_ARRAY(t.table_name, c.column_name, c.column_type, c.is_nullable = 'YES', "
        "COALESCE(NULLIF(c.column_default, 'NULL'), ''), c.extra) FROM "
        "information_schema.tables t JOIN information_schema.columns c ON c.table_schema = t.table_schema AND "
        f"c.table_name = t.table_name WHERE t.table_type = 'BASE TABLE' AND t.table_schema = {text(database)} "
        "ORDER BY t.table_name, c.ordinal_position",
    )
    for table, column, kind, nullable, default, extra in told:
        of = found.setdefault(table, Table(name=table, columns=[]))
        of.columns.append(Column(name=column, type=kind, nullable=bool(nullable), default=f"{default} {extra}".strip()))
    for index in indexes(clients, database):
        which: KeyKind = "primary key" if index.name == "PRIMARY" else "unique key" if index.unique else "index"
        if index.table in found:
            found[index.table].keys.append(Key(kind=which, columns=list(index.columns)))
    for key in foreign_keys(clients, database):
        refers = f"{key.other}({', '.join(key.others)})"
        found[key.table].keys.append(Key(kind="foreign key", columns=list(key.columns), refers=refers))
    return _ordered(found)


def _ordered(found: dict[str, Table]) -> dict[str, Table]:
    for table in found.values():
        table.keys.sort(key=lambda one: one.told)
    return found


def _count(clients: Clients, found: dict[str, Table]) -> None:
    if not found:
        return
    names = list(found)
    quoted = [_quoted(clients, name) for name in names]
    sql = " UNION ALL ".join(f"SELECT {at}, COUNT(*) FROM {one}" for at, one in enumerate(quoted))
    for at, rows in clients.query(sql):
        found[names[int(at)]].rows = int(rows)


def _quoted(clients: Clients, name: str) -> str:
    if clients.address.engine == "mariadb":
        return ticked(name)
    # The name of a schema has no dot where it is not `public`; a table of `public` may have one.
    schemas = {row[0] for row in clients.query("SELECT nspname FROM pg_namespace")} if "." in name else set()
    schema, dot, table = name.partition(".")
    return f"{doubled(schema)}.{doubled(table)}" if dot and schema in schemas else f"public.{doubled(name)}"


def _others(clients: Clients, database: str) -> list[str]:
    if clients.address.engine == "postgresql":
        return [f"{kind} {name}" for kind, name in _asked(clients, _PG_OTHERS)]
    at = text(database)
    told = _asked(
        clients,
        f"SELECT JSON_ARRAY('view', table_name) FROM information_schema.views WHERE table_schema = {at} UNION ALL "
        f"SELECT JSON_ARRAY('trigger', trigger_name) FROM information_schema.triggers WHERE trigger_schema = {at} "
        "UNION ALL SELECT JSON_ARRAY('routine', routine_name) FROM information_schema.routines WHERE "
        f"routine_schema = {at} ORDER BY 1",
    )
    return [f"{kind} {name}" for kind, name in told]
