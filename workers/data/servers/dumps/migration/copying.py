"""Copying: pgloader fills a new schema; whatever goes wrong, the schema is gone again."""

import re

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Tally, named
from workers.inspection.bounded_job import Beyond
from workers.inspection.git import printable

from ..address import Address
from ..dumping import Place
from .assessing import has_schema
from .columns import doubled, text
from .keys import make_keys
from .migration_results import Copied, Discarded

_SAID = 20
#: `+00:00`, spelt so that pgloader, which puts no quotes around it, makes a text of it.
_UTC = "0x2B30303A3030"
_TROUBLE = re.compile(r"\b(?:ERROR|FATAL|WARNING)\b.*")
_RULES = (
    "type datetime to timestamp {default} {null} using zero-dates-to-null",
    "type date to date {default} {null} using zero-dates-to-null",
    "type timestamp to timestamptz {default} {null} using zero-dates-to-null",
)


def copy(source: Place, target: Place, schema: str, zero_dates: int) -> Copied:
    """Fill a new schema from a source.

    Raises:
        ToolError: pgloader fails, or leaves a table out: the schema is gone again.
    """
    if has_schema(target, schema):
        raise ToolError(f"the schema `{schema}` is there already: nothing is copied into what others may use")
    path = _search_path(target)
    try:
        try:
            said = _load(source, target, schema, zero_dates)
        finally:
            _search_path(target, path)
        make_keys(source, target, schema)
        tables = _all_of(source, target, schema, said)
    except BaseException as error:
        if has_schema(target, schema):
            drop(target, schema)
        if isinstance(error, ToolError):
            raise ToolError(f"{error}. Nothing of it stays in {target.address.shown}") from None
        raise
    rows = sum(one.rows for one in tables)
    return Copied(target_schema=schema, tables=len(tables), rows=rows, state=state_of(tables), said=said)


def _all_of(source: Place, target: Place, schema: str, said: list[str]) -> list[Tally]:
    """What was copied, if that is every row of every table: pgloader ends well without."""
    tables = tally(target, schema)
    wanted = {one.table.lower(): one.rows for one in source.tally(source.address.database)}
    found = {one.table: one.rows for one in tables}
    if wanted != found:
        differ = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
        told = "; ".join(f"{name}: {wanted.get(name)} rows there, {found.get(name)} copied" for name in differ[:5])
        raise ToolError(f"pgloader did not copy all of it ({told}). {' '.join(said[:3])}")
    return tables


def discard(target: Place, schema: str, state: str) -> Discarded:
    """Drop a copy in which nothing has changed since.

    Raises:
        ToolError: somebody has changed it.
    """
    if not has_schema(target, schema):
        return Discarded(target_schema="")
    if state_of(tally(target, schema)) != state:
        raise ToolError(f"`{schema}` has changed since it was copied: it stays. Drop it by hand if nobody needs it")
    drop(target, schema)
    return Discarded(target_schema=schema)


def drop(target: Place, schema: str) -> None:
    """A schema is gone, with all that is in it."""
    if target.address.engine == "mariadb":
        target.engine.drop(target.clients, schema)
    else:
        target.clients.query(f"DROP SCHEMA {doubled(schema)} CASCADE")


def tally(target: Place, schema: str) -> list[Tally]:
    """Rows and checksum of every table of one schema, without its name before theirs."""
    if target.address.engine == "mariadb":
        return target.tally(schema)
    mark = re.compile(rf"^(?:{re.escape(schema)}|{re.escape(doubled(schema))})\.(.+)$")
    found = [(mark.match(one.table), one) for one in target.tally(target.address.database)]
    return [one.model_copy(update={"table": name.group(1).strip('"')}) for name, one in found if name]


def _search_path(target: Place, to: str | None = None) -> str:
    """Where the database looks for tables by itself: pgloader changes that for everybody, so it is put back."""
    name = target.address.database
    found = target.clients.query(
        "SELECT c FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c "  # noqa: S608
        f"WHERE d.datname = {text(name)} AND s.setrole = 0 AND c LIKE 'search_path=%'"
    )
    now = found[0][0].removeprefix("search_path=") if found else ""
    if to is not None and now != to:
        change = f"SET search_path TO {to}" if to else "RESET search_path"
        target.clients.query(f"ALTER DATABASE {doubled(name)} {change}")
    return now


def state_of(tables: list[Tally]) -> str:
    """Names exactly what is in some tables."""
    return named([one.model_dump() for one in tables])


def _load(source: Place, target: Place, schema: str, zero_dates: int) -> list[str]:
    """Run pgloader; what it complained of."""
    folder, job = source.clients.folder, source.clients.job
    default, null = ("drop default", "drop not null") if zero_dates else ("keep default", "keep not null")
    rules = ",\n".join(rule.format(default=default, null=null) for rule in _RULES)
    command = folder / "copy.load"
    command.touch(mode=0o600)
    command.write_text(
        f"LOAD DATABASE\nFROM {_uri(source.address, source.clients.password)}\n"
        f"INTO {_uri(target.address, target.clients.password)}\n"
        "WITH include no drop, create tables, create no indexes, reset sequences, no foreign keys, workers = 2, "
        "concurrency = 1\n"
        "SET PostgreSQL PARAMETERS timezone to 'UTC'\n"
        f"SET MySQL PARAMETERS time_zone to '{_UTC}'\nCAST\n{rules}\n"
        f"ALTER SCHEMA '{source.address.database}' RENAME TO '{schema}';\n",
        encoding="utf-8",
    )
    environment = {"LC_ALL": "C.UTF-8", "HOME": str(folder), "PGAPPNAME": "aether"}
    try:
        run = ["pgloader", "--root-dir", str(folder / "pgloader"), str(command)]
        done = job.program(run, folder, environment=environment)
    except FileNotFoundError:
        raise ToolError("`pgloader` is not installed on this machine: install the package `pgloader`") from None
    except Beyond as error:
        raise ToolError(f"pgloader was ended: it went beyond {error}") from None
    finally:
        command.unlink(missing_ok=True)
    out = (done.stdout + done.stderr).decode("utf-8", "replace")
    for secret in (source.clients.password, target.clients.password):
        out = out.replace(secret, "…") if secret else out
    said = [printable(found.group(), 240) for line in out.splitlines() if (found := _TROUBLE.search(line))]
    if done.returncode:
        raise ToolError(f"pgloader failed: {' '.join(said[:3]) or printable(out.strip()[-300:])}")
    return said[:_SAID]


def _uri(address: Address, password: str) -> str:
    """An address in the form of pgloader, which doubles what would end a part of it."""
    scheme = "pgsql" if address.engine == "postgresql" else "mysql"
    user = address.user.replace(":", "::").replace("@", "@@")
    secret = f":{password.replace('@', '@@')}" if password else ""
    host = f"unix:{address.socket}:" if address.socket and scheme == "pgsql" else address.host
    return f"{scheme}://{user}{secret}@{host}:{address.port}/{address.database}"
