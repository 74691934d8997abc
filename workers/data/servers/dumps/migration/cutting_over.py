"""Cutting over: a file that names the old database names the new one, once the copy is what the source is now."""

import difflib
import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.git import printable
from workers.inspection.text import read_bounded

from ..address import Address
from ..dumping import Place
from .comparing import compare
from .copying import tally
from .migration_results import Standing, Switch, Switched

#: Largest file that names a database.
_MOST = 1 << 20
_SECRET = re.compile(r"(://[^/@\s:]*:)[^@\s]*@")


class Ends(NamedTuple):
    """The address that stands there, and the one that is to."""

    source: Address
    target: Address
    schema: str

    @property
    def new(self) -> str:
        """The new address: with the schema, without a password."""
        at = self.target
        return f"postgresql://{at.user}@{at.host}:{at.port}/{at.database}?options=-csearch_path%3D{self.schema}"

    def places(self, text: str) -> list[str]:
        """The addresses of the source in a text, whoever logs in."""
        at = self.source
        port = f"(?::{at.port})?" if at.port == 3306 else f":{at.port}"  # noqa: PLR2004 - MySQL's own port
        pattern = rf"(?:mysql|mariadb)(?:\+\w+)?://(?:[^\s@/'\"]+@)?{re.escape(at.host)}{port}/{re.escape(at.database)}(?![\w-])"
        return [found.group() for found in re.finditer(pattern, text)]


def plan(source: Place, target: Place, schema: str, config: str) -> Switch:
    """What would change in a file, if the copy is what the source is now.

    Raises:
        ToolError: it is not, or the file names no such source.
    """
    ends, (text, digest) = Ends(source.address, target.address, schema), _read(config)
    compared = compare(source, target, schema)
    if compared.differences:
        raise ToolError(
            f"the copy is not what the source is now: {'; '.join(compared.differences[:3])}. Stop what writes to the "
            "source, discard the copy, and copy again"
        )
    found = ends.places(text)
    if not found:
        raise ToolError(f"`{printable(config)}` does not name {source.address.shown}: nothing would be changed there")
    before, after = (_SECRET.sub(r"\1…@", one).splitlines() for one in (text, _switched(text, ends)))
    told = f"{len(found)} addresses of {source.address.shown} become {ends.new}"
    state = [one.model_dump() for one in tally(target, schema)]
    return Switch(
        items=[Item(kind="change", what=printable(config), detail=told)],
        diff="\n".join(difflib.unified_diff(before, after, "before", "after", lineterm="", n=1)),
        digest=named(digest, ends.new, state),
        sha256=digest,
        target_schema=schema,
        places=len(found),
    )


def switch(ends: Ends, config: str, sha256: str) -> Switched:
    """Change the file at once or not at all, and keep a copy of it.

    Raises:
        ToolError: it has changed since the preview, or cannot be written.
    """
    text, digest = _read(config)
    if digest != sha256:
        raise ToolError(f"`{printable(config)}` has changed since it was previewed: nothing was done")
    path = Path(config)
    saved = path.with_name(f"{path.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}-{digest[:8]}")
    _write(saved, text, path)
    _write(path, _switched(text, ends), path)
    return Switched(path=str(path), saved=str(saved), after=_read(config)[1])


def switch_back(config: str, saved: str, after: str) -> Switched:
    """The copy takes its place again, unless somebody has changed the file since.

    Raises:
        ToolError: somebody has.
    """
    if _read(config)[1] != after:
        raise ToolError(f"`{printable(config)}` has changed since the cut-over: it stays. It was `{printable(saved)}`")
    text, _ = _read(saved)
    _write(Path(config), text, Path(saved))
    Path(saved).unlink()
    return Switched(path=config, saved=saved, after=_read(config)[1])


def standing(ends: Ends, config: str) -> Standing:
    """What a file names now."""
    text, _ = _read(config)
    return Standing(path=config, source=len(ends.places(text)), target=text.count(ends.new))


def _switched(text: str, ends: Ends) -> str:
    for place in sorted(set(ends.places(text)), key=len, reverse=True):
        text = text.replace(place, ends.new)
    return text


def _read(config: str) -> tuple[str, str]:
    path = Path(config)
    try:
        if path.stat().st_size > _MOST:
            raise ToolError(f"`{printable(config)}` is larger than {_MOST >> 20} MiB: it is no file of settings")
        content = read_bounded(path, _MOST)
        return content.decode("utf-8"), hashlib.sha256(content).hexdigest()
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(f"`{printable(config)}` cannot be read: {error}") from None


def _write(path: Path, text: str, like: Path) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        mode = like.stat().st_mode & 0o777
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8", newline=""
        ) as file:
            file.write(text)
        part.chmod(mode)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ToolError(f"`{printable(str(path))}` cannot be written: {error.strerror}: nothing was done") from None
