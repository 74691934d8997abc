"""Roles of PostgreSQL, and what they may do in one schema of a database."""
# ruff: noqa: S608 - names are checked or come from the catalogue, and are quoted

from collections.abc import Iterable

from ..address import checked
from ..clients import Clients
from ..migration.columns import doubled, text
from .privileges import PUBLIC, Access, Privilege, Who, known

_TABLES: dict[Access, tuple[str, ...]] = {
    "read": ("SELECT",),
    "write": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "all": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
}


class PostgresRoles:
    """Roles of PostgreSQL: a change is made in one transaction."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def who(self, role: str) -> Who:
        """A role by its name; `PUBLIC` is everybody."""
        return Who(PUBLIC) if role.upper() == PUBLIC else Who(checked(role))

    def exists(self, who: Who) -> bool:
        """Whether there is such a role."""
        return who.name == PUBLIC or bool(
            self._clients.query(f"SELECT 1 FROM pg_roles WHERE rolname = {text(who.name)}")
        )

    def wanted(self, access: Access, schema: str) -> list[Privilege]:
        """What an access consists of, object by object."""
        if access == "superuser":
            return [Privilege(kind="everything", name="", privilege="SUPERUSER")]
        told = self._clients.query(
            "SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, relname FROM pg_class c JOIN pg_namespace "
            f"n ON n.oid = relnamespace WHERE nspname = {text(schema)} AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') "
            "ORDER BY 1 DESC, 2"
        )
        found = [
            Privilege(kind="database", name=self._clients.address.database, privilege="CONNECT"),
            Privilege(kind="schema", name=schema, privilege="USAGE"),
        ]
        for kind, name in told:
            listed = _TABLES[access] if kind == "table" else ("SELECT",) if access == "read" else ("USAGE", "SELECT")
            found += [
                Privilege(kind="table" if kind == "table" else "sequence", name=name, privilege=one) for one in listed
            ]
        return found

    def held(self, who: Who, schema: str) -> set[Privilege]:
        """What is granted to it by name."""
        grantee = "0" if who.name == PUBLIC else f"(SELECT oid FROM pg_roles WHERE rolname = {text(who.name)})"
        told = self._clients.query(
            "SELECT 'database', datname, privilege_type FROM pg_database, aclexplode(datacl) WHERE datname = "
            f"current_database() AND grantee = {grantee} UNION ALL SELECT 'schema', nspname, privilege_type FROM "
            f"pg_namespace, aclexplode(nspacl) WHERE nspname = {text(schema)} AND grantee = {grantee} UNION ALL SELECT "
            "CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, relname, privilege_type FROM pg_class c JOIN "
            f"pg_namespace n ON n.oid = relnamespace, aclexplode(relacl) WHERE nspname = {text(schema)} AND grantee = "
            f"{grantee} UNION ALL SELECT 'everything', '', 'SUPERUSER' FROM pg_roles WHERE rolsuper AND oid = {grantee}"
        )
        return {Privilege.model_validate({"kind": kind, "name": name, "privilege": one}) for kind, name, one in told}

    def in_effect(self, who: Who, wanted: Iterable[Privilege], schema: str) -> set[Privilege]:
        """What it can do, by whatever way: by name, as a member, as everybody."""
        listed, name = list(wanted), text("public" if who.name == PUBLIC else who.name)
        asked = []
        for one in listed:
            place = text(f"{doubled(schema)}.{doubled(one.name)}" if one.kind in ("table", "sequence") else one.name)
            call = f"has_{one.kind}_privilege({name}, {place}, {text(one.privilege)})"
            asked.append(f"(SELECT rolsuper FROM pg_roles WHERE rolname = {name})" if not one.name else call)
        (told,) = self._clients.query(f"SELECT {', '.join(asked)}") if asked else ([],)
        return {one for one, yes in zip(listed, told, strict=True) if yes == "t"}

    def make(self, who: Who) -> str:
        """A role that nobody can log in as yet."""
        return f"CREATE ROLE {doubled(who.name)} NOLOGIN"

    def drop(self, who: Who) -> str:
        """It is gone, unless it owns or may do anything."""
        return f"DROP ROLE {doubled(who.name)}"

    def grant(self, one: Privilege, who: Who, schema: str) -> str:
        """The statement that grants it."""
        if one.kind == "everything":
            return f"ALTER ROLE {_role(who)} SUPERUSER"
        return f"GRANT {known(one)} ON {self._on(one, schema)} TO {_role(who)}"

    def revoke(self, one: Privilege, who: Who, schema: str) -> str:
        """The statement that takes it away."""
        if one.kind == "everything":
            return f"ALTER ROLE {_role(who)} NOSUPERUSER"
        return f"REVOKE {known(one)} ON {self._on(one, schema)} FROM {_role(who)}"

    def run(self, statements: list[str]) -> None:
        """All of them, or none."""
        self._clients.query("BEGIN;\n" + ";\n".join(statements) + ";\nCOMMIT;")

    def _on(self, one: Privilege, schema: str) -> str:
        within = f"{doubled(schema)}." if one.kind in ("table", "sequence") else ""
        return f"{one.kind.upper()} {within}{doubled(one.name)}"


def _role(who: Who) -> str:
    return PUBLIC if who.name == PUBLIC else doubled(who.name)
