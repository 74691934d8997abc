"""Engines: what is done to a database of either kind. Names are checked before, and quoted here."""
# ruff: noqa: S608 - names are checked when an address is read, and quoted

from pathlib import Path
from typing import Protocol

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Tally

from .clients import Clients

#: Tables of one database that are counted.
MOST_TABLES = 2_000


class Engine(Protocol):
    """A kind of database server."""

    ending: str

    def exists(self, clients: Clients, name: str) -> bool: ...
    def tally(self, clients: Clients, name: str) -> list[Tally]: ...
    def dump(self, clients: Clients, name: str, path: Path) -> None: ...
    def create(self, clients: Clients, name: str) -> None: ...
    def fill(self, clients: Clients, name: str, path: Path) -> None: ...
    def drop(self, clients: Clients, name: str) -> None: ...
    def swap(self, clients: Clients, name: str, new: str, kept: str) -> None: ...


class PostgreSQL:
    """Renames databases at once, where nobody is connected to them."""

    ending = ".dump"

    def exists(self, clients: Clients, name: str) -> bool:
        """Whether there is a database of that name."""
        return bool(clients.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'", "postgres"))

    def tally(self, clients: Clients, name: str) -> list[Tally]:
        """Rows and checksum of every table."""
        listed = clients.query(
            "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n "
            "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN "
            "('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1",
            name,
        )
        sums = "coalesce(sum(('x' || substr(md5(t::text), 1, 8))::bit(32)::bigint), 0)"
        parts = [f"SELECT {i}, count(*), {sums} FROM {table} t" for i, (table,) in enumerate(listed[:MOST_TABLES])]
        told = clients.query(" UNION ALL ".join(parts) + " ORDER BY 1", name) if parts else []
        return [Tally(table=listed[int(at)][0], rows=int(rows), checksum=total) for at, rows, total in told]

    def dump(self, clients: Clients, name: str, path: Path) -> None:
        """Everything of one database, as of one moment."""
        clients.run("pg_dump", ["-Fc", "-d", name, "-f", str(path)])

    def create(self, clients: Clients, name: str) -> None:
        """An empty database."""
        clients.query(f'CREATE DATABASE "{name}" TEMPLATE template0', "postgres")

    def fill(self, clients: Clients, name: str, path: Path) -> None:
        """All of a dump, or an error."""
        clients.run("pg_restore", ["--exit-on-error", "--no-owner", "-d", name, str(path)])

    def drop(self, clients: Clients, name: str) -> None:
        """The database is gone."""
        clients.query(f'DROP DATABASE IF EXISTS "{name}"', "postgres")

    def swap(self, clients: Clients, name: str, new: str, kept: str) -> None:
        """`new` becomes `name`, and what was `name` is kept; if the second step fails, the first is taken back."""
        clients.query(f'ALTER DATABASE "{name}" RENAME TO "{kept}"', "postgres")
        try:
            clients.query(f'ALTER DATABASE "{new}" RENAME TO "{name}"', "postgres")
        except ToolError:
            clients.query(f'ALTER DATABASE "{kept}" RENAME TO "{name}"', "postgres")
            raise


class MariaDB:
    """Moves tables from one database to another, all in one statement."""

    ending = ".sql"

    def exists(self, clients: Clients, name: str) -> bool:
        """Whether there is a database of that name."""
        return bool(clients.query(f"SELECT 1 FROM information_schema.schemata WHERE schema_name = '{name}'", ""))

    def tally(self, clients: Clients, name: str) -> list[Tally]:
        """Rows and checksum of every table."""
        told: list[Tally] = []
        for table in self._tables(clients, name)[:MOST_TABLES]:
            columns = clients.query(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = "
                f"'{name}' AND table_name = {_text(table)} ORDER BY ordinal_position",
                "",
            )
            cells = ", ".join(f"COALESCE(HEX({_quoted(column)}), '~')" for (column,) in columns)
            sql = f"SELECT COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('#', {cells}))), 0) FROM {_quoted(table)}"
            ((rows, total),) = clients.query(sql, name)
            told.append(Tally(table=table, rows=int(rows), checksum=total))
        return told

    def dump(self, clients: Clients, name: str, path: Path) -> None:
        """Everything of one database, as of one moment where its tables are transactional."""
        options = ["--single-transaction", "--routines", "--triggers", "--events", "--skip-dump-date"]
        clients.run("mariadb-dump", [*options, f"--result-file={path}", name])

    def create(self, clients: Clients, name: str) -> None:
        """An empty database."""
        clients.query(f"CREATE DATABASE {_quoted(name)}", "")

    def fill(self, clients: Clients, name: str, path: Path) -> None:
        """All of a dump, or an error. The dump is read as statements: whoever wrote it has no shell here."""
        clients.run("mariadb", [name, "--batch"], path)

    def drop(self, clients: Clients, name: str) -> None:
        """The database is gone."""
        clients.query(f"DROP DATABASE IF EXISTS {_quoted(name)}", "")

    def swap(self, clients: Clients, name: str, new: str, kept: str) -> None:
        """The tables of `new` become those of `name`, whose own are kept; all of it in one statement, or nothing."""
        self._movable(clients, name)
        self._movable(clients, new)
        old, coming = self._tables(clients, name), self._tables(clients, new)
        self.create(clients, kept)
        moves = [f"{_quoted(name)}.{_quoted(one)} TO {_quoted(kept)}.{_quoted(one)}" for one in old]
        moves += [f"{_quoted(new)}.{_quoted(one)} TO {_quoted(name)}.{_quoted(one)}" for one in coming]
        try:
            if moves:
                clients.query("RENAME TABLE " + ", ".join(moves), "")
        except ToolError:
            self.drop(clients, kept)
            raise
        self.drop(clients, new)

    def _movable(self, clients: Clients, name: str) -> None:
        """Views, triggers and routines do not move with tables."""
        found = clients.query(
            f"SELECT table_name FROM information_schema.views WHERE table_schema = '{name}' UNION ALL "
            f"SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = '{name}' UNION ALL "
            f"SELECT routine_name FROM information_schema.routines WHERE routine_schema = '{name}'",
            "",
        )
        if found:
            raise ToolError(
                f"`{name}` has views, triggers or routines, which MariaDB does not move to another database: restore "
                "into a new one, and change the name in your programs. Nothing was replaced"
            )

    def _tables(self, clients: Clients, name: str) -> list[str]:
        listed = (
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{name}' "
            "AND table_type = 'BASE TABLE' ORDER BY 1"
        )
        return [table for (table,) in clients.query(listed, "")]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


ENGINES: dict[str, Engine] = {"postgresql": PostgreSQL(), "mariadb": MariaDB()}
