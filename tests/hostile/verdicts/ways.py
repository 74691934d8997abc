"""Ways to hide one file from whoever audits a repository: each is tried on every audit."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.integration.workers.planted import Planted


class Fault(NamedTuple):
    """A file that an audit must not call clean."""

    path: str
    text: str
    mode: int = 0o644


class Way(NamedTuple):
    """One way to hide a file."""

    name: str
    hide: Callable[[Planted, Fault], object]
    #: Audits of which it hides nothing, since what they look for does not go with the file there.
    none_of: tuple[str, ...] = ()


def put(repository: Planted, fault: Fault, path: str = "", content: bytes | None = None) -> Path:
    """The file at its place, or at another, with its content or another."""
    file = repository.write(path or fault.path, fault.text if content is None else content)
    file.chmod(fault.mode)
    return file


def _place(repository: Planted, fault: Fault) -> Path:
    """Where the file would be, with the folders around it."""
    place = repository.folder / fault.path
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _marked(
    how: str, encoding: str = "", before: bytes = b"", behind: bytes = b""
) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        coded = fault.text.encode(encoding) if encoding else fault.text.encode()
        put(repository, fault, content=before + coded + behind)
        repository.commit(how)

    return hide


def _at(folder: str, *, commit: bool = True) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        put(repository, fault, f"{folder}/{fault.path}")
        if commit:
            repository.commit("made")

    return hide


def _ignored(repository: Planted, fault: Fault) -> None:
    repository.write(".gitignore", "*\n!.gitignore\n!README.md\n")
    repository.commit("made")
    put(repository, fault)


def _excluded(repository: Planted, fault: Fault) -> None:
    repository.write(".git/info/exclude", "*\n")
    put(repository, fault)


def _flagged(flag: str) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        repository.write(fault.path, "\n")
        repository.commit("empty")
        repository.git("update-index", flag, fault.path)
        put(repository, fault)

    return hide


def _attributes(repository: Planted, fault: Fault) -> None:
    repository.write(".gitattributes", "* binary -diff -text export-ignore linguist-generated linguist-vendored\n")
    put(repository, fault)
    repository.commit("made")


def _sparse(repository: Planted, fault: Fault) -> None:
    put(repository, fault, f"away/{fault.path}")
    repository.commit("made")
    repository.git("update-index", "--skip-worktree", f"away/{fault.path}")
    (repository.folder / "away" / fault.path).unlink()


def _submodule(repository: Planted, fault: Fault) -> None:
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},lib")
    repository.git("commit", "--quiet", "-m", "a submodule")


def _nested(repository: Planted, fault: Fault) -> None:
    inner = Planted(repository.folder / "parts" / "inner")
    put(inner, fault)
    inner.commit("made")


def _pointed(repository: Planted, fault: Fault) -> None:
    other = Planted(repository.folder.parent / "other")
    other.write("x", "x\n")
    other.commit("made")
    repository.write(f"parts/{fault.path}", fault.text).chmod(fault.mode)
    repository.write("parts/.git", f"gitdir: {other.folder}/.git\n")


def _linked(repository: Planted, fault: Fault) -> None:
    outside = repository.folder.parent / "outside"
    outside.write_text(fault.text)
    _place(repository, fault).symlink_to(outside)


def _archived(repository: Planted, fault: Fault) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(fault.path, fault.text + "\n" * 999)
    repository.write("parts.zip", packed.getvalue())
    repository.commit("made")


def _installed(repository: Planted, fault: Fault) -> None:
    for number in range(220):
        repository.write(f"node_modules/p{number}/x", "x\n")
    put(repository, fault, f"node_modules/{fault.path}")


def _too_large(repository: Planted, fault: Fault) -> None:
    put(repository, fault, content=b"#\n" * (1 << 20) + b"\n" + fault.text.encode())
    repository.commit("made")


def _pipe(repository: Planted, fault: Fault) -> None:
    os.mkfifo(_place(repository, fault))


def _no_head(repository: Planted, fault: Fault) -> None:
    put(repository, fault)
    repository.commit("made")
    (repository.folder / ".git" / "HEAD").unlink()


def _bare(repository: Planted, fault: Fault) -> None:
    put(repository, fault)
    repository.commit("made")
    repository.git("config", "core.bare", "true")


def _large_letters(repository: Planted, fault: Fault) -> None:
    folder, _, name = fault.path.rpartition("/")
    put(repository, fault, f"{folder}/{name.upper()}" if folder else name.upper())
    repository.commit("made")


def _damaged_index(repository: Planted, fault: Fault) -> None:
    put(repository, fault)
    repository.commit("made")
    (repository.folder / ".git" / "index").write_bytes(b"damaged")


#: What a file holds does not say what its mode is, and neither does a file that is not on this machine.
_CONTENT = ("permissions",)
WAYS = (
    Way("ignored", _ignored),
    Way("excluded", _excluded),
    Way("assume unchanged", _flagged("--assume-unchanged")),
    Way("skip worktree", _flagged("--skip-worktree")),
    Way("attributes", _attributes),
    Way("core.bare", _bare),
    Way("no HEAD", _no_head),
    Way("a damaged index", _damaged_index),
    Way("vendored", _at("vendor")),
    Way("built", _at("build", commit=False)),
    Way("a folder with a dot", _at(".hidden")),
    Way("a small node_modules", _at("node_modules", commit=False)),
    Way("a large node_modules", _installed),
    Way("in .tox", _at(".tox")),
    Way("in another's cache", _at("__pycache__")),
    Way("a repository inside", _nested),
    Way("a pointer to another repository", _pointed),
    Way("a submodule that is not here", _submodule, _CONTENT),
    Way("a sparse checkout", _sparse, _CONTENT),
    Way("archived", _archived, _CONTENT),
    Way("a link that leaves", _linked, _CONTENT),
    Way("UTF-16", _marked("made", "utf-16")),
    Way("a byte order mark", _marked("made", "utf-8-sig")),
    Way("a zero byte behind", _marked("made", behind=b"\n\0\n")),
    Way("a stray byte behind", _marked("made", behind=b"\n# \xff\xfe\n")),
    Way("lines of old Macs", _marked("made", behind=b"\r\r")),
    Way("too large", _too_large),
    Way("large letters", _large_letters),
    Way("a pipe", _pipe, _CONTENT),
)
