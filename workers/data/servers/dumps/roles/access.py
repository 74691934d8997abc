"""Access: what a role may do in a database is previewed, changed, read back by another question, and taken back."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.answers import Item, named
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude

from ..dumping import Place
from .maria_roles import MariaRoles
from .postgres_roles import PostgresRoles
from .privileges import PUBLIC, Access, Privilege, Roles, Who

Action = Literal["grant", "revoke"]


class PlannedAccess(BaseModel):
    """What would change in what a role may do."""

    items: list[Item] = Field(description="What would change; what is dangerous comes first.")
    counts: dict[str, int] = Field(description="How many privileges, and how many of them are dangerous.")
    diff: str = Field(description="The statements, in their order.")
    notes: list[str] = Field(description="What to know before a yes.")
    digest: str = Field(description="Names exactly these statements and what the role may do now.")


class ChangedAccess(BaseModel):
    """What was changed; `undo_access` wants it."""

    role: str = Field(description="The role.")
    made: bool = Field(description="Whether the role was made for it.")
    privileges: list[Privilege] = Field(description="What was granted or revoked.")
    digest: str = Field(description="The preview that was carried out.")


class Standing(ScanResult):
    """Whether a role can do what it was granted, or no longer what was revoked."""


class Wish(NamedTuple):
    """What is to change."""

    action: Action
    role: str
    access: Access
    schema: str = ""


class _Known(NamedTuple):
    roles: Roles
    who: Who
    schema: str
    wanted: list[Privilege]
    changed: list[Privilege]
    there: bool
    statements: list[str]


def plan(place: Place, wish: Wish) -> PlannedAccess:
    """The statements, and what they change; nothing is changed.

    Raises:
        ToolError: there is no such role, or nothing would change.
    """
    known = _look(place, wish)
    items, notes = _dangers(place, wish, known), []
    dangers = len(items)
    if not known.there:
        items.append(Item(kind="create", what=f"role {known.who.shown}", detail="nobody can log in as it yet"))
        notes.append(f"`{known.who.shown}` has no password and cannot log in: give it one yourself")
    for one in known.changed:
        on = f"{one.kind} {one.name}".strip()
        kind: Literal["change", "destroy"] = "change" if wish.action == "grant" else "destroy"
        items.append(Item(kind=kind, what=f"{one.privilege} on {on}", detail=f"{wish.action} {known.who.shown}"))
    if wish.access != "superuser" and place.address.engine == "postgresql":
        notes.append("tables that are made later are not covered")
    held = sorted(map(str, known.roles.held(known.who, known.schema))) if known.there else []
    return PlannedAccess(
        items=items,
        counts={"privileges": len(known.changed), "dangerous": dangers},
        diff="\n".join(f"+{one};" for one in known.statements),
        notes=notes,
        digest=named(known.statements, held),
    )


def change(place: Place, wish: Wish, digest: str) -> ChangedAccess:
    """Carry the statements out, all or none.

    Raises:
        ToolError: something has changed since the preview, or a statement fails: what it had done is taken back.
    """
    known = _look(place, wish)
    if plan(place, wish).digest != digest:
        raise ToolError(f"what `{known.who.shown}` may do has changed since the preview: nothing was done")
    done: list[str] = []
    try:
        if place.address.engine == "postgresql":
            known.roles.run(known.statements)
        else:
            for one in known.statements:
                known.roles.run([one])
                done.append(one)
    except ToolError as error:
        back = undo(place, wish, not known.there and bool(done), known.changed, False) if done else ""
        raise ToolError(f"{error}. Nothing of it stays{': ' + back if back else ''}") from None
    return ChangedAccess(role=known.who.shown, made=not known.there, privileges=known.changed, digest=digest)


def stands(place: Place, wish: Wish) -> Standing:
    """What the role can do in effect, by a question other than the one that the change was made of."""
    roles, who, schema = _roles(place, wish)
    wanted = _wanted(roles, wish, schema)
    if wish.action == "revoke" and place.address.engine == "postgresql":  # everybody may connect and look around
        wanted = [one for one in wanted if one.kind not in ("database", "schema")]
    may = roles.in_effect(who, wanted, schema) if roles.exists(who) else set()
    wrong = [one for one in wanted if (one in may) != (wish.action == "grant")]
    told = "cannot do it" if wish.action == "grant" else "can do it still, as a member of a role or as everybody"
    findings = [
        Finding(rule="access", title="Not as it was agreed", severity="critical", file=who.shown,
                detail=f"{one.privilege} on {one.kind} {one.name}: {told}")
        for one in wrong
    ]  # fmt: skip
    base = conclude("access", who.shown, findings, Coverage(checks=len(wanted)), looked=True)
    return Standing(**base.model_dump())


def undo(place: Place, wish: Wish, made: bool, privileges: Sequence[Privilege], strict: bool = True) -> str:
    """Grant what was revoked, or revoke what was granted; a role that was made for it is gone.

    Raises:
        ToolError: the role that was made may do other things by now: it stays.
    """
    roles, who, schema = _roles(place, wish)
    if not roles.exists(who):
        return f"`{who.shown}` is not there any more"
    held = roles.held(who, schema)
    if made and strict and (more := held - set(privileges)):
        raise ToolError(f"`{who.shown}` was given more since ({next(iter(more)).privilege}): it stays as it is")
    if wish.action == "grant":
        statements = [roles.revoke(one, who, schema) for one in privileges if one in held]
        statements += [roles.drop(who)] if made else []
    else:
        statements = [roles.grant(one, who, schema) for one in privileges if one not in held]
    if statements:
        roles.run(statements)
    return f"{len(statements)} statements took it back"


def _look(place: Place, wish: Wish) -> _Known:
    roles, who, schema = _roles(place, wish)
    if who.name == place.address.user:
        raise ToolError(f"`{who.name}` is who this logs in as: nobody changes what he himself may do")
    there = roles.exists(who)
    if not there and wish.action == "revoke":
        raise ToolError(f"there is no role `{who.shown}` on {place.address.shown}")
    held = roles.held(who, schema) if there else set()
    wanted = _wanted(roles, wish, schema)
    if wish.action == "grant":
        changed = [one for one in wanted if one not in held]
        statements = [roles.grant(one, who, schema) for one in changed]
        statements = statements if there else [roles.make(who), *statements]
    else:
        changed = [one for one in wanted if one in held]
        statements = [roles.revoke(one, who, schema) for one in changed]
    if not statements:
        state = "has all of it already" if wish.action == "grant" else "was granted none of it by name"
        raise ToolError(f"`{who.shown}` {state}: nothing would change")
    return _Known(roles, who, schema, wanted, changed, there, statements)


def _wanted(roles: Roles, wish: Wish, schema: str) -> list[Privilege]:
    """What is granted or revoked: who may no longer write may read still."""
    wanted = roles.wanted(wish.access, schema)
    keeps = set(roles.wanted("read", schema)) if (wish.action, wish.access) == ("revoke", "write") else set()
    return [one for one in wanted if one not in keeps]


def _roles(place: Place, wish: Wish) -> tuple[Roles, Who, str]:
    clients = place.clients
    roles: Roles = PostgresRoles(clients) if place.address.engine == "postgresql" else MariaRoles(clients)
    schema = wish.schema or "public" if place.address.engine == "postgresql" else place.address.database
    return roles, roles.who(wish.role), schema


def _dangers(place: Place, wish: Wish, known: _Known) -> list[Item]:
    """What nobody should agree to without having read it."""
    if wish.action != "grant":
        return []
    who, found = known.who.shown, []
    if wish.access == "superuser":
        found.append(
            ("no bounds", f"DANGEROUS: {who} may then do anything on the whole server, also to other databases")
        )
    if known.who.name == PUBLIC:
        found.append(("everybody", f"DANGEROUS: every role of {place.address.shown}, also those to come, gets it"))
    if wish.access == "all":
        found.append(("all privileges", f"DANGEROUS: {who} may then also empty, drop or change what it only used"))
    return [Item(kind="replace", what=what, detail=detail) for what, detail in found]
