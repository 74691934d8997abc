"""Digests of a server: of what a person said it is, and of that with its code as it is now."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from aether_agents.contracts import ServerSpec
from aether_agents.process.redaction import Hidden

#: Modules that count for a server's code; a server of ours has a handful.
MOST_SCRIPTS = 200
#: Endings of files that are programs. A database among the arguments is not: it changes with every call.
SCRIPTS = frozenset({".py", ".js", ".mjs", ".cjs", ".ts", ".sh", ".rb", ".pl", ".php", ".jar"})


#: What a server may see says nothing of which tools it has.
_SEEN = ("reads", "writes", "network")


def spec_digest(spec: ServerSpec) -> str:
    """`sha256:…` over what a person wrote, without the values that came from the environment.

    The pins of its tools are accepted for this: other tools under the same digest are a change that nobody made. So
    its code counts only if it came with an installed specialist, where a new version is a person's choice.
    """
    digest = hashlib.sha256(Hidden(spec.hidden).text(_text(spec)).encode())
    if spec.bundled:
        digest.update(_code(spec))
    return "sha256:" + digest.hexdigest()


def listing_digest(spec: ServerSpec) -> str:
    """`sha256:…` over all that can change which tools it lists: if it is another one, they are listed anew."""
    return "sha256:" + hashlib.sha256(_text(spec).encode() + _code(spec)).hexdigest()


def _text(spec: ServerSpec) -> str:
    return spec.model_dump_json(exclude={"source", "trusted", "inferred", "project", *_SEEN}, by_alias=True)


def _code(spec: ServerSpec) -> bytes:
    """A hash over the files a server is known to run: scripts among its arguments, its own PYTHONPATH, its sources."""
    named = [Path(spec.cwd or "/", word) for word in spec.args if Path(word).suffix in SCRIPTS]
    folders = [Path(part) for part in (*spec.env.get("PYTHONPATH", "").split(os.pathsep), *spec.sources) if part]
    beside = [path for folder in folders if folder.is_dir() for path in folder.rglob("*.py")]
    digest = hashlib.sha256()
    for path in (*named, *sorted(beside)[:MOST_SCRIPTS]):
        with suppress(OSError):  # a file that cannot be read is the server's trouble, when it starts
            digest.update(_hash(path))
    return digest.digest()


def _hash(path: Path) -> bytes:
    if not path.is_file():  # a pipe would hold us
        return hashlib.sha256(b"").digest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
