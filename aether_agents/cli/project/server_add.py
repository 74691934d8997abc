"""Adding a server of the catalogue: what there is, what adding one would do, and the consent to it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from aether_agents.cli.session.lookup import servers_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, USAGE, WAITS
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.contracts import Json
from aether_agents.documents.document import Document
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.files.user_file import USER_FILE, add_server
from aether_agents.mcp_host.install.offers import Offer, offered, offers
from aether_agents.mcp_host.trust.display import show_server


def show_offers(session: Session) -> int:
    """The servers that are offered, and what each must be told."""
    here = servers_here(session).known
    if session.output.json_wanted:
        session.output.json([{**_row(offer), "known": offer.name in here} for offer in offers().values()])
        return COMPLETED
    rows = [
        (offer.name, str(offer.server.get("queue", "")), "there" if offer.name in here else "", quiet(offer.summary))
        for offer in offers().values()
    ]
    columns = (Column("server", keep=True), Column("for", keep=True), Column("", keep=True), Column("does"))
    session.output.show(table(columns, rows))
    session.output.hint("what adding one would do: aether-agent servers add NAME")
    return COMPLETED


def add(session: Session, name: str, alias: str | None, pairs: Sequence[str], *, yes: bool) -> int:
    """Show what a server of the catalogue would start, and write it to the user's server file.

    Raises:
        InvalidSettings: it is not offered, is there already, or must be told something.
    """
    offer, own_name = offered(name), alias or name
    servers = servers_here(session)
    there = next((spec for spec in (*servers.known.values(), *servers.inert) if spec.name == own_name), None)
    if there is not None:
        raise InvalidSettings(
            f"`{own_name}` is there already ({there.source}); if it is not installed: "
            f"`aether-agent servers install {own_name}`; for a second one of this kind: `--as` another name"
        )
    entry = offer.entry(_given(pairs), session.folder)
    if entry.get("queue") not in {specialist.name for specialist in session.specialists}:
        entry.pop("queue", None)  # its specialist is switched off: another is inferred, and shown as that
    output = session.output
    if not output.json_wanted:
        output.show(Text(offer.summary, style="bold"))
        for line in _shown(session, own_name, entry):
            output.show(Text(f"  {line}"))
        output.say(f"  would be written to {session.settings.home / USER_FILE}, and may be started from then on")
    if not yes and not (session.may_ask and not output.json_wanted):
        output.hint(f"nothing was added; to add it: aether-agent servers add {name} … --yes")
        return WAITS
    if not yes and not output.confirm("add it?"):
        return USAGE
    path = add_server(session.settings.home, own_name, entry)
    if output.json_wanted:
        output.json({"name": own_name, "file": str(path), "entry": entry})
    output.good(f"{own_name} added to {path}")
    output.hint(f"aether-agent servers install {own_name}, then: aether-agent servers test {own_name}")
    return COMPLETED


def _shown(session: Session, name: str, entry: Mapping[str, Any]) -> list[str]:
    file = session.settings.home / USER_FILE
    document = Document(str(file), {"mcpServers": {name: entry}})
    return show_server(Declared(name, entry, ("mcpServers", name), document, file.parent, personal=True))


def _given(pairs: Sequence[str]) -> dict[str, str]:
    given = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise InvalidSettings(f"`--env {pair}`: write it as NAME=value")
        given[name] = value
    return given


def _row(offer: Offer) -> dict[str, Json]:
    row: dict[str, Json] = json.loads(offer.model_dump_json(include={"name", "summary", "variables"}))
    return {**row, "queue": str(offer.server.get("queue", "")), "install": offer.server.get("install")}
