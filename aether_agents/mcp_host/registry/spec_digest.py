"""Digests of a server: of what a person said it is, and of that with its code as it is now."""

import hashlib
import os
import stat
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

from aether_agents.contracts import ServerSpec, ToolRow
from aether_agents.process.redaction import Redactor

#: Modules that count for a server's code; a server of ours has a handful.
MOST_SCRIPTS = 200
#: Endings of files that are programs. A database among the arguments is not: it changes with every call.
SCRIPTS = frozenset({".py", ".js", ".mjs", ".cjs", ".ts", ".sh", ".rb", ".pl", ".php", ".jar"})

#: Hashes of files that are remembered.
MOST_HASHES = 4_096
#: Nanoseconds since a file was written after which its times tell of a further write: clocks of disks are coarse.
STILL = 2_000_000_000

_hashes: OrderedDict[str, tuple[tuple[int, ...], bytes]] = OrderedDict()
_lock = Lock()

#: What a server may see says nothing of which tools it has.
_SEEN = ("reads", "writes", "network")


def spec_digest(spec: ServerSpec) -> str:
    """`sha256:…` over what a person wrote, without the values that came from the environment.

    The pins of its tools are accepted for this: other tools under the same digest are a change that nobody made. So
    its code counts only if it came with an installed specialist, where a new version is a person's choice.
    """
    digest = hashlib.sha256(Redactor(spec.hidden).text(_text(spec)).encode())
    if spec.bundled:
        digest.update(_code(spec))
    return "sha256:" + digest.hexdigest()


def listing_digest(spec: ServerSpec, rows: Iterable[ToolRow] = ()) -> str:
    """`sha256:…` over all that can change what is known of its tools: if it is another one, they are listed anew.

    `rows` are those that its specialist's tool table has of it.
    """
    table = "".join(row.model_dump_json() for row in rows)
    return "sha256:" + hashlib.sha256(_text(spec).encode() + table.encode() + _code(spec)).hexdigest()


def _text(spec: ServerSpec) -> str:
    usual = {"transport"} if spec.transport == "http" else set()  # versions before had no word for it
    return spec.model_dump_json(exclude={"source", "trusted", "inferred", "project", *_SEEN, *usual}, by_alias=True)


def _code(spec: ServerSpec) -> bytes:
    """A hash over the files a server is known to run: scripts among its arguments, its own PYTHONPATH, its sources."""
    named = [Path(spec.cwd or "/", word) for word in spec.args if Path(word).suffix in SCRIPTS]
    folders = [part for part in (*spec.env.get("PYTHONPATH", "").split(os.pathsep), *spec.sources) if part]
    beside = [path for folder in folders for path in _modules(folder)]
    digest = hashlib.sha256()
    for path in (*map(str, named), *sorted(beside)[:MOST_SCRIPTS]):
        with suppress(OSError):  # a file that cannot be read is the server's trouble, when it starts
            digest.update(_hash(path))
    return digest.digest()


def _modules(folder: str) -> Iterator[str]:
    """The Python files of a folder and of those in it."""
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names if name.endswith(".py"))  # noqa: PTH118 - a tenth of the time


def _hash(path: str) -> bytes:
    """The hash of a file, read again only when it was written: a worker looks at all of them every few seconds."""
    now = os.stat(path)  # noqa: PTH116 - as above
    if not stat.S_ISREG(now.st_mode):  # a pipe would hold us
        return hashlib.sha256(b"").digest()
    stamp = now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino, now.st_dev
    with _lock:
        known = _hashes.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    with Path(path).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").digest()
    if time.time_ns() - now.st_ctime_ns > STILL:
        with _lock:
            _hashes[path] = stamp, found
            if len(_hashes) > MOST_HASHES:
                _hashes.popitem(last=False)
    return found
