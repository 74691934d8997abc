"""Situations: a repository in which something is hidden, each in one way."""

import base64
import gzip
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.integration.workers.planted import Planted

#: A key of a cloud, and a call through a shell: what is hidden. They are put together here, so that a scan of this
#: project finds none.
KEY = "{}QWERTYUIOP765432".format("AKIA")
LINE = f'key = "{KEY}"\n'
SHELL = "import subprocess\nsubprocess.call(input(), shell=True)\n"
LONG = "x" * 5_000

Make = Callable[[Planted], object]


class Situation(NamedTuple):
    """One way to hide something from one tool."""

    name: str
    tool: str  #: server/tool
    make: Make
    found: str = ""  #: the file it must be found in; empty: it cannot be, and then the verdict is `inconclusive`
    gap: str = ""  #: what the gap says, where there must be one


def write(*files: tuple[str, str | bytes], commit: bool = True) -> Make:
    """Files of the repository."""

    def make(repository: Planted) -> None:
        for path, text in files:
            repository.write(path, text)
        if commit:
            repository.commit("made")

    return make


def deleted(path: str, text: str | bytes, *others: tuple[str, str]) -> Make:
    """A file that only the history has."""

    def make(repository: Planted) -> None:
        for name, content in (*others, (path, text)):
            repository.write(name, content)
        repository.commit("made")
        repository.git("rm", "--quiet", path)
        repository.write("README.md", "nothing\n")
        repository.commit("removed")

    return make


def excluded(repository: Planted) -> None:
    """A file that only this clone ignores."""
    write(("a.py", "x = 1\n"))(repository)
    repository.write(".git/info/exclude", "hidden.py\n")
    repository.write("hidden.py", LINE + SHELL)


def flagged(flag: str) -> Make:
    """A file that changed, of which git was told not to look at it."""

    def make(repository: Planted) -> None:
        write(("a.py", "x = 1\n"))(repository)
        repository.git("update-index", flag, "a.py")
        repository.write("a.py", LINE + SHELL)

    return make


def sparse(repository: Planted) -> None:
    """A tracked file that is not in the work tree."""
    write(("a.py", "x = 1\n"), ("away/b.py", "y = 1\n"))(repository)
    repository.git("update-index", "--skip-worktree", "away/b.py")
    (repository.folder / "away" / "b.py").unlink()


def shallow(repository: Planted) -> None:
    """A clone without older history."""
    source = Planted(repository.folder.parent / "source")
    deleted("old.py", LINE)(source)
    _becomes(repository, source, "--depth=1")


def partial(repository: Planted) -> None:
    """A clone without the files of older history."""
    source = Planted(repository.folder.parent / "source")
    source.git("config", "uploadpack.allowFilter", "true")
    write(("old.py", "x = 1\n"))(source)
    source.git("rm", "--quiet", "old.py")
    write(("conf.py", LINE + SHELL))(source)
    _becomes(repository, source, "--filter=blob:none")


def _becomes(repository: Planted, source: Planted, *how: str) -> None:
    clone = repository.folder.parent / "clone"
    source.git("clone", "--quiet", *how, f"file://{source.folder}", str(clone))
    repository.folder = clone


def staged(repository: Planted) -> None:
    """A file that is staged with what its work tree no longer has."""
    write(("a.py", "x = 1\n"))(repository)
    repository.write("b.py", LINE)
    repository.git("add", "b.py")
    repository.write("b.py", "y = 1\n")


def stashed(repository: Planted) -> None:
    """A change that was put aside."""
    write(("a.py", "x = 1\n"))(repository)
    repository.write("a.py", LINE)
    repository.git("stash", "--quiet")


def inside(repository: Planted) -> None:
    """A repository inside, whose history has it."""
    write(("a.py", "x = 1\n"))(repository)
    deleted("old.py", LINE)(Planted(repository.folder / "parts" / "inner"))


def bare_inside(repository: Planted) -> None:
    """A repository without a work tree, inside."""
    source = Planted(repository.folder.parent / "source")
    deleted("old.py", LINE)(source)
    write(("a.py", "x = 1\n"))(repository)
    source.git("clone", "--quiet", "--bare", ".", str(repository.folder / "mirror.git"))


def beside_store(repository: Planted) -> None:
    """A file in a folder that is made to look like git's own store."""
    made = write(
        *(
            ("fake/HEAD", "ref: refs/heads/main\n"),
            ("fake/refs/x", ""),
            ("fake/objects/info/x", ""),
            ("a.py", "x = 1\n"),
        ),
        ("fake/objects/secret.py", LINE + SHELL),
    )
    made(repository)


def submodule(repository: Planted) -> None:
    """A submodule that was not fetched."""
    write(("a.py", "x = 1\n"))(repository)
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},lib")
    repository.git("commit", "--quiet", "-m", "a submodule")


def linked(repository: Planted) -> None:
    """A link to a file outside."""
    outside = repository.folder.parent / "outside.py"
    outside.write_text(LINE + SHELL)
    write(("a.py", "x = 1\n"))(repository)
    (repository.folder / "b.py").symlink_to(outside)


def dangling(repository: Planted) -> None:
    """A reference that names nothing, beside a history that has it."""
    deleted("old.py", LINE)(repository)
    place = repository.folder / ".git" / "refs" / "heads" / "gone"
    place.write_text("1234567890" * 4 + "\n")


def tagged_blob(repository: Planted) -> None:
    """A file that only a tag names."""
    write(("a.py", "x = 1\n"))(repository)
    (repository.folder.parent / "blob").write_text(LINE)
    blob = repository.git("hash-object", "-w", str(repository.folder.parent / "blob"))
    repository.git("tag", "thing", blob)


def installed(repository: Planted) -> None:
    """Much of others' work, ignored, and something among it."""
    write(("a.py", "x = 1\n"), (".gitignore", "node_modules/\n"))(repository)
    for number in range(220):
        repository.write(f"node_modules/p{number}/index.js", "x\n")
    repository.write("node_modules/p7/key.js", LINE)


def zipped(*names: str) -> bytes:
    """An archive of files with it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, LINE)
    return packed.getvalue()


def tarred() -> bytes:
    """A compressed archive of one file with it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        known = tarfile.TarInfo("conf.py")
        known.size = len(LINE)
        archive.addfile(known, io.BytesIO(LINE.encode()))
    return packed.getvalue()


def unreadable(repository: Planted) -> None:
    """A pipe beside what can be read."""
    write(("a.py", LINE + SHELL))(repository)
    os.mkfifo(repository.folder / "pipe.py")


def without(part: str, *, damaged: bool = False) -> Make:
    """A part of git's folder is missing or damaged."""

    def make(repository: Planted) -> None:
        write(("a.py", LINE + SHELL))(repository)
        place: Path = repository.folder / ".git" / part
        place.write_bytes(b"damaged") if damaged else place.unlink()

    return make


def tagged(repository: Planted) -> None:
    """The message of a tag."""
    write(("a.py", "x = 1\n"))(repository)
    repository.git("tag", "--annotate", "v1", "--message", LINE)


def renamed(repository: Planted) -> None:
    """Python under another name, and a link that gives it its own."""
    write(("a.py", "x = 1\n"), ("b.txt", SHELL))(repository)
    (repository.folder / "c.py").symlink_to("b.txt")


#: The key as escapes, encodings and characters that nobody sees write it.
ENCODED = {
    "base64": base64.b64encode(LINE.encode()).decode(),
    "hexadecimal": LINE.encode().hex(),
    "percent signs": "".join(f"%{ord(char):02x}" for char in KEY),
    "entities": "".join(f"&#{ord(char)};" for char in KEY),
    "escapes": "".join(f"\\x{ord(char):02x}" for char in KEY),
    "escapes of JSON": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "base32": base64.b32encode(LINE.encode()).decode(),
    "base64 of wide letters": base64.b64encode(LINE.encode("utf-16-le")).decode(),
    "base64 of gzip": base64.b64encode(gzip.compress(LINE.encode())).decode(),
    "base64 twice": base64.b64encode(base64.b64encode(LINE.encode())).decode(),
    "octal escapes": "".join(f"\\{ord(char):03o}" for char in KEY),
    "quoted-printable": "".join(f"={ord(char):02X}" for char in KEY),
    "UTF-7": "+" + base64.b64encode(KEY.encode("utf-16-be")).decode().rstrip("=") + "-",
    "bytes in a list": ", ".join(f"0x{ord(char):02x}" for char in LINE),
    "two pieces": f'{KEY[:4]}" + "{KEY[4:]}',
    "a letter of no width": f"{KEY[:8]}\u200b{KEY[8:]}",
    "wide letters": "".join(chr(ord(char) + 0xFEE0) for char in KEY),
}
SECRETS = (
    *(
        Situation(f"in {how}", "secrets/scan", write(("a.txt", f'"{said}"\n')), "a.txt")
        for how, said in ENCODED.items()
    ),
    Situation("the message of a tag", "secrets/scan", tagged, "(references and tags)"),
    Situation(
        "the name of a branch",
        "secrets/scan",
        lambda r: (write(("a.py", "x = 1\n"))(r), r.git("branch", KEY)),
        "(references and tags)",
    ),
    Situation("the name of a file", "secrets/scan", write((f"a/{KEY}.txt", "x\n")), "a/•••.txt"),
    Situation("behind a program", "secrets/scan", write(("a.run", b"#!/bin/sh\n" + zipped("b.py"))), "a.run!b.py"),
    Situation("a bundle", "secrets/scan", write(("a.bundle", b"# v2 git bundle\n\nPACK")), gap="a git bundle file"),
    Situation("zlib", "secrets/scan", write(("a.z", zlib.compress(LINE.encode()))), gap="a zlib file"),
    Situation("deleted", "secrets/scan", deleted("old.py", LINE), "old.py"),
    Situation("marked binary", "secrets/scan", deleted("old.py", LINE, (".gitattributes", "*.py binary\n")), "old.py"),
    Situation("marked -diff", "secrets/scan", deleted("old.py", LINE, (".gitattributes", "* -diff\n")), "old.py"),
    Situation("a zero byte in history", "secrets/scan", deleted("old.py", f"\0\n{LINE}"), "old.py"),
    Situation("UTF-16 in history", "secrets/scan", deleted("old.py", LINE.encode("utf-16")), "old.py"),
    Situation("a long line in history", "secrets/scan", deleted("old.py", LONG * 20 + " " + LINE), "old.py"),
    Situation("an archive in history", "secrets/scan", deleted("old.zip", zipped("a.py")), gap="an archive"),
    Situation(
        "the message of a commit", "secrets/scan", lambda r: (r.write("a", "x"), r.commit(LINE)), "(commit message)"
    ),
    Situation(
        "core.bare", "secrets/scan", lambda r: (write(("a.py", LINE))(r), r.git("config", "core.bare", "true")), "a.py"
    ),
    Situation("ignored", "secrets/scan", write((".gitignore", "*.key\n"), ("a.key", LINE)), "a.key"),
    Situation("excluded", "secrets/scan", excluded, "hidden.py"),
    Situation("assume unchanged", "secrets/scan", flagged("--assume-unchanged"), "a.py"),
    Situation("skip worktree", "secrets/scan", flagged("--skip-worktree"), "a.py"),
    Situation("a sparse checkout", "secrets/scan", sparse, gap="a sparse checkout"),
    Situation("a shallow clone", "secrets/scan", shallow, gap="a shallow clone"),
    Situation("a partial clone", "secrets/scan", partial, "conf.py", "cannot be read whole"),
    Situation("staged", "secrets/scan", staged, "b.py"),
    Situation("stashed", "secrets/scan", stashed, "a.py"),
    Situation("a repository inside", "secrets/scan", inside, "parts/inner/old.py"),
    Situation("a bare repository inside", "secrets/scan", bare_inside, "mirror.git/old.py"),
    Situation("beside git's store", "secrets/scan", beside_store, "fake/objects/secret.py"),
    Situation("a submodule", "secrets/scan", submodule, gap="a submodule that is not here"),
    Situation("a link", "secrets/scan", linked, gap="a link that leaves the folder"),
    Situation("a dangling reference", "secrets/scan", dangling, "old.py", "refs/heads/gone"),
    Situation("a tag of a file", "secrets/scan", tagged_blob, gap="names a blob"),
    Situation("installed", "secrets/scan", installed, gap="others' work"),
    Situation("build", "secrets/scan", write(("build/a.py", LINE), commit=False), "build/a.py"),
    Situation("vendor", "secrets/scan", write(("vendor/x/a.go", LINE), commit=False), "vendor/x/a.go"),
    Situation(
        "a small node_modules", "secrets/scan", write(("node_modules/a.js", LINE), commit=False), "node_modules/a.js"
    ),
    Situation("UTF-16", "secrets/scan", write(("a.py", LINE.encode("utf-16"))), "a.py"),
    Situation("UTF-16 without a mark", "secrets/scan", write(("a.py", LINE.encode("utf-16-le"))), "a.py"),
    Situation("EBCDIC", "secrets/scan", write(("a.txt", LINE.encode("cp500"))), "a.txt"),
    *(
        Situation(
            f"{word} in {code}", "secrets/scan", write(("a.ini", f"{word} = Kx9vQ2mLp7Rt\n".encode(code))), "a.ini"
        )
        for word, code in (("пароль", "cp1251"), ("Пароль", "koi8-r"), ("パスワード", "shift_jis"), ("密码", "gb18030"))
    ),
    Situation("UTF-32", "secrets/scan", write(("a.py", LINE.encode("utf-32"))), "a.py"),
    Situation("a zero byte", "secrets/scan", write(("a.py", f"\0{LINE}")), "a.py"),
    Situation("a picture by its name", "secrets/scan", write(("a.png", LINE)), "a.png"),
    Situation(
        "in a picture",
        "secrets/scan",
        write(("a.png", b"\x89PNG\r\n\x1a\n\0\1\2\3" * 99 + b"\n" + LINE.encode())),
        "a.png",
    ),
    Situation("minified", "secrets/scan", write(("a.min.js", LONG + " " + LINE)), "a.min.js"),
    Situation("beyond character 4,000", "secrets/scan", write(("a.json", LONG + " " + LINE)), "a.json"),
    Situation("a lock file", "secrets/scan", write(("package-lock.json", LINE)), "package-lock.json"),
    Situation("a map", "secrets/scan", write(("a.map", LINE)), "a.map"),
    Situation("zipped", "secrets/scan", write(("a.zip", zipped("b/c.py"))), "a.zip!b/c.py"),
    Situation("zipped under another name", "secrets/scan", write(("a.txt", zipped("b/c.py"))), "a.txt!b/c.py"),
    Situation("a tar", "secrets/scan", write(("a.tgz", tarred())), "a.tgz!content!conf.py"),
    Situation("gzipped", "secrets/scan", write(("a.gz", gzip.compress(LINE.encode()))), "a.gz!content"),
    Situation(
        "an archive of a kind that is not read",
        "secrets/scan",
        write(("a.7z", b"7z\xbc\xaf\x27\x1c")),
        gap="not looked into",
    ),
    Situation("a damaged archive", "secrets/scan", write(("a.zip", zipped("b.py")[:-30])), gap="cannot be unpacked"),
    Situation("a PDF", "secrets/scan", write(("a.pdf", b"%PDF-1.7\n")), gap="not looked into"),
    Situation(
        "kept elsewhere", "secrets/scan", write(("a", "version https://git-lfs.github.com/spec/v1\n")), gap="LFS"
    ),
    Situation("too large", "secrets/scan", write(("a.txt", "x" * ((2 << 20) + 1))), gap="larger than"),
    Situation("a pragma", "secrets/scan", write(("a.py", LINE.rstrip() + "  # pragma: allowlist secret\n")), "a.py"),
    Situation(
        "a pragma elsewhere",
        "secrets/scan",
        write(("a.py", LINE), ("b.py", LINE.rstrip() + "  # pragma: allowlist secret\n")),
        "a.py",
    ),
    Situation(
        "the same line in an example",
        "secrets/scan",
        write(
            ("examples/a.py", 'db_password = "sunflowers-in-may"\n'),
            ("src/a.py", 'db_password = "sunflowers-in-may"\n'),
        ),
        "src/a.py",
    ),
    Situation(
        "the same line where nothing is without quotes",
        "secrets/scan",
        write(("a/launch", "DB_PASSWORD=sunflower_field\n"), ("b/.env", "DB_PASSWORD=sunflower_field\n")),
        "b/.env",
    ),
    Situation("a pipe beside it", "secrets/scan", unreadable, "a.py", "not a regular file"),
    Situation("no HEAD", "secrets/scan", without("HEAD"), "a.py", "is no repository"),
    Situation(
        "a damaged index", "secrets/scan", without("index", damaged=True), "a.py", "what git tracks is not known"
    ),
)
CODE = (
    Situation("ignored", "code/scan", write((".gitignore", "a.py\n"), ("a.py", SHELL)), "a.py"),
    Situation("excluded", "code/scan", excluded, "hidden.py"),
    Situation("vendor", "code/scan", write(("vendor/a.py", SHELL)), "vendor/a.py"),
    Situation(
        "a folder that bandit passes over",
        "code/scan",
        write((".tox/a.py", SHELL), ("x.egg/b.py", "y = 1\n")),
        ".tox/a.py",
    ),
    Situation("without an ending", "code/scan", write(("tool", "#!/usr/bin/env python3\n" + SHELL)), "tool"),
    Situation("large letters", "code/scan", write(("A.PY", SHELL)), "A.PY"),
    Situation("a zero byte", "code/scan", write(("a.py", SHELL + "\0"), ("b.py", "x = 1\n")), gap="cannot be parsed"),
    Situation("assume unchanged", "code/scan", flagged("--assume-unchanged"), "a.py"),
    Situation("a sparse checkout", "code/scan", sparse, gap="a sparse checkout"),
    Situation("a submodule", "code/scan", submodule, gap="a submodule"),
    Situation("a notebook", "code/scan", write(("a.py", "x = 1\n"), ("b.ipynb", "{}")), gap="notebooks"),
    Situation("another language", "code/scan", write(("a.py", "x = 1\n"), ("b.js", "x")), gap="JavaScript"),
    Situation("too large", "code/scan", write(("a.py", "x = 1\n"), ("b.py", "#\n" * (1 << 21))), gap="larger than"),
    Situation("a nosec", "code/scan", write(("a.py", SHELL.rstrip() + "  # nosec\n")), "a.py"),
    Situation("another Python", "code/scan", write(("tool", "#!/usr/bin/pypy3\n" + SHELL)), "tool"),
    Situation("another script", "code/scan", write(("a.py", "x = 1\n"), ("b", "#!/bin/bash\n")), gap="other scripts"),
    Situation("compiled", "code/scan", write(("a.py", "x = 1\n"), ("b", b"\x7fELF")), gap="compiled code"),
    Situation(
        "in an archive", "code/scan", write(("a.py", "x = 1\n"), ("b.whl", zipped("b.py"))), gap="archives of code"
    ),
    Situation("under another name", "code/scan", renamed, gap="c.py: a link"),
    Situation("a partial clone", "code/scan", partial, "conf.py"),
    Situation("no HEAD", "code/scan", without("HEAD"), "a.py"),
)


def loose(folder: str) -> Make:
    """A file in a folder that anybody may write."""
    return lambda repository: repository.write(f"{folder}/a", "x").chmod(0o666)


PERMISSIONS = tuple(
    Situation(f"in {folder}", "code/permissions", loose(folder), f"{folder}/a")
    for folder in ("node_modules", ".venv/bin", "build", "vendor", "__pycache__", ".git/hooks", ".git/modules/x/hooks")
)
PINS, HARMLESS = "planted==1.0\n", "harmless==2.0\n"
DEPENDENCIES = (
    Situation("in vendor", "dependencies/audit", write(("vendor/requirements.txt", PINS)), "vendor/requirements.txt"),
    Situation(
        "ignored",
        "dependencies/audit",
        write((".gitignore", "*.txt\n"), ("requirements.txt", PINS)),
        "requirements.txt",
    ),
    Situation("another name", "dependencies/audit", write(("what-we-need.txt", PINS)), "what-we-need.txt"),
    Situation("UTF-16", "dependencies/audit", write(("requirements.txt", PINS.encode("utf-16"))), "requirements.txt"),
    Situation("a mark", "dependencies/audit", write(("requirements.txt", "\ufeff" + PINS)), "requirements.txt"),
    Situation(
        "in a program",
        "dependencies/audit",
        write(("a.py", '# /// script\n# dependencies = ["planted==1.0"]\n# ///\n')),
        "a.py",
    ),
    Situation(
        "a named lock",
        "dependencies/audit",
        write(("pylock.dev.toml", '[[packages]]\nname = "planted"\nversion = "1.0"\n')),
        "pylock.dev.toml",
    ),
    *(
        Situation(
            f"installed by {path}", "dependencies/audit", write(("requirements.txt", HARMLESS), (path, text)), path
        )
        for path, text in (
            ("Dockerfile", "FROM debian\nRUN pip install planted==1.0\n"),
            (".github/workflows/ci.yml", "jobs: {a: {steps: [{run: pip install planted==1.0}]}}\n"),
            ("tox.ini", "[testenv]\ndeps = planted==1.0\n"),
            ("setup.sh", "uv pip install 'planted==1.0'\n"),
            ("vendor/planted-1.0-py3-none-any.whl", "x"),
            ("lib/planted-1.0.dist-info/METADATA", "Name: planted\n"),
            ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["planted==1.0"]\n'),
            ("a/pyproject.toml", '[build-system]\nrequires = ["planted==1.0"]\n'),
            ("b/pyproject.toml", '[tool.hatch.envs.default]\ndependencies = ["planted==1.0"]\n'),
        )
    ),
    Situation(
        "made when it is built",
        "dependencies/audit",
        write(
            ("requirements.txt", HARMLESS), ("pyproject.toml", '[project]\nname = "a"\ndynamic = ["dependencies"]\n')
        ),
        gap="are made when it is built",
    ),
    Situation(
        "not of its kind",
        "dependencies/audit",
        write(("pyproject.toml", "[tool.poetry]\ndependencies = [1]\n"), ("requirements.txt", PINS)),
        "requirements.txt",
        "cannot be parsed",
    ),
    Situation(
        "another language",
        "dependencies/audit",
        write(("requirements.txt", "harmless==2.0\n"), ("go.mod", "")),
        gap="packages of Go",
    ),
)
