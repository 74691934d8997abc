"""Columns: what each column of a file becomes on a server, by its type and by what really is in it."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ..migration.columns import Column, Sums, sums_of

Kind = Literal["whole", "decimal", "real", "truth", "text", "bytes", "date", "moment", "instant"]

#: Longest name that both kinds of server keep, in bytes.
_LONGEST = 60
#: Longest text that MariaDB takes into a key, in characters.
KEY_LENGTH = 700
#: By kind: the type in PostgreSQL and in MariaDB, and the words by which their sums are found.
_TYPES: dict[Kind, tuple[str, str, str, str]] = {
    "whole": ("bigint", "BIGINT", "bigint", "bigint"),
    "decimal": ("numeric", "DECIMAL", "numeric", "decimal"),
    "real": ("double precision", "DOUBLE", "double precision", "double"),
    "truth": ("boolean", "TINYINT(1)", "boolean", "tinyint(1)"),
    "text": ("text", "LONGTEXT", "text", "longtext"),
    "bytes": ("bytea", "LONGBLOB", "bytea", "longblob"),
    "date": ("date", "DATE", "date", "date"),
    "moment": ("timestamp", "DATETIME(6)", "timestamp without time zone", "datetime"),
    "instant": ("timestamptz", "DATETIME(6)", "timestamp with time zone", "datetime"),
}


class Made(NamedTuple):
    """One column as it is made on the server."""

    source: str  #: its name in the file
    name: str
    kind: Kind
    nullable: bool
    size: tuple[int, int] | None = None  #: of a decimal: digits, and those behind the point
    length: int = 0  #: of a text in a key: the longest there is
    nulls: int = 0

    def type_in(self, engine: str, in_key: bool) -> str:
        """Its type in one kind of server."""
        postgresql, mariadb, *_ = _TYPES[self.kind]
        if engine == "mariadb" and in_key and self.kind == "text":
            return f"VARCHAR({min(KEY_LENGTH, max(255, self.length))})"
        sized = f"({self.size[0]},{self.size[1]})" if self.size else ""
        return (postgresql if engine == "postgresql" else mariadb) + sized

    def sums(self) -> list[Sums]:
        """What is summed of it, in the words of both kinds of server."""
        *_, postgresql, mariadb = _TYPES[self.kind]
        return sums_of(Column(self.name, mariadb), Column(self.name, postgresql))


class MadeKey(NamedTuple):
    """One key of a table as it is made on the server."""

    kind: Literal["primary key", "unique index", "index", "foreign key"]
    columns: tuple[str, ...]
    other: str = ""
    others: tuple[str, ...] = ()


class MadeTable(NamedTuple):
    """One table as it is made on the server."""

    source: str  #: its name in the file
    name: str
    columns: tuple[Made, ...]
    keys: tuple[MadeKey, ...]
    counter: str = ""  #: the column that the server counts up
    note: str = ""

    @property
    def in_keys(self) -> frozenset[str]:
        """Its columns that stand in a key."""
        return frozenset(column for key in self.keys for column in key.columns)


def named_anew(names: Sequence[str]) -> dict[str, str]:
    """Names that need no quotes on any server: lower case, letters, digits and `_`, none of them twice."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W+", "_", name.lower()).strip("_") or "column"
        plain = plain if not plain[0].isdigit() else f"_{plain}"
        plain = plain.encode()[:_LONGEST].decode("utf-8", "ignore")
        found[name] = next(one for one in _tries(plain) if one not in found.values())
    return found


def _tries(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 100_000):
        end = f"_{number}"
        yield name.encode()[: _LONGEST - len(end)].decode("utf-8", "ignore") + end
