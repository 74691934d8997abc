"""The policy file: its shape, and its faults with their lines."""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Annotated, Literal

import yaml
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from workers.inspection.findings import Severity
from workers.inspection.git import printable

MAX_BYTES = 256 << 10
_FAULTS = 10
Glob = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Files(_Part):
    """Files by their paths. A pattern without `/` is looked for in every folder; `*` also stands for `/`."""

    required: tuple[Glob, ...] = Field(default=(), max_length=100, description="At least one file must match each.")
    forbidden: tuple[Glob, ...] = Field(default=(), max_length=100, description="No file may match any.")


class Pattern(_Part):
    """A text that may stand nowhere."""

    forbid: str = Field(min_length=1, max_length=500, description="Regular expression, looked for in each line.")
    files: Glob = Field(default="*", description="Files it is looked for in.")
    because: str = Field(default="", max_length=300, description="Why, for people.")
    severity: Severity = Field(default="medium", description="How bad it is.")

    @field_validator("forbid")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return value


class Header(_Part):
    """A text that must stand at the head of files, such as a licence."""

    text: str = Field(min_length=1, max_length=2_000, description="The text.")
    files: Glob = Field(description="Files it must stand in.")
    lines: int = Field(default=10, ge=1, le=100, description="Lines from the top in which it must stand.")


class Limit(_Part):
    """How bad the findings of a scanner may be."""

    worst: Severity | Literal["none"] = Field(
        description="The worst severity that is allowed; `none`: no finding at all."
    )
    complete: bool = Field(default=True, description="Whether the scanner must have seen everything.")


class Quality(_Part):
    """The rating that the code must have."""

    score: int = Field(ge=0, le=100, description="Lowest score that is allowed.")


Scanner = Literal["secrets", "code", "permissions", "dependencies", "infrastructure"]


class Policy(_Part):
    """A whole policy."""

    version: Literal[1] = Field(description="Version of this shape.")
    name: str = Field(default="policy", max_length=200, description="Its name.")
    files: Files = Field(default=Files(), description="Files that must, or must not, be there.")
    patterns: tuple[Pattern, ...] = Field(default=(), max_length=50, description="Texts that must not be there.")
    headers: tuple[Header, ...] = Field(default=(), max_length=50, description="Texts at the head of files.")
    scanners: dict[Scanner, Limit] = Field(default_factory=dict, description="How bad findings may be, by scanner.")
    quality: Quality | None = Field(default=None, description="The rating that the code must have.")


def _bounded(file: Path) -> bytes:
    """A file up to the bound; never a pipe or a device, which may have no end.

    Raises:
        OSError: it cannot be read, or is none.
    """
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return opened.read(MAX_BYTES + 1)


def read_policy(path: str) -> tuple[Policy, "Lines"]:
    """Read a policy file.

    Raises:
        ToolError: it is not there or not a policy; every fault has its line.
    """
    file, shown = Path(path).expanduser(), printable(path)
    if not file.is_absolute():
        raise ToolError(f"{shown!r} is not an absolute path: give the whole path of the policy file")
    try:
        text = _bounded(file)
    except OSError as error:
        raise ToolError(
            f"the policy {shown!r} cannot be read ({error.strerror}): give the path of a policy file"
        ) from None
    if len(text) > MAX_BYTES:
        raise ToolError(f"the policy {shown!r} is larger than {MAX_BYTES >> 10} KiB")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise ToolError(f"{shown}: a policy takes no YAML aliases (`*name`): write the value out")
        lines = Lines(yaml.compose(text, yaml.SafeLoader))
        return Policy.model_validate(yaml.safe_load(text) or {}), lines
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise ToolError(f"{shown}{_mark(error)}: is not YAML: {printable(str(error), 200)}") from None
        faults = [
            f"{shown}:{lines.of(*fault['loc'])}: {_place(fault['loc'])}{_plain(fault['type'], fault['msg'])}"
            for fault in error.errors()[:_FAULTS]
        ]
        raise ToolError("the policy is wrong:\n" + "\n".join(faults)) from None


class Lines:
    """Where in the file a value stands."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, *place: str | int) -> int:
        """The line of a key or an item, from 1; of what it would stand in, where it is missing."""
        node, line = self._root, 1
        for step in place:
            found = None
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = (node.value[step], node.value[step])
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line


def _place(place: tuple[str | int, ...]) -> str:
    return f"`{'.'.join(printable(str(step), 60) for step in place)}` " if place else ""


def _plain(kind: str, message: str) -> str:
    known = {"extra_forbidden": "is not known here", "missing": "is missing"}
    return known.get(kind) or printable(message.removeprefix("Value error, "), 200)


def _mark(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""
