"""What a repository depends on: versions that can be looked up, and what cannot be, with the place of each."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from workers.inspection.git import printable

_EXACT = ("==", "===")
#: Characters of a requirement; a longer one is none.
_LONGEST = 2_000
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")


class Pin(NamedTuple):
    """One package at one version."""

    name: str  #: as the index writes it
    version: str
    file: str
    line: int | None


class Loose(NamedTuple):
    """A package that is asked for without saying which version."""

    name: str
    text: str
    file: str
    line: int | None


@dataclass
class Wanted:
    """What the files of a repository ask for."""

    pins: list[Pin] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  #: what cannot be looked up here, with its place and why
    own: set[str] = field(default_factory=set)  #: the projects of the repository, which ask for each other
    files: int = 0  #: dependency files read

    def requirement(self, text: str, file: str, line: int | None) -> None:
        """Add one requirement as `pip` reads it."""
        try:
            known = Requirement(text if len(text) <= _LONGEST else "")
        except InvalidRequirement:
            self.other(file, line, f"{text!r} is not a name and a version")
            return
        exact = [spec.version for spec in known.specifier if spec.operator in _EXACT and "*" not in spec.version]
        if known.url:
            self.other(file, line, f"{known.name} comes from an address")
        elif exact:
            self.pin(known.name, exact[0], file, line)
        else:
            self.loose.append(Loose(canonicalize_name(known.name), text, file, line))

    def pin(self, name: str, version: str, file: str, line: int | None) -> None:
        """Add one exact version; what is no name or no version is noted as not covered."""
        try:
            exact = str(Version(version))
        except InvalidVersion:
            exact = ""
        if exact and _NAME.fullmatch(name):
            self.pins.append(Pin(str(canonicalize_name(name)), exact, file, line))
        else:
            self.other(file, line, f"{name!r} at {version!r} is not a name and a version")

    def other(self, file: str, line: int | None, why: str) -> None:
        """Note something that cannot be looked up."""
        self.others.append(printable(f"{file}{f':{line}' if line else ''}: {why}"))

    def not_covered(self) -> list[str]:
        """All that is asked for and cannot be looked up. A range that a lock file pins is covered by that pin."""
        pinned = {pin.name for pin in self.pins} | self.own
        unpinned = [
            printable(f"{one.file}{f':{one.line}' if one.line else ''}: {one.text} is not pinned to a version")
            for one in self.loose
            if one.name not in pinned
        ]
        return [*self.others, *dict.fromkeys(unpinned)]
