"""Accounts of MariaDB and MySQL, and what they may do in one database."""
# ruff: noqa: S608 - names are checked or come from the catalogue, and are quoted

import re
from collections.abc import Iterable

from mcp.server.mcpserver.exceptions import ToolError

from ..address import checked
from ..clients import Clients
from ..migration.columns import text, ticked
from .privileges import PUBLIC, Access, Privilege, Who, known

_HOST = re.compile(r"^[A-Za-z0-9_.:%-]{1,255}$")
_DATABASE: dict[Access, tuple[str, ...]] = {
    "read": ("SELECT", "SHOW VIEW"),
    "write": ("SELECT", "SHOW VIEW", "INSERT", "UPDATE", "DELETE"),
    "all": (
        *("SELECT", "SHOW VIEW", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES"),
        *("TRIGGER", "CREATE VIEW", "EXECUTE", "LOCK TABLES"),
    ),
}


class MariaRoles:
    """Accounts of MariaDB: each statement stands at once; where one fails, those before it are taken back."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def who(self, role: str) -> Who:
        """An account `NAME@HOST`; without a host, from anywhere."""
        name, _, host = role.partition("@")
        if name.upper() == PUBLIC:
            raise ToolError("who is PUBLIC is only changed in PostgreSQL here: name an account, such as `app@%`")
        if not _HOST.match(host or "%"):
            raise ToolError("the host of an account is a name, an address or `%`: `app@10.0.0.7`")
        return Who(checked(name), host or "%")

    def exists(self, who: Who) -> bool:
        """Whether there is such an account."""
        asked = f"SELECT 1 FROM information_schema.user_privileges WHERE grantee = {text(_account(who))} LIMIT 1"
        return bool(self._clients.query(asked, ""))

    def wanted(self, access: Access, schema: str) -> list[Privilege]:
        """What an access consists of, on the whole database."""
        if access == "superuser":
            return [Privilege(kind="everything", name="", privilege="SUPER")]
        return [Privilege(kind="database", name=schema, privilege=one) for one in _DATABASE[access]]

    def held(self, who: Who, schema: str) -> set[Privilege]:
        """What is granted to it by name."""
        told = self._clients.query(
            "SELECT 'database', privilege_type FROM information_schema.schema_privileges WHERE grantee = "
            f"{text(_account(who))} AND table_schema IN ({text(_escaped(schema).replace(chr(92), chr(92) * 2))}, "
            f"{text(schema)}) UNION ALL SELECT 'everything', privilege_type FROM information_schema.user_privileges "
            f"WHERE privilege_type = 'SUPER' AND grantee = {text(_account(who))}",
            "",
        )
        return {
            Privilege.model_validate({"kind": kind, "name": schema if kind == "database" else "", "privilege": one})
            for kind, one in told
        }

    def in_effect(self, who: Who, wanted: Iterable[Privilege], schema: str) -> set[Privilege]:
        """What SHOW GRANTS says that it can do, by its own grants on the database and on everything."""
        may: dict[str, set[str]] = {"database": set(), "everything": set()}
        for (line,) in self._clients.query(f"SHOW GRANTS FOR {_account(who)}", "") if self.exists(who) else []:
            if said := re.match(r"^GRANT (.+?) ON (\S+?)\.\* TO ", line):
                place = "everything" if said[2] == "*" else "database"
                if place == "everything" or said[2] in (ticked(schema), ticked(_escaped(schema))):
                    may[place] |= {one.strip() for one in said[1].split(",")}
        whole = may["everything"]
        return {
            one for one in wanted
            if {one.privilege, "ALL PRIVILEGES"} & (whole if one.kind == "everything" else whole | may["database"])
        }  # fmt: skip

    def make(self, who: Who) -> str:
        """An account that nobody can log in as yet."""
        return f"CREATE USER {_account(who)} ACCOUNT LOCK"

    def drop(self, who: Who) -> str:
        """It is gone."""
        return f"DROP USER {_account(who)}"

    def grant(self, one: Privilege, who: Who, schema: str) -> str:  # noqa: ARG002 - as of PostgreSQL
        """The statement that grants it."""
        return f"GRANT {known(one)} ON {self._on(one)} TO {_account(who)}"

    def revoke(self, one: Privilege, who: Who, schema: str) -> str:  # noqa: ARG002 - as of PostgreSQL
        """The statement that takes it away."""
        return f"REVOKE {known(one)} ON {self._on(one)} FROM {_account(who)}"

    def run(self, statements: list[str]) -> None:
        """One after another; the first that fails ends it."""
        self._clients.query(";\n".join(statements) + ";", "")

    def _on(self, one: Privilege) -> str:
        # `_` and `%` in the name of a database stand for any sign in a grant, unless they are escaped.
        return "*.*" if one.kind == "everything" else f"{ticked(_escaped(one.name))}.*"


def _account(who: Who) -> str:
    return f"'{who.name}'@'{who.host}'"


def _escaped(name: str) -> str:
    return re.sub(r"([_%])", r"\\\1", name)
