"""Showing what a stranger's file would do: exact, whole, and with nothing that can hide on a terminal."""

import json
import shlex
from pathlib import Path

from aether_agents.documents.document import parse_document
from aether_agents.documents.yaml_writer import write_document
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.env_file import variables
from aether_agents.mcp_host.files.foreign_keys import FOREIGN, UNHEEDED
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.trust.code_folders import working_folder
from aether_agents.settings.layers import leaves
from aether_agents.settings.loader import NEVER, harmless

#: Keys of a server that have a line, or lines, of their own form.
SHOWN = (
    "reads",
    "writes",
    "network",
    "command",
    "args",
    "url",
    "cwd",
    "install",
    "env",
    "envFile",
    "headers",
    "table",
    "disabled",
    "enabled",
)


def visible(text: str) -> str:
    """Text with every character that a terminal would obey rather than show written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def show_text(content: bytes) -> tuple[str, ...]:
    """A whole file, line by line."""
    text = content.decode("utf-8", "backslashreplace")
    return tuple(visible(line) for line in text.split("\n")) if text else ("",)


def show_server(server: Declared) -> list[str]:
    """What one server would run or reach, and in which folder, as its file has it: nothing is expanded.

    Raises:
        InvalidSettings: it cannot be told where it would run, or which variables it would have.
    """
    raw = server.raw
    lines = [f"server {visible(server.name)}" + (" (disabled)" if server.disabled else "")]
    if server.fault:
        return [*lines, *(f"  starts nothing: {visible(line)}" for line in server.fault.splitlines())]
    if raw.get("command") is not None:
        args = raw.get("args")
        words = [str(raw["command"]), *(map(str, args) if isinstance(args, list) else ())]
        lines += [
            f"  runs      {visible(shlex.join(words))}",
            _line("in folder", _place(server)),
        ]
    for key, label in (("url", "reaches"), ("install", "installs")):
        if raw.get(key) is not None:
            lines.append(_line(label, _plain(raw[key])))
    for key, label in (("env", "env"), ("headers", "header"), ("table", "claims")):
        values = raw.get(key)
        for name, value in values.items() if isinstance(values, dict) else ():
            lines.append(_line(label, f"{name}={_plain(value)}"))
    if (file := server.env_file) is not None:
        lines += [_line("env", f"{name}=…, a value in {file}") for name in variables(file)]
    lines += [f"  not heeded {visible(note)}" for note in server.notes]
    rest = [key for key in raw if key not in SHOWN and key not in FOREIGN and key not in UNHEEDED]
    lines += _seen(server) if raw.get("command") is not None else []
    return [*lines, *(_line(str(key), _plain(raw[key])) for key in rest)]


def _seen(server: Declared) -> list[str]:
    """What it asks to see of the machine, beside what its command names."""
    lines = []
    for key in ("reads", "writes"):
        paths = server.raw.get(key)
        lines += [_line(key, _plain(path)) for path in (paths if isinstance(paths, list) else [paths]) if path]
    asked = server.raw.get("network")
    given = f"none, unless you give it: aether-agent trust --network {server.name}"
    unsaid = "the machine's" if server.personal else given
    return [*lines, _line("network", unsaid if asked is None else "the machine's" if asked else "none")]


def _place(server: Declared) -> str:
    if server.disabled:
        return str(server.raw.get("cwd") or ".")
    folder = working_folder(server)
    return str(folder.resolve()) if folder else "a scratch folder of its own"


def _line(label: str, text: str) -> str:
    return f"  {visible(label):<9} {visible(text)}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def show_policy(path: Path, content: bytes) -> tuple[str, ...]:
    """All of a settings file that takes effect once it is trusted, each part whole; nothing when there is none.

    What no project may say is named as left out.
    """
    try:
        data = parse_document(content.decode("utf-8", "replace"), str(path)).data
    except InvalidSettings:
        return show_text(content)  # it cannot be read as settings, so all of it is shown
    if not isinstance(data, dict):
        return ()
    parts = {key: value for key, value in data.items() if key not in NEVER}
    if all(harmless(key) for key, _ in leaves(parts)):
        return ()
    shown = show_text(write_document(parts).rstrip("\n").encode())
    return (*shown, *(f"({key} is left out: a project never says that)" for key in NEVER if key in data))
