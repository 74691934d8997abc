"""Takeover: servers of other products, as they would stand in the user's own file.

A file of another product is never read while tasks run: what a person chooses is copied from it once, in our words. So
what depends on its place is written out (folders), and what it keeps elsewhere (`${input:…}`, keychains) is a variable
that he sets where the stack is started.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from aether_agents.documents.document import Document
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.bounded_read import read_bounded
from aether_agents.mcp_host.files.formats import document_of
from aether_agents.mcp_host.files.products import (
    UNKNOWN,
    Product,
    home_files,
    is_server_file,
    product_of,
    project_files,
    project_of,
)
from aether_agents.mcp_host.files.server_file import Declared, Entry, declared

_INPUT = re.compile(r"\$\{input:([^}]+)\}")
_FOLDER = re.compile(r"\$\{workspaceFolder(?P<name>Basename)?\}")
_VARIABLE = re.compile(r"\$\{(?:env:)?([A-Za-z_]\w*)\}")
#: What stands for places, and for no variable of the environment.
_PLACES = ("workspaceFolder", "workspaceFolderBasename", "userHome", "pathSeparator")
#: What of an entry is not copied: it is said by taking the server over, or cannot be true elsewhere.
_LEFT = ("disabled", "enabled", "envFile", "queue", "table")


class Offered(NamedTuple):
    """A server of another product that can be taken over, or the reason why not."""

    name: str
    product: str
    file: Path
    #: Whether its file is read where it lies, once it is trusted.
    of_project: bool
    #: What would be written to the user's own file.
    entry: dict[str, Any]
    notes: tuple[str, ...] = ()
    #: Why it cannot be started from here; empty if it can.
    problem: str = ""
    line: int = 1


class Survey(NamedTuple):
    """What was found in the usual places, and what could not be read."""

    offered: tuple[Offered, ...]
    faults: tuple[str, ...]


def survey(folder: Path, environ: Mapping[str, str], file: Path | None = None) -> Survey:
    """The servers in the usual places of a home and of a project, or those of one file, wherever it lies."""
    if file is not None:
        known = next((product for product, path in home_files(environ) if path == file), None)
        places = [(known or (product_of(file) if is_server_file(file) else UNKNOWN), file)]
    else:
        places = [*home_files(environ), *((product_of(path), path) for path in project_files(folder))]
    offered: list[Offered] = []
    faults: list[str] = []
    for product, path in places:
        try:
            document = document_of(path, read_bounded(path))
            inside = path.resolve().is_relative_to(folder.resolve()) and is_server_file(path)
            place = project_of(path) if inside else folder
            servers = list(declared(document, place.absolute(), product))
        except InvalidSettings as error:
            faults.append(str(error))
            continue
        offered += (_offered(server, product, path, environ, of_project=inside) for server in servers)
    return Survey(tuple(offered), tuple(faults))


def _offered(
    server: Declared, product: Product, path: Path, environ: Mapping[str, str], *, of_project: bool
) -> Offered:
    line = server.document.line(server.at)
    if server.fault:
        why = server.fault.rpartition("`: ")[2]
        return Offered(server.name, product.name, path, of_project, {}, server.notes, why, line)
    entry = {key: value for key, value in server.raw.items() if key in Entry.model_fields and key not in _LEFT}
    notes = [*server.notes, *_asked_for(entry)]
    if "envFile" in server.raw:
        notes.append("envFile: is not taken over; name its variables in `env`")
    if server.disabled:
        notes.append("is switched off there")
    if _FOLDER.search(str(entry)) and not of_project:
        notes.append(f"its folder of work is {server.folder}, where you are now")
    entry = _placed(entry, server.folder)
    if entry.get("command") and (entry.get("cwd") or of_project) and not entry.get("install"):
        entry["cwd"] = str(server.folder / Path(str(entry.get("cwd") or "")).expanduser())
    if missing := sorted({name for name in _names(entry) if not environ.get(name) and name not in _PLACES}):
        notes.append(f"set {', '.join(missing)} where the stack is started")
    problem = _wrong(server.name, entry, server.folder)
    return Offered(server.name, product.name, path, of_project, entry, tuple(notes), problem, line)


def _asked_for(entry: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys(_INPUT.findall(str(entry))):
        yield f"input {name}: was asked for there; here it is the variable {_variable(name)}"


def _placed(value: Any, folder: Path) -> Any:
    """A value with nothing in it that depends on where its file lies or who asks for what."""
    if isinstance(value, str):
        value = _FOLDER.sub(lambda found: folder.name if found["name"] else str(folder), value)
        return _INPUT.sub(lambda found: f"${{{_variable(found[1])}}}", value)
    if isinstance(value, Mapping):
        return {key: _placed(item, folder) for key, item in value.items()}
    return [_placed(item, folder) for item in value] if isinstance(value, list) else value


def _variable(name: str) -> str:
    """A variable's name for what is asked for by an id."""
    return re.sub(r"\W", "_", name.upper())


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _VARIABLE.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def _wrong(name: str, entry: Mapping[str, Any], folder: Path) -> str:
    document = Document(name, {"mcpServers": {name: entry}})
    try:
        Declared(name, entry, ("mcpServers", name), document, folder).spec(None, default_cwd=False)
    except InvalidSettings as error:
        return str(error).rpartition("`: ")[2]
    return ""
