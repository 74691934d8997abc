"""Reads the settings: command line, environment, project file, user file, defaults, in that order of precedence.

A project file may come from a stranger: we audit repositories from inside them. So, unless it is trusted, nothing is
taken from it but how much is logged (its stubs are listed, and inert); trusted, it may only tighten the policy and
narrow the roots; where the store is, what seals it and who may come in is never a project's to say. What is left out is
named in `warnings`.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import read_regular
from aether_agents.settings.dependent import missing
from aether_agents.settings.layers import Layer, environment_layer, file_layer, leaves, merged, option_layer
from aether_agents.settings.model import Settings
from aether_agents.settings.tightening import beside_own_budgets, policy_within

FILE_NAME = "aether_agent.yaml"
APPLICATION = "aether-agents"  # our folder in the XDG folders
#: The policy of all who use this machine: what any other source says of policy only tightens it.
ORGANISATION = Path("/etc") / APPLICATION / FILE_NAME
#: All that is taken of a project file nobody has trusted: it changes no run.
HARMLESS = ("agent_system.cli_interface.logging_level", "agent_system.cli_interface.logging_format")
#: What no project file may say, trusted or not.
NEVER = ("broker", "encryption", "agentserver", "flower", "isolation", "audit", "limits", "llm")
PASSWORD = re.compile(r"(://[^:@/\s]*:)[^@\s]+(?=@)|([?&]password=)[^&\s']+")

#: Whether the file at this path with this content is trusted (`mcp_host.trust.trust` answers; the faces pass it in).
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
    organisation: Path = ORGANISATION,
) -> Configuration:
    """As `load_settings`, with the source of each setting and the warnings.

    `organisation`: the policy of all who use this machine, which every other source may only tighten.
    """
    project = (folder or Path.cwd()).resolve()
    complaints: list[str] = []
    warnings: list[str] = []
    users, projects = user_file(environ), project / FILE_NAME
    user = file_layer(users, _read(users, complaints), complaints)
    layers = [user]
    stubs: tuple[str, ...] = ()
    if projects != users:
        content = _read(projects, complaints)  # read once: what is checked for trust is what is used
        layer = file_layer(projects, content, complaints)
        trusted = trusts is not None and bool(content) and trusts(projects, content)
        layers.append(_tightening(layer, user, warnings) if trusted else _harmless(layer, user, warnings))
        stubs = () if trusted else _stubs(layers[-1])
    layers.append(environment_layer(environ, project, complaints, warnings))
    layers.append(option_layer(overrides or {}, project, complaints))
    above = file_layer(organisation, _read(organisation, complaints), complaints)
    if above.data:
        layers = [
            _policy_alone(above, warnings),
            *(policy_within(one, above, warnings, "nobody here") for one in layers),
        ]
    if complaints:
        raise InvalidSettings("\n".join(map(redacted, complaints)))
    data: dict[str, Any] = {}
    for layer in layers:
        data = merged(data, layer.data)
    found = {"home": default_home(environ), "project": project, "inert_stubs": stubs}
    settings = Settings.model_validate({**data, **found})
    if wrong := missing(settings):
        raise InvalidSettings("\n".join(wrong))
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


def harmless(key: str) -> bool:
    """Whether a setting, by its dotted key, may come from a project file that nobody has trusted."""
    return key in HARMLESS


def _harmless(layer: Layer, user: Layer, warnings: list[str]) -> Layer:
    """The layer without what an untrusted file may not say; what would change something is named in `warnings`.

    New stubs stay, to be listed and for nothing else: one with the words of a good template would take its tasks.
    """
    holds = dict(leaves(Settings.model_validate(user.data).model_dump(mode="json")))
    kept: dict[str, Any] = {}
    left_out: dict[str, None] = {}
    for key, value in leaves({name: part for name, part in layer.data.items() if name != "task_templates"}):
        if harmless(key):
            kept = merged(kept, _nested(key, value))
        elif value != holds.get(key):
            left_out[key if key.startswith("agent_system.") else key.partition(".")[0]] = None
    taken = {item["name"] for items in user.data.get("task_templates", {}).values() for item in items}
    for domain, items in layer.data.get("task_templates", {}).items():
        stubs = [item for item in items if not item.get("subtasks") and item["name"] not in taken]
        if stubs:
            kept.setdefault("task_templates", {})[domain] = stubs
        if len(stubs) < len(items):
            left_out[f"task_templates.{domain}"] = None
    for key in left_out:
        why = "a project never says that" if key in NEVER else "the file is not trusted (see `aether-agent trust`)"
        warnings.append(f"{layer.place(key)}: `{key}` is left out: {why}")
    return Layer(kept, layer.place)


def _policy_alone(layer: Layer, warnings: list[str]) -> Layer:
    """The organisation's layer: it says a policy and nothing else."""
    warnings.extend(
        f"{layer.place(key)}: `{key}` is left out: this file says `policy` only"
        for key in layer.data
        if key != "policy"
    )
    return Layer({key: value for key, value in layer.data.items() if key == "policy"}, layer.place)


def _stubs(layer: Layer) -> tuple[str, ...]:
    """The names of the templates that a layer brings."""
    return tuple(item["name"] for items in layer.data.get("task_templates", {}).values() for item in items)


def _tightening(layer: Layer, user: Layer, warnings: list[str]) -> Layer:
    """The layer of a trusted file without what no project may say, and with a policy that is the user's or tighter."""
    data = {key: value for key, value in layer.data.items() if key not in NEVER}
    warnings.extend(
        f"{layer.place(key)}: `{key}` is left out: a project never says that; set it in {FILE_NAME} of "
        "your own settings, or by environment variable"
        for key in layer.data
        if key in NEVER
    )
    if (own_roots := user.data.get("roots")) and "roots" in data:
        data["roots"] = [one for one in data["roots"] if any(Path(one).is_relative_to(root) for root in own_roots)]
        if len(data["roots"]) < len(layer.data["roots"]):
            place = layer.place("roots")
            warnings.append(f"{place}: `roots` outside of your own are left out: a project may only narrow them")
        data["roots"] = data["roots"] or own_roots
    if "alerts" in data:
        data["alerts"] = beside_own_budgets(user.data.get("alerts") or {}, data["alerts"])
    return policy_within(Layer(data, layer.place), user, warnings, "a project")


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    nested: dict[str, Any] = value
    return nested


def _source(key: str, layers: list[Layer], environ: Mapping[str, str]) -> str:
    if key == "home" and environ.get("AETHER_HOME"):
        return "AETHER_HOME"
    if key == "project":
        return "current folder"
    return next((layer.place(key) for layer in reversed(layers) if layer.has(key)), "default")
