"""Trusting: what a project's files would do is shown, exact and whole, before they may do it."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from aether_agents.cli.failure import COMPLETED
from aether_agents.cli.glyphs import QUIET, WARN
from aether_agents.cli.session import Session
from aether_agents.mcp_host.showing import visible
from aether_agents.mcp_host.trust import Trustable


def review(session: Session, path: Path | None, *, yes: bool) -> int:
    """Show what is not trusted yet, and trust what the person says yes to (all of it with `yes`)."""
    output = session.output
    found = _found(session, path)
    fresh = [item for item in found if not item.trusted]
    if output.json_wanted:
        if yes:
            session.trust.accept(fresh)
        output.json([_row(item, yes=yes) for item in found])
        return COMPLETED
    if not fresh:
        known = f"; {len(found)} trusted as they are" if found else ""
        output.good(f"nothing here waits for trust{known}")
        return COMPLETED
    accepted = [item for item in fresh if _wanted(session, item, yes=yes)]
    session.trust.accept(accepted)
    for item in accepted:
        output.good(f"trusted: {item.path}")
    if not accepted and not session.may_ask and not all(item.refused for item in fresh):
        output.hint("nothing was trusted; to trust what is shown: aether-agent trust --yes")
    return COMPLETED


def _row(item: Trustable, *, yes: bool) -> dict[str, object]:
    covers = [str(folder) for folder in item.covers]
    trusted = item.trusted or (yes and not item.refused)
    return {**item._asdict(), "path": str(item.path), "covers": covers, "trusted": trusted}


def _found(session: Session, path: Path | None) -> Sequence[Trustable]:
    folder = (path or session.folder).resolve()
    mcp = session.settings.agent_system.mcp_integration
    discovery = Path(mcp.server_discovery_path) if mcp.auto_discovery else None
    found = session.trust.review(folder if folder.is_dir() else folder.parent, discovery)
    return found if folder.is_dir() else [item for item in found if item.path.resolve() == folder]


def _wanted(session: Session, item: Trustable, *, yes: bool) -> bool:
    output = session.output
    title = Text(visible(str(item.path)), style="bold").append(f"  {item.kind}", style=QUIET)
    output.show(title.append("  changed since you trusted it", style=f"bold {WARN}") if item.changed else title)
    for line in item.what:
        output.show(Text(f"  {line}"))
    if item.refused:
        return False
    if yes:
        return True
    return session.may_ask and output.confirm("trust it?")


def forget(session: Session, path: Path) -> int:
    """Trust a file no more."""
    if session.trust.forget(path):
        session.output.good(f"no longer trusted: {path}")
    else:
        session.output.say(f"{path} was not trusted")
    return COMPLETED
