"""ServerSpec: how one MCP server is started or reached. The shape is `mcpServers`', plus ours."""

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aether_agents.contracts.contract import ADDITIVE, Contract
from aether_agents.contracts.tool import Tool, ToolRow

#: Servers and scanners that are not ours run in a sandbox: `auto` where the machine has one, `required` or not at all,
#: `off` nowhere.
Isolation = Literal["auto", "required", "off"]


class Install(Contract):
    """Exactly what is put into the environment a third-party server has to itself."""

    pypi: str = Field(default="", description="`name==version` of a Python package.")
    npm: str = Field(default="", description="`name@version` of a Node package, instead.")
    with_: tuple[str, ...] = Field(
        default=(), alias="with", description="Constraints on Python packages beside it, such as `mcp<2`."
    )
    python: str | None = Field(default=None, description="Python it needs, such as `3.12`.")

    @model_validator(mode="after")
    def _one_package(self) -> Self:
        if bool(self.pypi) == bool(self.npm):
            raise ValueError("give exactly one of `pypi` and `npm`")
        if self.npm and (self.with_ or self.python):
            raise ValueError("`with` and `python` are for `pypi`: a Node package brings exactly what it names")
        return self

    @property
    def package(self) -> str:
        """The package with its version, as its registry writes it."""
        return self.pypi or self.npm


class ServerSpec(Contract):
    """One MCP server: a program spoken to over its standard streams, or an address."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Its name; tools are `name/tool`.")
    queue: str = Field(default="", description="Specialist that calls it; empty until inferred.")
    inferred: bool = Field(default=False, description="Whether the queue was inferred, from its words or tools.")
    command: str | None = Field(default=None, description="Program to start (stdio).")
    args: tuple[str, ...] = Field(default=(), description="Its arguments.")
    env: dict[str, str] = Field(default_factory=dict, description="Environment it gets beside the allow-list.")
    cwd: str | None = Field(default=None, description="Folder it runs in; a scratch folder without it.")
    url: str | None = Field(default=None, description="Address (streamable HTTP).")
    transport: Literal["http", "sse"] = Field(
        default="http", description="How an address is spoken to: streamable HTTP, or `sse`, the transport before it."
    )
    headers: dict[str, str] = Field(default_factory=dict, description="Static HTTP headers.")
    mode: Literal["auto", "legacy", "2026-07-28"] = Field(default="auto", description="Protocol era to speak.")
    timeout: float | None = Field(default=None, gt=0, le=3_600, description="Seconds a connection may take.")
    sources: tuple[str, ...] = Field(default=(), description="Further folders of its code: if they change, it did.")
    reads: tuple[str, ...] = Field(default=(), description="What it may read, beside what its command names.")
    writes: tuple[str, ...] = Field(default=(), description="What it may write to, beside its scratch folder.")
    network: bool | None = Field(
        default=None, description="Whether it has the machine's network; unset, nobody has said, and it has."
    )
    install: Install | None = Field(default=None, description="Environment of its own, if it needs one.")
    table: tuple[ToolRow, ...] = Field(default=(), description="Its own tool table: rows a specialist's table lacks.")
    bundled: bool = Field(default=False, description="Whether it came with an installed specialist.")
    hidden: tuple[str, ...] = Field(
        default=(),
        exclude=True,
        repr=False,
        description="Values of the environment in it, and literal secrets: not to be shown.",
    )
    login: str = Field(
        default="", exclude=True, description="Name of the login it is spoken to with; a call sets it, no file does."
    )
    source: str = Field(default="", description="File it was read from, for people.")
    project: str = Field(default="", description="Folder whose tasks may use it; empty: all tasks.")
    trusted: bool = Field(default=False, description="Whether it may be started.")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("give exactly one of `command` and `url`")
        return self


class CatalogueEntry(Contract):
    """What is known of one MCP server's tools."""

    server: str = Field(description="Name of the server.")
    specialist: str = Field(description="Specialist whose queue calls its tools.")
    spec_digest: str = Field(description="Digest of the specification it was listed with: its pins hold for that.")
    listing_digest: str = Field(default="", description="Digest of that and of its code: another one is listed anew.")
    status: Literal["live", "failed", "quarantined"] = Field(description="Whether its tools may be planned and called.")
    error: str | None = Field(default=None, description="Why it is not live, and what to do.")
    tools: tuple[Tool, ...] = Field(default=(), description="Its tools as last listed.")
    accepted: dict[str, str] = Field(
        default_factory=dict, description="Pin by tool name, as first seen or as a person accepted it."
    )
    number: Annotated[int, ADDITIVE] = Field(
        default=0, description="How often something was accepted: an older entry is known by it."
    )
    unseen: Annotated[bool, ADDITIVE] = Field(
        default=False, description="Whether what was first listed still waits for a person to look at it."
    )
    accepted_by: Annotated[str, ADDITIVE] = Field(
        default="", description="Who accepted it; empty: nobody had to, or a version before."
    )
    former: Annotated[tuple[Tool, ...], ADDITIVE] = Field(
        default=(), description="Accepted definitions of which it lists another one now, or none: for showing both."
    )
    earlier: Annotated[dict[str, str], ADDITIVE] = Field(
        default_factory=dict,
        description="Of a server that came with a specialist: the pins of the version before, as they were accepted.",
    )
    host: Annotated[str, ADDITIVE] = Field(default="", description="Host of the worker that listed it.")
    home: Annotated[str, ADDITIVE] = Field(
        default="", description="AETHER_HOME of that worker: another one there may know other servers."
    )
    outdated: bool = Field(default=False, description="Whether a worker lists it anew: what it says is of before.")
    listed_at: float = Field(default=0.0, description="When it was listed: seconds since the epoch, the store's clock.")

    @property
    def digest(self) -> str:
        """`sha256:…` over the server and all that it lists now: what a person accepts is bound to it."""
        pins = sorted((tool.name, tool.pin) for tool in self.tools)
        return "sha256:" + hashlib.sha256(json.dumps([self.server, self.spec_digest, pins]).encode()).hexdigest()
