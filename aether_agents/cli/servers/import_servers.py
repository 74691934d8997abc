"""Taking over the servers of other products: what there is in the usual places, and what of it is added."""

import os
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from aether_agents.cli.servers.found_servers import row_of, start_of, state_of
from aether_agents.cli.servers.masked_entry import masked
from aether_agents.cli.session.lookup import servers_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, USAGE, WAITS
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.contracts import Json
from aether_agents.documents.document import Document
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.files.takeover import Offered, survey
from aether_agents.mcp_host.files.user_file import USER_FILE, add_server
from aether_agents.mcp_host.trust.display import show_server


def import_servers(
    session: Session, names: Sequence[str], source: str, alias: str | None, *, everything: bool, yes: bool
) -> int:
    """Show what was found, and add what is chosen to the user's own file.

    Raises:
        InvalidSettings: a name is not there, or stands for several; or the file cannot be read.
    """
    file = _file(source, session.folder)
    found = survey(session.folder, os.environ, file)
    if file is not None and not found.offered:
        raise InvalidSettings("\n".join(found.faults) or f"{file}: no servers were found in it")
    offered = [one for one in found.offered if file is not None or not source or _is_of(one, source)]
    if source and file is None and not offered:
        raise InvalidSettings(
            f"there is no file {source}, and no server file of a product of that name was found; "
            "`aether-agent servers import` shows what there is"
        )
    there = _there(session)
    if not names and not everything:
        return _listed(session, offered, found.faults, there)
    chosen = _free(offered, there) if everything else [_one(offered, name) for name in names]
    if alias and len(chosen) != 1:
        raise InvalidSettings("`--as` is for one server: name just one")
    return _add(session, chosen, there, alias, yes=yes)


def _add(session: Session, chosen: Sequence[Offered], there: set[str], alias: str | None, *, yes: bool) -> int:
    output, home = session.output, session.settings.home
    for one in chosen:
        name = alias or one.name
        if one.problem:
            raise InvalidSettings(f"`{one.name}` of {one.product} ({one.file}:{one.line}) {one.problem}")
        if name in there:
            raise InvalidSettings(f"`{name}` is there already: give it another name with `--as`")
        if not output.json_wanted:
            _show(output, name, one, home)
    if not chosen:
        output.say("there is nothing to add")
        return COMPLETED
    if not yes and not (session.may_ask and not output.json_wanted):
        output.hint("nothing was added; to add what is shown: the same with --yes")
        return WAITS
    if not yes and not output.confirm("add this?" if len(chosen) == 1 else f"add these {len(chosen)}?"):
        return USAGE
    added: list[Json] = []
    for one in chosen:
        path = add_server(home, alias or one.name, one.entry)
        added.append({**row_of(one, there), "name": alias or one.name, "added_to": str(path)})
        output.good(f"{alias or one.name} of {one.product} added to {path}")
    if output.json_wanted:
        output.json(added)
    output.hint("try one: aether-agent servers test NAME")
    return COMPLETED


def _listed(session: Session, offered: Sequence[Offered], faults: Sequence[str], there: set[str]) -> int:
    output = session.output
    if output.json_wanted:
        output.json({"servers": [row_of(one, there) for one in offered], "faults": list(faults)})
        return COMPLETED
    columns = (Column("server", keep=True), Column("of", keep=True), Column("", keep=True), Column("start"))
    rows = [(one.name, one.product, state_of(one, there), quiet(start_of(one))) for one in offered]
    if rows:
        output.show(table(columns, rows))
    else:
        output.say("no server files of other products were found in the usual places")
    for fault in faults:
        output.bad(fault)
    for one in offered:
        if one.problem:
            output.warn(f"{one.name} ({one.file}:{one.line}): {one.problem}")
    if not rows:
        output.hint("from any other file: aether-agent servers import --from FILE")
    elif session.may_ask and (free := _free(offered, there)):
        return _chosen(session, offered, free, there)
    else:
        output.hint("add one: aether-agent servers import NAME; all that can be: aether-agent servers import --all")
    return COMPLETED


def _chosen(session: Session, offered: Sequence[Offered], free: Sequence[Offered], there: set[str]) -> int:
    given = session.output.ask("which are to be added? names, `all`, or nothing:")
    if not given:
        return COMPLETED
    names = given.replace(",", " ").split()
    chosen = list(free) if names == ["all"] else [_one(offered, name) for name in names]
    return _add(session, chosen, there, None, yes=False)


def _show(output: Output, name: str, one: Offered, home: Path) -> None:
    output.show(Text(f"{one.product}: {one.file}:{one.line}", style="bold"))
    entry = masked(one.entry)
    document = Document(str(home / USER_FILE), {"mcpServers": {name: entry}})
    for line in show_server(Declared(name, entry, ("mcpServers", name), document, home, personal=True)):
        output.show(Text(f"  {line}"))
    for note in one.notes:
        output.warn(f"{name}: {note}")
    output.say(f"  would be written to {home / USER_FILE}, and may be started from then on")


def _file(source: str, folder: Path) -> Path | None:
    path = (folder / Path(source).expanduser()) if source else None
    if path is not None and path.is_file():
        return path
    if source and ("/" in source or "." in source):
        raise InvalidSettings(f"there is no file {path}")
    return None


def _is_of(one: Offered, source: str) -> bool:
    return source.lower().replace("-", " ") in one.product.lower().replace("-", " ")


def _one(offered: Sequence[Offered], name: str) -> Offered:
    found = [one for one in offered if one.name == name]
    usable = [one for one in found if not one.problem] or found
    if not usable:
        near = nearest(name, (one.name for one in offered)) or "; `aether-agent servers import` shows what is there"
        raise InvalidSettings(f"no server `{name}` was found{near}")
    if any(one.entry != usable[0].entry for one in usable):
        places = "\n".join(f"  {one.product}: {one.file}" for one in usable)
        raise InvalidSettings(f"`{name}` stands in several files, and differs; say which with `--from`:\n{places}")
    return usable[0]


def _free(offered: Sequence[Offered], there: set[str]) -> list[Offered]:
    """What can be added under its own name: the first of each."""
    free: dict[str, Offered] = {}
    for one in offered:
        if not one.problem and one.name not in there:
            free.setdefault(one.name, one)
    return list(free.values())


def _there(session: Session) -> set[str]:
    """The names that are taken: a project's own file does not count, it is what may be taken over."""
    return {spec.name for spec in servers_here(session).known.values() if not spec.project}
