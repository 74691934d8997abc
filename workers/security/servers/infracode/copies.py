"""Copies: the infrastructure code of a folder under names of ours, in batches that a scanner takes at once.

A scanner obeys settings, checks and suppressions that it finds beside what it reads, by their names. So nothing keeps
its name: a file is called by its number, and a folder keeps its own only where it is a plain word. What suppresses
findings inside a file is taken out of force in its copy, letter for letter, so that every line stays where it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .kinds import Kind

#: Files of one batch: each file may have a hundred checks, and a scanner writes all of them down. Terraform's are one
#: batch, since they refer to each other by their folders.
BATCH = 150
_PLAIN_FOLDER = re.compile(r"(?!d[0-9]+$)[A-Za-z0-9][A-Za-z0-9-]*")
_ENDINGS = {"terraform": (".tf",), "cloudformation": (".yaml", ".yml", ".json", ".template")}
_ANY = (".yaml", ".yml", ".json")
#: What takes findings back: comments of checkov and zizmor, annotations of manifests, metadata of resources.
_SUPPRESSION = re.compile(rb"(?i)((?:checkov|bridgecrew|cortex)(?::|\.io/))s(?=kip)")
_IGNORED = re.compile(rb"(?i)(zizmor:[ \t]*)i(?=gnore)")
_METADATA = re.compile(rb"\b(?:checkov|bridgecrew)(?=[\"']?[ \t]*:)")
_OUT_OF_FORCE = {b"checkov": b"checko_", b"bridgecrew": b"bridgecre_"}


@dataclass
class Batch:
    """Files that are scanned in one run."""

    folder: Path  #: the copies, out of whose suppressions the force is taken
    suppressing: Path  #: those copies again that suppress something, as they are
    originals: dict[str, str] = field(default_factory=dict)  #: the file by the path of its copy
    kinds: dict[str, Kind] = field(default_factory=dict)  #: what it is, by the path of its copy
    suppresses: bool = False  #: whether any file suppresses something

    def of(self, kinds: tuple[Kind, ...]) -> list[str]:
        """The copies of these kinds."""
        return sorted(copy for copy, kind in self.kinds.items() if kind in kinds)


class Copies:
    """The copies below a folder, which is empty before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._batches: dict[str, list[Batch]] = {}
        self._folders: dict[tuple[str, str], str] = {}
        self.count = 0

    def __iter__(self) -> Iterator[Batch]:
        for batches in self._batches.values():
            yield from batches

    def add(self, path: str, kind: Kind, content: bytes) -> None:
        """Copy one file."""
        self.count += 1
        batch = self._batch("terraform" if kind == "terraform" else "others")
        copy = self._name(path, kind)
        neutral = _IGNORED.sub(rb"\1_", _SUPPRESSION.sub(rb"\1_", content))
        if kind == "cloudformation":
            neutral = _METADATA.sub(lambda found: _OUT_OF_FORCE[found[0]], neutral)
        _write(batch.folder / copy, neutral)
        if neutral != content:
            batch.suppresses = True
            _write(batch.suppressing / copy, content)
        batch.originals[copy], batch.kinds[copy] = path, kind

    def _batch(self, group: str) -> Batch:
        batches = self._batches.setdefault(group, [])
        if not batches or (group == "others" and len(batches[-1].originals) >= BATCH):
            place = self._folder / f"{group}{len(batches)}"
            batches.append(Batch(place / "read", place / "suppressing"))
            batches[-1].folder.mkdir(parents=True)
            batches[-1].suppressing.mkdir()
        return batches[-1]

    def _name(self, path: str, kind: Kind) -> str:
        """What a copy is called: a name that says what it is, and nothing else."""
        pure, number = PurePosixPath(path), f"f{self.count}"
        if kind == "github_actions":
            return f".github/workflows/{number}.yml"
        if kind == "github_action":
            return f"{number}/action.yml"
        if kind == "dockerfile":
            return f"{number}.Dockerfile"
        endings = _ENDINGS.get(kind, _ANY)
        ending = pure.suffix if pure.suffix in endings else endings[0]
        return str(PurePosixPath(self._folder_of(pure.parent), number + ending))

    def _folder_of(self, folder: PurePosixPath) -> PurePosixPath:
        made = PurePosixPath()
        for part in folder.parts:
            key = (str(made), part)
            named = part if _PLAIN_FOLDER.fullmatch(part) else f"d{len(self._folders)}"
            made /= self._folders.setdefault(key, named)
        return made


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
