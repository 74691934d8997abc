"""Fixtures: what a template is tried on. A file that ships with it, at `templates/NAME/fixture.yaml`:

    description: A repository with a leaked key and an unsafe call   # what was planted, in a sentence
    files:                            # made in a fresh folder; a list is joined, so that no scanner finds a planted
      shop/app.py: "import os\\n"      # secret in the fixture itself
      shop/key.py: ['KEY = "AKIA', 'IOSFODNN7EXAMPLE"\\n']
    modes: {shop/app.py: "666"}       # permissions, octal
    repositories: [shop]              # folders that become git repositories with one commit of all that is in them
    changes: {shop/new.py: "", shop/app.py: null}   # written after that commit, so in none; null deletes
    inputs: {path: shop}              # of the template; paths are relative to the fresh folder
    approve: true                     # say yes to what the run asks (it works in the fresh folder)
    status: completed                 # how the task must end; `completed` if left out
    expect:                           # what must be found in {status, degraded, error, outputs, subtasks: {ID: output},
      - {path: outputs.status, value: fail}                     # files: {PATH: text}} after the run
      - {path: 'subtasks.secrets.findings', op: contains, value: …}
    undo: true                        # then undo it: every file, branch and HEAD must be as before the run
    drift: {shop/app.py: "other\n"}   # then once more, this being written between the preview and the yes: it must be
                                      # refused by name, and nothing else be touched; null deletes

Whatever else is needed (a CSV, a damaged backup) lies in `templates/NAME/files/` and is copied into the fresh folder
first. A fixture may name nothing outside the fresh folder. `aether-agent templates test NAME` runs it.
"""

import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import quote

from pydantic import Field, field_validator

from aether_agents.contracts import Contract, Expect, InputSpec, Json, Template, meets
from aether_agents.documents.document import read_document
from aether_agents.documents.model_check import read_as
from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import read_regular

NAME = "fixture.yaml"
FILES = "files"
#: How a SQLite file begins.
_SQLITE = b"SQLite format 3\0"
#: Longest file whose text is looked at after a run, in bytes.
MAX_TEXT = 1 << 20
#: Bytes of one file that is compared.
_MAX_FILE = 256 << 20


class Fixture(Contract):
    """What a template is tried on, and what must come of it."""

    description: str = Field(description="What was planted, in a sentence.")
    files: dict[str, str | tuple[str, ...]] = Field(default_factory=dict, description="Text by path; a list is joined.")
    modes: dict[str, str] = Field(default_factory=dict, description="Permission bits by path, octal.")
    repositories: tuple[str, ...] = Field(default=(), description="Folders that become git repositories.")
    changes: dict[str, str | None] = Field(
        default_factory=dict, description="Text by path, written after the commit; null deletes the file."
    )
    inputs: dict[str, Json] = Field(default_factory=dict, description="Inputs; paths relative to the fresh folder.")
    approve: bool = Field(default=False, description="Whether what the run asks is answered with yes.")
    status: Literal["completed", "failed"] = Field(default="completed", description="How the task must end.")
    expect: tuple[Expect, ...] = Field(min_length=1, description="What must be found after the run.")
    drift: dict[str, str | None] = Field(
        default_factory=dict, description="Text by path, written between preview and yes in a run of its own."
    )
    recorded: dict[str, Json] = Field(
        default_factory=dict,
        description="Results by subtask: nothing is called then, and each call is looked at with these in its place.",
    )
    undo: bool = Field(default=False, description="Whether undoing must leave everything as before the run.")

    @field_validator("files", "modes", "repositories", "changes", "drift")
    @classmethod
    def _inside(cls, value: Mapping[str, object] | tuple[str, ...]) -> object:
        for path in value:
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise ValueError(f"`{path}` must lie inside the fresh folder")
        return value


class Judged(NamedTuple):
    """One expectation, and whether it was met."""

    expect: Expect
    met: bool


def read_fixture(place: Path, template: Template) -> Fixture:
    """The fixture of a template whose file lies in the folder `place`.

    Raises:
        InvalidSettings: it has none, or it is wrong; the error has file and line.
    """
    path = place / template.name / NAME
    if not path.is_file():
        raise InvalidSettings(f"`{template.name}` ships with no fixture: write {path}")
    document = read_document(path)
    fixture = read_as(Fixture, document)
    for name, value in fixture.inputs.items():
        spec = template.inputs.get(name)
        if spec is None:
            raise InvalidSettings(document.fault(("inputs", name), f"`{template.name}` has no such input"))
        for text in _paths(spec, value):
            if PurePosixPath(text).is_absolute() or ".." in PurePosixPath(text).parts:
                raise InvalidSettings(document.fault(("inputs", name), "must lie inside the fresh folder"))
    return fixture


def plant(fixture: Fixture, beside: Path, folder: Path) -> None:
    """Make what a template is tried on, in a fresh folder. `beside` is the fixture's own folder.

    Raises:
        InvalidSettings: git is not there, or something cannot be written.
    """
    try:
        if (beside / FILES).is_dir():
            shutil.copytree(beside / FILES, folder, dirs_exist_ok=True, symlinks=True)
        for path, text in fixture.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes((text if isinstance(text, str) else "".join(text)).encode())
        for path, mode in fixture.modes.items():
            (folder / path).chmod(int(mode, 8))
        for path in fixture.repositories:
            _commit(folder / path)
        for path, change in fixture.changes.items():
            _change(folder / path, change)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise InvalidSettings(f"{beside / NAME}: cannot be planted: {error}") from None


def drift(fixture: Fixture, folder: Path) -> None:
    """Change what was previewed, as somebody else would.

    Raises:
        InvalidSettings: something cannot be written.
    """
    try:
        for path, text in fixture.drift.items():
            _change(folder / path, text)
    except OSError as error:
        raise InvalidSettings(f"the drift of the fixture cannot be written: {error}") from None


def judge(fixture: Fixture, seen: Json) -> list[Judged]:
    """Each expectation, held against what the run left."""
    return [Judged(expect, meets(expect, seen)) for expect in fixture.expect]


def texts(folder: Path) -> dict[str, Json]:
    """The text of every file that is one, by path; git's own folders are left out."""
    return {
        path: read_regular(folder / path, MAX_TEXT).decode("utf-8", "replace")
        for path in _files(folder)
        if ".git" not in PurePosixPath(path).parts and (folder / path).stat().st_size <= MAX_TEXT
    }


def state(folder: Path) -> dict[str, str]:
    """What undoing must bring back: every file with its mode; of git, where it stands and what branches there are."""
    found: dict[str, str] = {}
    for path in _files(folder):
        parts = PurePosixPath(path).parts
        inside = parts[parts.index(".git") + 1 :] if ".git" in parts else ()
        if inside and inside != ("HEAD",) and inside[:2] != ("refs", "heads"):
            continue  # objects and logs grow; nobody looks there for his work
        found[path] = f"{stat.S_IMODE((folder / path).stat().st_mode):o} {_content(folder / path)}"
    return found


def _content(path: Path) -> str:
    """The bytes of a file; of a SQLite file its schema and rows, for no change of it brings the same pages back."""
    content = read_regular(path, _MAX_FILE)
    if not content.startswith(_SQLITE):
        return content.hex()
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
        return "\n".join(database.iterdump())


def _files(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix()


def _paths(spec: InputSpec, value: Json) -> list[str]:
    own = spec.items if spec.type == "array" and spec.items is not None else spec
    if own.format != "path":
        return []
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _change(place: Path, text: str | None) -> None:
    if text is None:
        place.unlink()
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode())


def _commit(folder: Path) -> None:
    """One commit of all there is, by nobody in particular, whatever this machine's git is told to do."""
    folder.mkdir(parents=True, exist_ok=True)
    who = {"GIT_AUTHOR_NAME": "fixture", "GIT_AUTHOR_EMAIL": "fixture@localhost"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    environment = {**who, "PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_GLOBAL": os.devnull,
                   "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}  # fmt: skip
    steps = (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "fixture"),
        ("config", "user.email", "fixture@localhost"),
        ("add", "--all"),
        ("commit", "--quiet", "--allow-empty", "-m", "planted"),
    )
    for step in steps:
        subprocess.run(["git", *step], cwd=folder, env=environment, check=True, capture_output=True, timeout=60)
