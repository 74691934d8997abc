"""Reads the settings: command line, environment, project file, user file, defaults, in that order of precedence.

A project file may come from a stranger: we audit repositories from inside them. So, unless it is trusted, only
what can neither start a program nor steer a plan is taken from it; the rest is named in `warnings`.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aether_agents.errors import InvalidSettings
from aether_agents.layer import Layer, environment_layer, file_layer, leaves, merged, option_layer
from aether_agents.regular_file import read_regular
from aether_agents.settings import Settings

FILE_NAME = "aether_agent.yaml"
APPLICATION = "aether-agents"  # our folder in the XDG folders
#: Of a stranger's file only this part is heeded, and new stubs: they neither start nor steer anything ...
HARMLESS = "agent_system"
#: ... except this: a context brings secrets and inputs.
DEFAULT_CONTEXT = "agent_system.cli_interface.default_context"
PASSWORD = re.compile(r"(://[^:@/\s]*:)[^@\s]+(?=@)|([?&]password=)[^&\s']+")

#: Whether the file at this path with this content is trusted (`mcp_host.trust` answers; the faces pass it in).
Trusts = Callable[[Path, bytes], bool]


class Row(NamedTuple):
    """One setting as `config show` prints it: passwords are left out."""

    key: str
    value: Any
    source: str


@dataclass(frozen=True)
class Configuration:
    """The settings, where each came from, and what was left out of an untrusted file."""

    settings: Settings
    sources: Mapping[str, str]
    warnings: tuple[str, ...]


def load_settings(
    folder: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    trusts: Trusts | None = None,
) -> Settings:
    """The settings that hold in a folder (the current one without it).

    Args:
        folder: where the project file is looked for.
        overrides: from the command line, by dotted key (`{"broker.url": …}`); None values are left out.
        environ: the environment.
        trusts: whether a project file with this content is trusted; without it, none is.

    Raises:
        InvalidSettings: every fault of every source, each with its file and line or its variable.
    """
    return load_configuration(folder, overrides, environ, trusts=trusts).settings


def load_configuration(
    folder: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    trusts: Trusts | None = None,
) -> Configuration:
    """As `load_settings`, with the source of each setting and the warnings."""
    project = (folder or Path.cwd()).resolve()
    complaints: list[str] = []
    warnings: list[str] = []
    users, projects = user_file(environ), project / FILE_NAME
    user = file_layer(users, _read(users, complaints), complaints)
    layers = [user]
    if projects != users:
        content = _read(projects, complaints)  # read once: what is checked for trust is what is used
        layer = file_layer(projects, content, complaints)
        trusted = trusts is not None and bool(content) and trusts(projects, content)
        layers.append(layer if trusted else _harmless(layer, user, warnings))
    layers.append(environment_layer(environ, project, complaints, warnings))
    layers.append(option_layer(overrides or {}, project, complaints))
    if complaints:
        raise InvalidSettings("\n".join(map(redacted, complaints)))
    data: dict[str, Any] = {}
    for layer in layers:
        data = merged(data, layer.data)
    settings = Settings.model_validate({**data, "home": default_home(environ), "project": project})
    sources = {key: _source(key, layers, environ) for key, _ in leaves(settings.model_dump(mode="json"))}
    return Configuration(settings, sources, tuple(map(redacted, warnings)))


def describe(configuration: Configuration) -> list[Row]:
    """Every setting by dotted key with its value and source; templates by name, no password."""
    rows = []
    for key, value in leaves(configuration.settings.model_dump(mode="json")):
        shown = [template["name"] for template in value] if key.startswith("task_templates.") else value
        rows.append(Row(key, redacted(shown) if isinstance(shown, str) else shown, configuration.sources[key]))
    return rows


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """AETHER_HOME, or our folder in the user's XDG state folder."""
    if given := environ.get("AETHER_HOME"):
        return Path(given).expanduser().absolute()
    return _xdg(environ, "XDG_STATE_HOME", ".local/state") / APPLICATION


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's own settings file, whether it exists or not."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / APPLICATION / FILE_NAME


def redacted(text: str) -> str:
    """The text without the passwords of the addresses in it."""
    return PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", text)


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    given = Path(environ.get(variable, ""))
    home = environ.get("HOME")
    # The XDG specification: a relative path is to be ignored.
    return given if given.is_absolute() else (Path(home) if home else Path.home()) / fallback


def _read(path: Path, complaints: list[str]) -> bytes:
    try:
        return read_regular(path)
    except FileNotFoundError:
        return b""
    except OSError as error:
        complaints.append(f"{path}: cannot be read: {error.strerror}")
        return b""


def _harmless(layer: Layer, user: Layer, warnings: list[str]) -> Layer:
    """The layer without what an untrusted file may not say; each thing left out is named in `warnings`."""
    kept: dict[str, Any] = {HARMLESS: merged({}, layer.data[HARMLESS])} if HARMLESS in layer.data else {}
    left_out = [key for key in layer.data if key not in {HARMLESS, "task_templates"}]
    if layer.has(DEFAULT_CONTEXT):
        usual = Settings.model_validate(user.data).agent_system.cli_interface.default_context
        if kept[HARMLESS]["cli_interface"].pop("default_context") != usual:
            left_out.append(DEFAULT_CONTEXT)
    taken = {item["name"] for items in user.data.get("task_templates", {}).values() for item in items}
    for domain, items in layer.data.get("task_templates", {}).items():
        stubs = [item for item in items if not item.get("subtasks") and item["name"] not in taken]
        kept.setdefault("task_templates", {})[domain] = stubs
        if len(stubs) < len(items):
            left_out.append(f"task_templates.{domain}")
    warnings.extend(
        f"{layer.place(key)}: `{key}` is left out: the file is not trusted (see `aether-agent trust`)"
        for key in left_out
    )
    return Layer(kept, layer.place)


def _source(key: str, layers: list[Layer], environ: Mapping[str, str]) -> str:
    if key == "home" and environ.get("AETHER_HOME"):
        return "AETHER_HOME"
    if key == "project":
        return "current folder"
    return next((layer.place(key) for layer in reversed(layers) if layer.has(key)), "default")
