"""Keys: primary, unique and foreign keys and indexes, made in the copy as the source's catalogue says.

pgloader overlooks the indexes of some servers and ends well all the same, so they are made here.
"""
# ruff: noqa: S608 - names come from the catalogue and are quoted

from typing import NamedTuple

from ..clients import Clients
from ..dumping import Place
from .columns import doubled, text

_LONGEST = 63


class Index(NamedTuple):
    """One index of a table of the source."""

    table: str
    name: str
    unique: bool
    columns: tuple[str, ...]
    kind: str
    part: bool  #: of a column's beginning only

    @property
    def left_out(self) -> bool:
        """Whether PostgreSQL has no such index."""
        return self.part or self.kind != "BTREE"


class Foreign(NamedTuple):
    """One foreign key of a table of the source."""

    table: str
    name: str
    columns: tuple[str, ...]
    other: str
    others: tuple[str, ...]
    on_update: str
    on_delete: str


def indexes(clients: Clients, database: str) -> list[Index]:
    """All indexes of a MariaDB database; a primary key is called PRIMARY."""
    found: dict[tuple[str, str], Index] = {}
    told = clients.query(
        "SELECT table_name, index_name, non_unique, column_name, index_type, sub_part IS NOT NULL FROM "
        f"information_schema.statistics WHERE table_schema = {text(database)} ORDER BY 1, 2, seq_in_index",
        "",
    )
    for table, name, shared, column, kind, part in told:
        before = found.get((table, name), Index(table, name, shared == "0", (), kind, False))
        found[table, name] = before._replace(columns=(*before.columns, column), part=before.part or part == "1")
    return list(found.values())


def foreign_keys(clients: Clients, database: str) -> list[Foreign]:
    """All foreign keys of a MariaDB database."""
    found: dict[tuple[str, str], Foreign] = {}
    told = clients.query(
        "SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name, "
        "r.update_rule, r.delete_rule FROM information_schema.key_column_usage k JOIN "
        "information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema AND "
        "r.constraint_name = k.constraint_name AND r.table_name = k.table_name WHERE k.referenced_table_name IS NOT "
        f"NULL AND k.table_schema = {text(database)} AND k.referenced_table_schema = {text(database)} "
        "ORDER BY 1, 2, k.ordinal_position",
        "",
    )
    for table, name, column, other, there, update, delete in told:
        before = found.get((table, name), Foreign(table, name, (), other, (), update, delete))
        found[table, name] = before._replace(columns=(*before.columns, column), others=(*before.others, there))
    return list(found.values())


def make_keys(source: Place, target: Place, schema: str) -> None:
    """Make them in the copy, all or none.

    Raises:
        ToolError: the copied rows do not keep one of them.
    """
    database, at = source.address.database, doubled(schema)
    made: list[str] = []
    for one in indexes(source.clients, database):
        table, columns = f"{at}.{_name(one.table)}", _names(one.columns)
        name = doubled(f"{one.table}_{one.name}".lower().encode()[:_LONGEST].decode("utf-8", "ignore"))
        if one.name == "PRIMARY":
            made.append(f"ALTER TABLE {table} ADD PRIMARY KEY ({columns})")
        elif not one.left_out:
            made.append(f"CREATE {'UNIQUE ' if one.unique else ''}INDEX {name} ON {table} ({columns})")
    for key in foreign_keys(source.clients, database):
        made.append(
            f"ALTER TABLE {at}.{_name(key.table)} ADD CONSTRAINT {_name(key.name)} FOREIGN KEY ({_names(key.columns)}) "
            f"REFERENCES {at}.{_name(key.other)} ({_names(key.others)}) ON UPDATE {key.on_update} "
            f"ON DELETE {key.on_delete}"
        )
    if made:
        target.clients.query("SET client_min_messages = warning; BEGIN; " + "; ".join(made) + "; COMMIT")


def left_out(source: Place) -> list[str]:
    """Indexes that PostgreSQL has none of."""
    return [
        f"the index `{one.name}` of `{one.table}` is not copied: {'of a beginning' if one.part else one.kind.lower()}"
        for one in indexes(source.clients, source.address.database) if one.left_out
    ]  # fmt: skip


def _name(name: str) -> str:
    return doubled(name.lower())


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(_name, names))
