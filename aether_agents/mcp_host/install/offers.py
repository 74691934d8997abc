"""Offers: servers of others that were tried and found to work, as data; what a person is told before adding one.

One file each in `offered/`: how it is installed at an exact version, what it must be told, what each of its tools
risks and how it says that it failed, and one harmless call that shows that it works.
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from aether_agents.contracts import Contract, Expect, Json
from aether_agents.documents.document import parse_document
from aether_agents.documents.model_check import read_as
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings

_MARK = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class Variable(Contract):
    """Something a server must be told."""

    description: str = Field(description="What it is, for people.")
    format: Literal["path", "url"] | None = Field(default=None, description="A `path` is made absolute.")
    default: str | None = Field(default=None, description="What it is where nobody says.")
    secret: bool = Field(default=False, description="Left to the environment of the worker unless it is given.")
    required: bool = Field(default=False, description="Whether it cannot do without.")
    optional: bool = Field(default=False, description="For a secret: whether it can do without.")


class Trial(Contract):
    """One harmless call that shows that a server works."""

    tool: str = Field(description="Name of the tool.")
    args: dict[str, Json] = Field(default_factory=dict, description="Its arguments.")
    expect: Expect | None = Field(default=None, description="What its answer shows.")
    refused: str | None = Field(
        default=None, description="Instead: the regular expression of the refusal that is right here."
    )


class Offer(Contract):
    """One server that is offered."""

    name: str = Field(description="Its name.")
    summary: str = Field(description="What it is for, in a line.")
    variables: dict[str, Variable] = Field(default_factory=dict, description="What it must be told, by name.")
    server: dict[str, Any] = Field(description="The server as a server file has it, with `${NAME}` for each variable.")
    trial: Trial | None = Field(default=None, description="A call that shows that it works.")

    def entry(self, given: Mapping[str, str], folder: Path) -> dict[str, Any]:
        """The server as it is written to a server file, told what was given; paths are taken from `folder`.

        Raises:
            InvalidSettings: something is missing or unknown; the error says how to give it.
        """
        if unknown := sorted(set(given) - set(self.variables)):
            raise InvalidSettings(
                f"`{self.name}` has no variable `{unknown[0]}`{nearest(unknown[0], self.variables)}; "
                f"it takes: {', '.join(self.variables) or 'none'}"
            )
        values = {name: self._value(name, given.get(name), folder) for name in self.variables}
        if missing := [name for name, value in values.items() if value is None and self.variables[name].required]:
            lines = [f"  --env {name}=…   {self.variables[name].description}" for name in missing]
            raise InvalidSettings("\n".join([f"`{self.name}` must be told:", *lines]))
        entry: dict[str, Any] = _filled(self.server, {name: value or "" for name, value in values.items()})
        if "env" in entry:
            entry["env"] = {name: value for name, value in entry["env"].items() if value}
        for key in ("reads", "writes"):
            if key in entry:
                entry[key] = [os.path.normpath(path) for path in entry[key] if path]
        return entry

    def _value(self, name: str, given: str | None, folder: Path) -> str | None:
        variable = self.variables[name]
        if given is None and variable.secret and not variable.optional:
            return f"${{{name}}}"  # read where the server is started, so that it stands in no file
        value = variable.default if given is None else given
        if value and variable.format == "path":
            return os.path.normpath(folder / Path(value).expanduser())
        return value


@cache
def offers() -> Mapping[str, Offer]:
    """Every server that is offered, by name."""
    found = {}
    for file in sorted(files(__package__).joinpath("offered").iterdir(), key=lambda file: file.name):
        offer = read_as(Offer, parse_document(file.read_text(encoding="utf-8"), file.name))
        found[offer.name] = offer
    return found


def offered(name: str) -> Offer:
    """The offer of that name.

    Raises:
        InvalidSettings: there is none.
    """
    known = offers()
    if name not in known:
        raise InvalidSettings(f"no server `{name}` is offered{nearest(name, known)}; there are: {', '.join(known)}")
    return known[name]


def offer_of(package: str) -> Offer | None:
    """The offer that installs this package at this version."""
    return next((offer for offer in offers().values() if package in offer.server.get("install", {}).values()), None)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _MARK.sub(lambda mark: values.get(mark[1], mark[0]), value)
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    return value
