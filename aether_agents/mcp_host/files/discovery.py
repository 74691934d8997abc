"""Discovery: servers that lie in a folder, one folder each, as the platform lays them out.

`<path>/<name>/mcp_config.json` is a server file. Without one, a `pyproject.toml` whose script is
`<name>-mcp` is a server, started as `<name>-mcp mcp` over stdio.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from aether_agents.documents.document import Document, Location
from aether_agents.mcp_host.files.formats import document_of
from aether_agents.mcp_host.files.products import product_of, project_of
from aether_agents.mcp_host.files.server_file import Declared, declared
from aether_agents.process.regular_file import read_text

CONFIG, PROJECT = "mcp_config.json", "pyproject.toml"


def discovered(path: Path) -> Iterator[Path]:
    """The files that declare servers below a folder; each is what is trusted or not."""
    if not path.is_dir():
        return
    for folder in sorted(path.iterdir()):
        if (folder / CONFIG).is_file():
            yield folder / CONFIG
        elif (folder / PROJECT).is_file() and _has_script(folder / PROJECT):
            yield folder / PROJECT


def parse(path: Path, content: bytes) -> list[Declared]:
    """The servers that a file declares: a server file, or the `pyproject.toml` of one.

    Raises:
        InvalidSettings: it is not well formed.
    """
    folder = project_of(path)
    if path.name != PROJECT:
        return list(declared(document_of(path, content), folder, product_of(path)))
    script = f"{folder.name}-mcp"
    own = folder / ".venv" / "bin" / script
    raw = {"command": str(own) if own.exists() else script, "args": ["mcp"], "cwd": str(folder)}
    at: Location = ("project", "scripts", script)
    lines = {at: _line(content, script)}
    return [Declared(folder.name, raw, at, Document(str(path), raw, lines), folder)]


def _has_script(project: Path) -> bool:
    try:
        data = tomllib.loads(read_text(project))
    except (OSError, ValueError, RecursionError):
        return False  # a project that cannot be read is not a server of ours
    section = data.get("project")
    scripts = section.get("scripts") if isinstance(section, dict) else None
    return isinstance(scripts, dict) and f"{project.parent.name}-mcp" in scripts


def _line(content: bytes, script: str) -> int:
    """The line a script stands on; TOML's reader does not tell."""
    lines = content.decode("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if script in line), 1)
