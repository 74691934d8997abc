"""Server files: `.mcp.json`, `mcp_config.json`, and those of the products in `files/products`, unchanged.

Each server has `command` with `args`, `env`, `cwd`, or `url` with `headers`; ours are `queue`, `install`, `table`,
`mode`, `timeout`, `reads`, `writes` and `network` beside them. Keys that only mean something to another program are
read over, a slip of the pen for one of ours is an error, and what is wrong with one server costs that server alone.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from aether_agents.contracts import Contract, Install, Json, ServerSpec, ToolRow
from aether_agents.documents.document import Document, Location
from aether_agents.documents.model_check import faults
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files import env_file
from aether_agents.mcp_host.files.dialects import in_our_words
from aether_agents.mcp_host.files.foreign_keys import FOREIGN, TOLD, UNHEEDED, unheeded
from aether_agents.mcp_host.files.products import OWN, Product
from aether_agents.mcp_host.files.server_tables import Found, check_top, fitting, found_in
from aether_agents.mcp_host.files.variables import Expansion
from aether_agents.mcp_host.install.folders import server_folder
from aether_agents.mcp_host.process.launch import ALLOWED
from aether_agents.telemetry.logs import hide

#: Variables whose values are no secrets: they are in every message of the system itself.
PUBLIC = frozenset({*ALLOWED, "HOME", "PWD", "SHELL", "HOSTNAME"})
#: A shorter value cannot be redacted without redacting half of what a server says (`true`, `8080`).
SHORTEST = 6
#: Names that values which are secrets have, where they are written into the file itself.
SECRET_NAME = re.compile(r"token|secret|passw|credential|api.?key|private.?key|auth|cookie|bearer", re.IGNORECASE)


#: Parts of the place of a server that stands in a table for one project: `projects`, the project, the table, its name.
_IN_PROJECT = 3


class Row(ToolRow):
    """A row of a server's own tool table: its tool is its key."""

    tool: str = Field(default="", description="Its key in the file.")


class Entry(Contract):
    """A server as a file declares it."""

    command: str | None = Field(default=None, description="Program to start (stdio).")
    args: tuple[str, ...] = Field(default=(), description="Its arguments.")
    env: dict[str, str] = Field(default_factory=dict, description="Environment beside the allow-list.")
    envFile: str | None = Field(
        default=None, description="File of `NAME=value` lines beside `env`, which goes before them."
    )
    cwd: str | None = Field(
        default=None, description="Folder it runs in; the file's own without it, or with `install` a scratch one."
    )
    url: str | None = Field(default=None, description="Address (streamable HTTP).")
    headers: dict[str, str] = Field(default_factory=dict, description="Static HTTP headers.")
    type: Literal["stdio", "http", "sse"] | None = Field(
        default=None, description="Which of the two; `command` or `url` says it as well. `sse`: the older transport."
    )
    transport: Literal["stdio", "http", "sse"] | None = Field(default=None, description="fastmcp's `type`.")
    disabled: bool = Field(default=False, description="Left out altogether.")
    enabled: bool = Field(default=True, description="The same, the other way round.")
    queue: str | None = Field(default=None, description="Specialist that calls it; inferred without it.")
    install: Install | None = Field(default=None, description="Environment of its own.")
    reads: tuple[str, ...] = Field(default=(), description="Paths it may read, from its file's folder.")
    writes: tuple[str, ...] = Field(default=(), description="Paths it may write to, from its file's folder.")
    network: bool | None = Field(
        default=None, description="Whether it has the machine's network; without it, as chosen when it was trusted."
    )
    table: dict[str, Row] = Field(default_factory=dict, description="Tool table: risk, repeatable, … by tool name.")
    mode: Literal["auto", "legacy", "2026-07-28"] = Field(default="auto", description="Protocol era.")
    timeout: float | None = Field(default=None, gt=0, le=3_600, description="Seconds a connection may take.")


@dataclass(frozen=True)
class Declared:
    """One server of one file, as written: nothing expanded."""

    name: str
    raw: Mapping[str, Any]
    at: Location
    document: Document
    folder: Path
    #: What is odd about it, or is not done here, in a sentence each.
    notes: tuple[str, ...] = ()
    #: Why it cannot be started, whatever else it says.
    fault: str = ""
    #: Whether it is the person's own: in a scratch folder, with the machine's network, unless it says otherwise.
    personal: bool = False

    def spec(self, environ: Mapping[str, str] | None, *, default_cwd: bool = True) -> ServerSpec:
        """The server; expanded and trusted with an environment, as written and inert without one.

        Raises:
            InvalidSettings: every fault, each with file and line.
        """
        if self.fault:
            raise InvalidSettings(self.fault)
        raw: Any = dict(self.raw)
        found: Mapping[str, str] = {}
        if environ is not None:
            expansion = Expansion(self.document, self.folder, environ)
            raw = expansion.expand(raw, self.at)
            if expansion.faults:
                raise InvalidSettings("\n".join(expansion.faults))
            found = expansion.found
        values = self._entry(raw).model_dump(
            by_alias=True, exclude_unset=True, exclude={"type", "transport", "disabled", "enabled", "envFile"}
        )
        if environ is not None and self.env_file is not None:
            filed = env_file.variables(self.env_file)
            found, values["env"] = {**found, **filed}, {**filed, **values.get("env", {})}
        for key in ("reads", "writes"):
            values[key] = [_absolute(path, self.folder) for path in values.get(key, ())]
        rows = values.pop("table", {})
        values["table"] = [{**row, "tool": f"{self.name}/{tool}"} for tool, row in rows.items()]
        if default_cwd and values.get("command") and not self.scratch:
            values["cwd"] = str(self.folder / values.get("cwd", ""))
        try:
            return ServerSpec.model_validate(
                {
                    **values,
                    "name": self.name,
                    "hidden": _hidden(found, {**values.get("env", {}), **values.get("headers", {})}),
                    "transport": _transport(raw),
                    "source": self.document.name,
                    "trusted": environ is not None,
                }
            )
        except ValidationError as error:
            raise InvalidSettings("\n".join(faults(ServerSpec, self.document, error, self.at))) from None

    @property
    def scratch(self) -> bool:
        """Whether it runs in its scratch folder: its program is not its file's folder's, and it names no folder."""
        return (self.personal or bool(self.raw.get("install"))) and not self.raw.get("cwd")

    @property
    def disabled(self) -> bool:
        """Whether its file leaves it out."""
        return self.raw.get("disabled") is True or self.raw.get("enabled") is False

    @property
    def env_file(self) -> Path | None:
        """The file with further variables of its environment, links followed.

        Raises:
            InvalidSettings: it may not be read, with file and line.
        """
        named = self.raw.get("envFile")
        if named is None or self.disabled:
            return None
        at = (*self.at, "envFile")
        if self.raw.get("command") is None:
            why = "an address has no environment: put what it needs into `headers`"
            raise InvalidSettings(self.document.fault(at, why))
        try:
            return env_file.place(named, self.folder)
        except InvalidSettings as error:
            raise InvalidSettings(self.document.fault(at, str(error))) from None

    def _entry(self, raw: Mapping[str, Any]) -> Entry:
        own = {key: value for key, value in raw.items() if key in Entry.model_fields or _slip(key)}
        try:
            return Entry.model_validate(own)
        except ValidationError as error:
            raise InvalidSettings("\n".join(faults(Entry, self.document, error, self.at))) from None


def _transport(raw: Mapping[str, Any]) -> str:
    """As it is written; without a word, an address that ends in `/sse` is of the transport that had such addresses."""
    said = raw.get("type") or raw.get("transport")
    older = str(raw.get("url") or "").partition("?")[0].rstrip("/").endswith("/sse")
    return "sse" if said == "sse" or (said is None and older) else "http"


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath(folder / os.path.expanduser(path))  # noqa: PTH111 - as written, links and all


def _hidden(found: Mapping[str, str], written: Mapping[str, str]) -> tuple[str, ...]:
    """What of a server's values may not be shown: all from the environment but what every server gets of it anyway,
    and what is written under the name of a secret."""
    values = [value for name, value in found.items() if name not in PUBLIC]
    values += [word for name, value in written.items() if SECRET_NAME.search(name) for word in value.split()[-1:]]
    secret = tuple(dict.fromkeys(value for value in values if len(value) >= SHORTEST))
    hide(*secret)
    return secret


def _slip(key: str) -> bool:
    """Whether a key is meant for one of ours: no other product's, and nearly the same."""
    foreign = key in FOREIGN or key in UNHEEDED or key in TOLD
    return not foreign and key not in Entry.model_fields and bool(nearest(key, Entry.model_fields))


def declared(document: Document, folder: Path, product: Product = OWN) -> Iterator[Declared]:
    """The servers of a file, in its order.

    Raises:
        InvalidSettings: the file has not the shape of a server file.
    """
    data: Json = document.data
    if not isinstance(data, dict):
        raise InvalidSettings(document.fault((), "expected an object with the key `mcpServers`"))
    if not product.shared:
        check_top(document)
    taken: set[str] = set()
    for found in found_in(data, shared=product.shared):
        server = _declared(document, folder, product, found)
        if server.name in taken and not server.fault:
            server = replace(server, fault=document.fault(found.at, f"two servers of this file are `{server.name}`"))
        taken.add(server.name)
        yield server


def _declared(document: Document, folder: Path, product: Product, found: Found) -> Declared:
    if not isinstance(found.raw, dict):
        fault = document.fault(found.at, "expected an object with `command` or `url`")
        return Declared(found.name, {}, found.at, document, folder, fault=fault)
    name, (entry, impossible) = fitting(found.name), in_our_words(found.raw, product)
    notes = [f"is called `{name}` here: a name has letters, digits, `_`, `.` and `-`"] if name != found.name else []
    notes += unheeded(entry)
    notes += [
        f"{key}: not known here, passed over"
        for key in entry
        if not (key in FOREIGN or key in UNHEEDED or key in TOLD or key in Entry.model_fields or _slip(key))
    ]
    fault = impossible and document.fault(found.at, impossible)
    try:
        server_folder(Path(), name)
    except InvalidSettings as error:
        fault = document.fault(found.at, str(error))
    of_project = found.at[0] == "projects" and len(found.at) > _IN_PROJECT
    project = Path(str(found.at[1])) if of_project else folder
    return Declared(name, entry, found.at, document, project, tuple(notes), fault)
