"""Trusting: what a project's files would do is shown, exact and whole, before they may do it."""

import re
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.glyphs import QUIET, WARN
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.trust.display import visible
from aether_agents.mcp_host.trust.own_repository import OwnRepository, begin
from aether_agents.mcp_host.trust.preview import TrustPreview, told

#: A name in what is shown of a server.
_WORD = re.compile(r"[\w.-]+")


def review(
    session: Session, path: Path | None, *, yes: bool, mine: int | None = None, network: Sequence[str] = ()
) -> int:
    """Show what is not trusted yet, and trust what the person says yes to (all of it with `yes`).

    With `mine` (days), his own edits of the code of its servers are covered too, also of what is trusted already. The
    servers in `network` get the machine's network, also those of files that are trusted as they are.

    Raises:
        InvalidSettings: the repository is not the person's own.
    """
    output = session.output
    found = _found(session, path)
    _require_servers(found, network)
    work = begin(session.folder if path is None else path.resolve(), mine) if mine is not None else None
    again = work is not None or bool(network)
    fresh = [item for item in found if not item.trusted or (again and item.kind == "servers")]
    if output.json_wanted:
        if yes:
            session.trust.accept(fresh, work, network, session.person)
        output.json([_row(item, yes=yes) for item in found])
        return COMPLETED
    if not fresh:
        known = f"; {len(found)} trusted as they are" if found else ""
        output.good(f"nothing here waits for trust{known}")
        return COMPLETED
    accepted = [item for item in fresh if _wanted(session, item, work, yes=yes)]
    session.trust.accept(accepted, work, network, session.person if yes else None)
    for item in accepted:
        output.good(f"trusted: {item.path}{_covered(work, item)}")
    if new := [item.path for item in accepted if item.kind == "servers" and not item.trusted and not yes]:
        from aether_agents.cli.project.server_probe import look  # noqa: PLC0415 - a second of imports

        look(session, new)
    if accepted and network:
        output.good(f"given the machine's network, where they do not say otherwise: {', '.join(network)}")
    if not accepted and not session.may_ask and not all(item.refused for item in fresh):
        output.hint("nothing was trusted; to trust what is shown: aether-agent trust --yes")
    return COMPLETED


def _require_servers(found: Sequence[TrustPreview], names: Sequence[str]) -> None:
    declared = {word for item in found if item.kind == "servers" for text in item.what for word in _WORD.findall(text)}
    if unknown := [name for name in names if name not in declared]:
        raise InvalidSettings(f"no server file here has a server `{unknown[0]}`{nearest(unknown[0], declared)}")


def list_trusted(session: Session) -> int:
    """Everything that was trusted on this machine, whether it holds, and whose edits are covered until when."""
    output = session.output
    rows = [
        {
            "path": path,
            "kind": entry.kind,
            "at": entry.at,
            "holds": not (why := session.trust.why_not(Path(path))),
            "why": why,
            "mine": told(entry.mine) if entry.mine else "",
        }
        for path, entry in session.trust.recorded().items()
    ]
    if output.json_wanted:
        output.json(rows)
        return COMPLETED
    if not rows:
        output.say("nothing has been trusted here yet: aether-agent trust")
        return COMPLETED
    columns = (Column("file", keep=True), Column("kind", keep=True), Column("holds", keep=True), Column("trusted"))
    output.show(
        table(
            columns,
            [
                (str(row["path"]), str(row["kind"]), "yes" if row["holds"] else "no", quiet(str(row["at"])))
                for row in rows
            ],
        )
    )
    for row in rows:
        if row["why"]:
            output.bad(str(row["why"]))
        if row["mine"]:
            output.say(f"{row['path']}: {row['mine']}")
    return COMPLETED


def end_own_work(session: Session, folder: Path | None) -> int:
    """Cover no more edits in a folder; what is trusted as it is stays so."""
    ended = session.trust.end(folder or session.folder)
    for path in ended:
        session.output.good(f"your own edits are not covered any more: {path}")
    if not ended:
        session.output.say("no edits are covered there; see `aether-agent trust --list`")
    return COMPLETED


def _row(item: TrustPreview, *, yes: bool) -> dict[str, object]:
    shown = {key: value for key, value in item._asdict().items() if key != "found"}
    covers = [str(folder) for folder in item.covers]
    trusted = item.trusted or (yes and not item.refused)
    return {**shown, "path": str(item.path), "covers": covers, "trusted": trusted}


def _found(session: Session, path: Path | None) -> Sequence[TrustPreview]:
    folder = (path or session.folder).resolve()
    mcp = session.settings.agent_system.mcp_integration
    discovery = Path(mcp.server_discovery_path) if mcp.auto_discovery else None
    found = session.trust.review(folder if folder.is_dir() else folder.parent, discovery)
    return found if folder.is_dir() else [item for item in found if item.path.resolve() == folder]


def _wanted(session: Session, item: TrustPreview, work: OwnRepository | None, *, yes: bool) -> bool:
    output = session.output
    title = Text(visible(str(item.path)), style="bold").append(f"  {item.kind}", style=QUIET)
    output.show(title.append("  changed since you trusted it", style=f"bold {WARN}") if item.changed else title)
    if item.lost:
        output.show(Text(f"  {visible(item.lost)}", style=WARN))
    for line in item.what:
        output.show(Text(f"  {line}"))
    if item.refused:
        return False
    if work is not None and item.kind == "servers":
        output.show(Text(f"  your own edits of its code are covered until {work.until:%F %R} UTC"))
    if yes:
        return True
    return session.may_ask and output.confirm("trust it?")


def _covered(work: OwnRepository | None, item: TrustPreview) -> str:
    return f"; your own edits of its code until {work.until:%F %R} UTC" if work and item.kind == "servers" else ""


def forget(session: Session, path: Path) -> int:
    """Trust a file no more."""
    if session.trust.forget(path):
        session.output.good(f"no longer trusted: {path}")
        return COMPLETED
    raise InvalidSettings(f"{path} was not trusted: `aether-agent trust --list` shows what is")
