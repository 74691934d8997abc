"""Fingerprint: one hash of a playbook with all that a run reads beside it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.text import read_bounded

from .outside import LEFT_OUT, outside, texts_of

#: What is read beside a playbook, at most: roles, templates, variables.
MOST_FILES, MOST_BYTES = 5_000, 64 << 20

#: What a playbook reads as text. Other files show in the preview, as what `copy` would change.
_READ = frozenset((".yaml", ".yml", ".j2", ".json", ".ini", ".cfg", ".py", ".sh", ".conf", ".toml"))


class Read(NamedTuple):
    """What a run reads."""

    digest: str
    outside: tuple[str, ...]  #: files of it that lie outside of the playbook's folder
    unknown: tuple[str, ...]  #: names of what is not in the digest: filled in when it runs, or not there


def fingerprint(playbook: Path, inventory: Path) -> Read:
    """One hash of a playbook, its inventory, all files beside either that a run may read, and those it names elsewhere.

    Raises:
        ToolError: there is more than is read.
    """
    total, count, size = hashlib.sha256(), 0, 0
    named = outside(playbook, texts_of(playbook), MOST_FILES)
    for root, path in (*_files(playbook, inventory), *((Path("/"), one) for one in named.files)):
        count, size = count + 1, size + path.stat().st_size
        if count > MOST_FILES or size > MOST_BYTES:
            raise ToolError(
                f"beside `{printable(str(playbook))}` lie more than {MOST_FILES} files or "
                f"{MOST_BYTES >> 20} MiB: put the playbook and its roles into a folder of their own"
            )
        total.update(str(path.relative_to(root)).encode("utf-8", "surrogateescape") + b"\0")
        total.update(hashlib.sha256(read_bounded(path, MOST_BYTES)).digest())
    return Read(total.hexdigest(), tuple(map(str, named.files)), named.unknown)


def _files(playbook: Path, inventory: Path) -> Iterator[tuple[Path, Path]]:
    """What a run may read: with the playbook its roles and variables, with the inventory the variables of hosts."""
    beside = [inventory.parent / one for one in ("group_vars", "host_vars")]
    if inventory.is_file():
        yield inventory.parent, inventory
    for root in (playbook.parent, *(beside if inventory.is_file() else [inventory])):
        for at, folders, files in os.walk(root):
            folders[:] = sorted(one for one in folders if one not in LEFT_OUT)
            for one in sorted(files):
                path = Path(at, one)
                if path.is_file() and (path.suffix in _READ or path == playbook or root == inventory):
                    yield root, path
