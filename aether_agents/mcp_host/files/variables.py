"""Expansion of `${VAR}` and `${VAR:-default}` in a server file, at the last moment.

Only servers that may be started are expanded: a file that is merely listed never sees a value of
our environment. An unset variable is an error, never a literal `${TOKEN}` sent to a server.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from aether_agents.documents.document import Document, Location

#: `${VAR}`, `${VAR:-default}`; and VS Code's `${env:VAR}`, `${input:id}`, `${workspaceFolder}` and their like, `${/}`.
_MARK = re.compile(r"\$\{(?P<how>env:|input:)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*|/)(?::-(?P<default>[^}]*))?\}")


class Expansion:
    """Expands the strings of one server of one file, collecting every fault."""

    def __init__(self, document: Document, folder: Path, environ: Mapping[str, str]) -> None:
        self._document = document
        self._folder = folder
        self._environ = environ
        self.faults: list[str] = []
        #: What came out of the environment, by name.
        self.found: dict[str, str] = {}

    def expand(self, value: object, at: Location) -> object:
        """The value with all its strings expanded; keys are left as they are."""
        if isinstance(value, str):
            expanded = _MARK.sub(lambda mark: self._value(mark, at), value)
            return f"{self._home()}{expanded[1:]}" if expanded.startswith("~/") else expanded
        if isinstance(value, dict):
            return {key: self.expand(item, (*at, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.expand(item, (*at, index)) for index, item in enumerate(value)]
        return value

    def _value(self, mark: re.Match[str], at: Location) -> str:
        name, default = mark["name"], mark["default"]
        if mark["how"] == "input:":
            self._fault(
                at,
                f"`{mark[0]}` asks a person, which a worker cannot: write `${{{_variable(name)}}}` and set it",
            )
            return ""
        if mark["how"] is None and name in _PLACES:
            return _PLACES[name](self)
        value = self._environ.get(name)
        if value:
            self.found[name] = value
            return value
        if default is not None:
            return default
        if value is None:
            self._fault(at, f"the environment variable {name} is not set: set it, or write `${{{name}:-default}}`")
        return value or ""

    def _home(self) -> str:
        return self._environ.get("HOME") or str(Path.home())

    def _fault(self, at: Location, message: str) -> None:
        self.faults.append(self._document.fault(at, message))


def _variable(name: str) -> str:
    """A variable's name for what VS Code calls an input."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


#: What VS Code's own variables stand for.
_PLACES: Mapping[str, Callable[[Expansion], str]] = {
    "workspaceFolder": lambda expansion: str(expansion._folder),
    "workspaceFolderBasename": lambda expansion: expansion._folder.name,
    "userHome": lambda expansion: expansion._home(),
    "pathSeparator": lambda _: os.sep,
    "/": lambda _: os.sep,
}
