"""Finds the specialists: every package that has the entry point `aether_agents.specialists`.

Ours are found the same way as a stranger's. A specialist is a folder of data:

    specialist.yaml     name, description, mcpServers
    tools.yaml          the tool table: `server/tool` → risk, repeatable, expect, verify …
    templates/*.yaml    its templates, each with what it is tried on: see planning/files/fixture.py
    servers/*.py        first-party MCP servers: programs that import nothing of ours
"""

import sys
import traceback
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import Field

from aether_agents.contracts import Contract, ServerSpec, Specialist, Template, ToolRow
from aether_agents.documents.document import Document, read_document
from aether_agents.documents.model_check import read_as
from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import Settings

__all__ = ["load_specialists", "read_specialist"]

ENTRY_POINT = "aether_agents.specialists"

#: The files of a specialist's folder, and the folder of its templates.
DECLARATION, TOOL_TABLE, TEMPLATES = "specialist.yaml", "tools.yaml", "templates"


class _Declaration(Contract):
    """What `specialist.yaml` holds."""

    name: str = Field(description="The specialist, and its queue.")
    description: str = Field(description="What it is for.")
    mcpServers: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Its servers.")


class _Table(Contract):
    """What `tools.yaml` holds."""

    tools: dict[str, dict[str, Any]] = Field(description="Row by `server/tool`.")


def read_specialist(folder: Path) -> Specialist:
    """Read one specialist from its folder.

    In its servers, `${PYTHON}` is the interpreter of this process and `${FOLDER}` the folder.

    Raises:
        InvalidSettings: a file is missing or wrong; every fault has file and line.
    """
    document = read_document(folder / DECLARATION)
    declared = read_as(_Declaration, document)
    return Specialist(
        name=declared.name,
        description=declared.description,
        folder=str(folder),
        servers=tuple(_servers(declared, document, folder)),
        tools=tuple(_rows(folder / TOOL_TABLE)),
        templates=tuple(_templates(folder / TEMPLATES, declared.name)),
    )


def load_specialists(settings: Settings) -> tuple[Specialist, ...]:
    """Every installed specialist that the settings do not switch off, by name.

    Raises:
        InvalidSettings: one cannot be loaded, two have one name, or the settings name an unknown one.
    """
    found: dict[str, Specialist] = {}
    for entry in _entries():
        specialist = _load(entry)
        if specialist.name in found:
            raise InvalidSettings(f"two installed packages bring the specialist `{specialist.name}`: remove one")
        found[specialist.name] = specialist
    if unknown := sorted(set(settings.specialists) - set(found)):
        raise InvalidSettings(f"specialists: `{unknown[0]}` is not installed; there are: {', '.join(found)}")
    off = {name for name, chosen in settings.specialists.items() if not chosen.enabled}
    return tuple(found[name] for name in sorted(found) if name not in off)


@cache
def _entries() -> tuple[EntryPoint, ...]:
    """What is installed, by name. Asked once per process: the metadata of every installed package is read for it."""
    return tuple(sorted(entry_points(group=ENTRY_POINT), key=lambda point: point.name))


def packages() -> dict[str, str]:
    """Version by name of every installed package that brings a specialist."""
    return {entry.dist.name: entry.dist.version for entry in _entries() if entry.dist is not None}


def _load(entry: EntryPoint) -> Specialist:
    try:
        loaded = entry.load()
    except InvalidSettings:  # names its own file
        raise
    except (Exception, SystemExit) as error:  # whatever a package of somebody else does while it is imported
        raise InvalidSettings(_unloadable(entry, error)) from error
    if not isinstance(loaded, Specialist):
        raise InvalidSettings(f"specialist `{entry.name}` ({entry.value}) is not a Specialist")
    return loaded


def _unloadable(entry: EntryPoint, error: BaseException) -> str:
    """Whose fault it is, where, and what to do about it."""
    package = f"the package {entry.dist.name} {entry.dist.version}" if entry.dist is not None else "its package"
    if isinstance(error, SyntaxError):
        place, what = f"{error.filename}, line {error.lineno}", error.msg
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _of_import(frame.filename)]
        place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else entry.value
        what = str(error)
    return (
        f"specialist `{entry.name}`: {package} cannot be loaded: {place}: {type(error).__name__}: {what}; "
        f"fix it or uninstall it"
    )


def _of_import(file: str) -> bool:
    """Whether a file is of the machinery that imports, or this one."""
    return file == __file__ or file.startswith("<frozen ") or "importlib" in Path(file).parts


def _servers(declared: _Declaration, document: Document, folder: Path) -> Iterator[ServerSpec]:
    places = {"${PYTHON}": sys.executable, "${FOLDER}": str(folder)}
    for name in declared.mcpServers:
        spec = read_as(_AnySpec, document, ("mcpServers", name)).model_dump(exclude_unset=True, by_alias=True)
        filled = {key: _fill(value, places) for key, value in spec.items()}
        yield ServerSpec.model_validate(
            {**filled, "name": name, "queue": declared.name, "source": document.name, "bundled": True, "trusted": True}
        )


class _AnySpec(ServerSpec):
    """A server as a specialist declares it: its name is its key."""

    name: str = Field(default="unnamed", description="Its key in the file.")


def _fill(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, str):
        for mark, text in places.items():
            value = value.replace(mark, text)
        return value
    if isinstance(value, list | tuple):
        return [_fill(item, places) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, places) for key, item in value.items()}
    return value


def _rows(path: Path) -> Iterator[ToolRow]:
    if not path.exists():
        return
    document = read_document(path)
    for ref in read_as(_Table, document).tools:
        row = read_as(_AnyRow, document, ("tools", ref))
        yield ToolRow.model_validate({**row.model_dump(exclude_unset=True), "tool": ref})


class _AnyRow(ToolRow):
    """A row as a tool table declares it: its tool is its key."""

    tool: str = Field(default="", description="Its key in the file.")


def _templates(folder: Path, owner: str) -> Iterator[Template]:
    for path in sorted(folder.glob("*.yaml")):
        template = read_as(Template, read_document(path))
        yield template.model_copy(update={"specialist": template.specialist or owner})
