"""Privileges: what there is to grant on a database, what a role holds of it by name, and what it can do in effect."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

Access = Literal["read", "write", "all", "superuser"]
#: Every role of PostgreSQL, also those to come.
PUBLIC = "PUBLIC"
_KNOWN = frozenset(
    (
        *("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "CONNECT", "USAGE", "SUPERUSER"),
        *("SHOW VIEW", "CREATE", "ALTER", "DROP", "INDEX", "CREATE VIEW", "EXECUTE", "LOCK TABLES", "SUPER"),
    )
)


class Privilege(BaseModel, frozen=True):
    """One thing that a role may do."""

    kind: Literal["database", "schema", "table", "sequence", "everything"] = Field(description="What it is on.")
    name: str = Field(max_length=200, description="Name of that; empty for everything.")
    privilege: str = Field(max_length=40, description="What may be done, such as `SELECT`.")


class Who(NamedTuple):
    """A role of PostgreSQL, or an account of MariaDB."""

    name: str
    host: str = ""

    @property
    def shown(self) -> str:
        """As people read it."""
        return f"{self.name}@{self.host}" if self.host else self.name


class Roles(Protocol):
    """The roles of one kind of server."""

    def who(self, role: str) -> Who: ...
    def exists(self, who: Who) -> bool: ...
    def wanted(self, access: Access, schema: str) -> list[Privilege]: ...
    def held(self, who: Who, schema: str) -> set[Privilege]: ...
    def in_effect(self, who: Who, wanted: Iterable[Privilege], schema: str) -> set[Privilege]: ...
    def make(self, who: Who) -> str: ...
    def drop(self, who: Who) -> str: ...
    def grant(self, one: Privilege, who: Who, schema: str) -> str: ...
    def revoke(self, one: Privilege, who: Who, schema: str) -> str: ...
    def run(self, statements: list[str]) -> None: ...


def known(one: Privilege) -> str:
    """A privilege as it is written in a statement.

    Raises:
        ToolError: it is none.
    """
    if one.privilege not in _KNOWN:
        raise ToolError(f"`{one.privilege[:40]}` is no privilege that is granted here")
    return one.privilege
