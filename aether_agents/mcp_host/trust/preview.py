"""TrustPreview: what a stranger's file would do if it were trusted, as it is shown to a person."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aether_agents.documents.document import ENDINGS
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.bounded_read import read_bounded
from aether_agents.mcp_host.files.discovery import discovered, parse
from aether_agents.mcp_host.files.products import product_of, project_files
from aether_agents.mcp_host.trust.display import show_policy, show_server, show_text, visible
from aether_agents.mcp_host.trust.fingerprint import Fingerprint, folders
from aether_agents.mcp_host.trust.own_repository import OwnRepository
from aether_agents.mcp_host.trust.record import Kind

#: A project's settings file.
SETTINGS_FILE = "aether_agent.yaml"

#: Files named outside of the folders that are shown.
MOST_NAMED = 20


class TrustPreview(NamedTuple):
    """A file that may do nothing until it is trusted, and what it would do."""

    path: Path
    kind: Kind
    digest: str
    #: Exact and whole: commands, addresses, templates, policy. Control characters are made visible.
    what: tuple[str, ...]
    trusted: bool
    #: Whether it was trusted with another content before.
    changed: bool
    #: Folders whose code its servers can run, and files with their variables: all in them is part of what is trusted.
    covers: tuple[Path, ...] = ()
    #: Why it cannot be trusted as it is, with the fix.
    refused: str = ""
    #: What it was trusted as, and what of that is not so any more.
    lost: str = ""
    #: What is recorded when it is accepted.
    found: Fingerprint | None = None
    #: Until when a person's own edits of its code are covered, and why they are not just now.
    mine: str = ""


def reached(found: Fingerprint) -> list[str]:
    """What servers can run, in one line a folder, and what they name elsewhere."""
    lines = []
    rest = dict(found.files)
    for folder in folders(found.covers):
        inside = [name for name in rest if Path(name).is_relative_to(folder)]
        lines.append(f"can run any of {len(inside):,} files in {visible(str(folder))}")
        for name in inside:
            del rest[name]
    return [*lines, *(f"names     {visible(name)}" for name in sorted(rest)[:MOST_NAMED])]


def told(mine: OwnRepository) -> str:
    why = mine.suspended()
    return (
        f"your own edits are not covered: {why}"
        if why
        else f"your own edits are covered until {mine.until:%Y-%m-%d %H:%M} UTC"
    )


def candidates(folder: Path, discovery: Path | None) -> Iterator[tuple[Path, Kind]]:
    """The files of a folder, and of the folder of discovery, that do nothing until they are trusted."""
    for path in project_files(folder):
        if not product_of(path).shared or _declares(path):
            yield path, "servers"
    if discovery is not None:
        for path in discovered(discovery):
            yield path, "servers"
    for path in sorted((folder / "templates").glob("*")):
        if path.suffix in ENDINGS and path.is_file():
            yield path, "template"
    settings = folder / SETTINGS_FILE
    if settings.is_file() and show_policy(settings, read_bounded(settings)):
        yield settings, "settings"


def _declares(path: Path) -> bool:
    """Whether a product's settings have servers in them; what cannot be read is looked at."""
    try:
        return bool(parse(path, read_bounded(path)))
    except InvalidSettings:
        return True


def what_of(path: Path, kind: Kind, content: bytes) -> tuple[str, ...]:
    """What a file says, in lines: exact and whole."""
    if kind == "template":
        return show_text(content)
    if kind == "settings":
        return show_policy(path, content)
    try:
        servers = parse(path, content)
    except InvalidSettings as error:
        return (*(f"starts nothing: {line}" for line in str(error).splitlines()), *show_text(content))
    return tuple(line for server in servers for line in show_server(server))
