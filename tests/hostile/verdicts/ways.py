"""Ways to hide one file from whoever audits a repository: each is tried on every audit."""

import gzip
import io
import os
import tarfile
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


def _named(name: str | bytes) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        place = os.fsencode(repository.folder) + b"/" + (name if isinstance(name, bytes) else name.encode())
        place = place.replace(b"FILE", fault.path.encode())
        file = Path(os.fsdecode(place))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(fault.text)
        file.chmod(fault.mode)
        if ".GIT" not in file.parts:  # git takes none of that name
            repository.commit("made")

    return hide


def _lines(change: Callable[[str], str]) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        put(repository, fault, content=change(fault.text).encode())
        repository.commit("made")

    return hide


def _set(name: str, value: str) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        (repository.folder.parent / "nothing").write_text("*\n")
        repository.git("config", name, value.replace("NOTHING", str(repository.folder.parent / "nothing")))
        put(repository, fault)

    return hide


def _store(repository: Planted, fault: Fault) -> None:
    for part in ("HEAD", "refs/x", "objects/info/x", "config"):
        repository.write(f"fake/{part}", "ref: refs/heads/main\n" if part == "HEAD" else "")
    put(repository, fault, f"fake/objects/{fault.path}")
    repository.commit("made")


def _dangling(repository: Planted, fault: Fault) -> None:
    put(repository, fault, f"parts/{fault.path}")
    repository.write("parts/.git", "gitdir: /nowhere/at/all\n")


def _intended(repository: Planted, fault: Fault) -> None:
    put(repository, fault)
    repository.git("add", "--intent-to-add", fault.path)


def _elsewhere(repository: Planted, fault: Fault) -> None:
    put(repository, fault)
    repository.commit("made")
    other = Planted(repository.folder.parent / "other")
    other.write("README.md", "# Nothing\n")
    other.commit("nothing")
    repository.git("config", "core.worktree", str(other.folder))


def _by_settings(repository: Planted, fault: Fault) -> None:
    """Every file by which a program of the kind is told to leave something out."""
    none = {
        **dict.fromkeys((".ignore", ".dockerignore", ".semgrepignore", ".gitleaksignore", ".trivyignore"), "*\n"),
        ".bandit": "[bandit]\nexclude: /\nskips: B602,B404\n",
        "ruff.toml": 'exclude = ["*"]\n[lint]\nignore = ["ALL"]\n',
        "pyproject.toml": '[tool.ruff]\nexclude = ["*"]\n[tool.bandit]\nexclude_dirs = ["."]\n'
        '[tool.vulture]\nexclude = ["*"]\n[tool.pip-audit]\nignore-vulns = ["*"]\n',
        "setup.cfg": "[flake8]\nexclude = *\n[radon]\nexclude = *\n",
        "tox.ini": "[flake8]\nexclude = *\n",
        ".secrets.baseline": '{"results": {}, "plugins_used": []}\n',
        ".pip-audit.toml": "",
        "policy.yaml": "version: 1\nname: Nothing\npatterns: []\n",
    }
    for path, text in none.items():
        repository.write(path, text)
    put(repository, fault)
    repository.commit("made")


def _clone(*how: str) -> Callable[[Planted, Fault], object]:
    def hide(repository: Planted, fault: Fault) -> None:
        put(repository, fault)
        repository.commit("made")
        repository.git("config", "uploadpack.allowFilter", "true")
        clone = repository.folder.parent / "clone"
        repository.git("clone", "--quiet", *how, f"file://{repository.folder}", str(clone))
        repository.folder = clone
        for path in clone.rglob(fault.path):
            path.chmod(fault.mode)

    return hide


def _packed(*around: str) -> Callable[[Planted, Fault], object]:
    """In archives, one inside the other."""

    def hide(repository: Planted, fault: Fault) -> None:
        name, content = fault.path, (fault.text + "\n" * 99).encode()
        for ending in around:
            packed = io.BytesIO()
            if ending == "zip":
                with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr(name, content)
            elif ending == "gz":
                packed.write(gzip.compress(content))
            else:
                with tarfile.open(fileobj=packed, mode="w:xz" if ending == "txz" else "w") as tar:
                    known = tarfile.TarInfo(name)
                    known.size = len(content)
                    tar.addfile(known, io.BytesIO(content))
            name, content = f"{name}.{ending}", packed.getvalue()
        repository.write("parts/data.bin", content)
        repository.commit("made")

    return hide


def _folder_link(repository: Planted, fault: Fault) -> None:
    outside = repository.folder.parent / "outside"
    (outside / fault.path).parent.mkdir(parents=True)
    (outside / fault.path).write_text(fault.text)
    (outside / fault.path).chmod(fault.mode)
    (repository.folder / "parts").symlink_to(outside)


def _closed(repository: Planted, fault: Fault) -> None:
    """A file that its mode closes: root reads it all the same."""
    put(repository, fault)
    repository.commit("made")
    (repository.folder / fault.path).chmod(0)


SAID_ABOVE = "# ruff: noqa\n# flake8: noqa\n# pylint: skip-file\n# mypy: ignore-errors\n# nosec\n# type: ignore\n"
SAID_BEHIND = "  # nosec # noqa # pragma: allowlist secret # nosemgrep # gitleaks:allow # pip-audit: ignore"
#: What a file holds does not say what its mode is, and neither does a file that is not on this machine.
_CONTENT = ("permissions",)
#: A file of another name is no code, and names no dependency.
_BY_NAME = ("unsafe code", "quality", "dependencies")
#: Of what is not committed yet: there is no clone, no index and no commit of it.
_COMMITTED = ("a commit",)
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
    Way("UTF-16", _marked("made", "utf-16"), _CONTENT),
    Way("a byte order mark", _marked("made", "utf-8-sig"), _CONTENT),
    Way("a zero byte behind", _marked("made", behind=b"\n\0\n"), _CONTENT),
    Way("a stray byte behind", _marked("made", behind=b"\n# \xff\xfe\n"), _CONTENT),
    Way("lines of old Macs", _marked("made", behind=b"\r\r"), _CONTENT),
    Way("too large", _too_large, _CONTENT),
    Way("large letters", _large_letters),
    Way("a pipe", _pipe, _CONTENT),
    Way("a name that is no text", _named(b"b\xff\xfe/FILE")),
    Way("a name of two lines", _named("a\nb\x1b[2J/FILE")),
    Way("a name with a blank behind", _named("FILE "), _BY_NAME),
    Way("a name of git's in other letters", _named(".GIT/FILE")),
    Way("a name of an editor's", _named("FILE~"), _BY_NAME),
    Way("far down", _named("/".join("d" * 60) + "/FILE")),
    Way("among what is generated", _named("dist/generated/third_party/testdata/fixtures/FILE")),
    Way("in a folder that looks like a store", _store),
    Way("beside a pointer to nothing", _dangling),
    Way("intended to be added", _intended),
    Way("a work tree that is said to be elsewhere", _elsewhere),
    Way("excluded by a setting", _set("core.excludesFile", "NOTHING")),
    Way("attributes by a setting", _set("core.attributesFile", "NOTHING")),
    Way("settings of every program", _by_settings),
    Way("a shallow clone", _clone("--depth=1"), _COMMITTED),
    Way("a partial clone", _clone("--filter=blob:none"), _COMMITTED),
    Way("a clone without its files", _clone("--no-checkout"), (*_CONTENT, *_COMMITTED)),
    Way("an archive in an archive", _packed("tar", "zip"), _CONTENT),
    Way("packed by gzip", _packed("gz"), _CONTENT),
    Way("packed by xz", _packed("txz"), _CONTENT),
    Way("a link to a folder outside", _folder_link, _CONTENT),
    Way("closed", _closed, _CONTENT),
    Way("a suppression on each line", _lines(lambda text: text.replace("\n", f"{SAID_BEHIND}\n")), _CONTENT),
    Way("suppressions above", _lines(lambda text: SAID_ABOVE + text), _CONTENT),
    Way("lines that end as on old Macs", _lines(lambda text: text.replace("\n", "\r")), _CONTENT),
    Way("lines that end as on Windows", _lines(lambda text: text.replace("\n", "\r\n")), _CONTENT),
    Way("far to the right", _lines(lambda text: text.replace("\n", " " * 9_000 + "#\n")), _CONTENT),
    Way("far below", _lines(lambda text: "\n" * 60_000 + text), _CONTENT),
    Way("UTF-16 without a mark", _marked("made", "utf-16-le"), _CONTENT),
    Way("UTF-32", _marked("made", "utf-32"), _CONTENT),
    Way("EBCDIC", _marked("made", "cp500"), _CONTENT),
    Way("letters of the West", _marked("made", behind="# é\n".encode("latin-1")), _CONTENT),
    Way("an encoding that is said", _marked("made", "utf-7", before=b"# -*- coding: utf-7 -*-\n"), _CONTENT),
    Way("a control character before", _marked("made", before=b"\x0c\n"), _CONTENT),
    Way("the end of a text of old", _marked("made", before=b"\x1a\n"), _CONTENT),
)
