"""Kept: the backups of a folder, each with its age, what it is of, and whether it was ever proved."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field, ValidationError

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude
from workers.inspection.git import printable

from ..places import digest, existing, read, shown
from .backup_results import Unproved
from .manifest import ENDING, MAX_BYTES, Manifest, read_manifest

PROOF = ".proof.json"
#: Backups of one folder that are looked at.
MOST = 2_000


class Proved(BaseModel):
    """That a backup was restored into scratch and compared, beside the backup."""

    at: str = Field(description="When, in UTC.")
    status: str = Field(description="`pass` or `fail`.")
    rows: int = Field(default=0, description="Rows that were compared.")
    sha256: str = Field(description="Hash of the backup that was proved.")


class Kept(BaseModel):
    """One backup."""

    path: str = Field(description="Absolute path of the backup.")
    source: str = Field(description="What it is a backup of.")
    engine: str = Field(description="What kind of thing that is.")
    made_at: str = Field(description="When, in UTC.")
    age_days: float = Field(description="Its age in days.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Rows of all its tables.")
    sha256: str = Field(description="Its hash by its manifest.")
    whole: bool | None = Field(default=None, description="Whether it still has that hash; unknown where unread.")
    proved_at: str = Field(default="", description="When it was last restored into scratch and found the same.")


class Overview(ScanResult):
    """Age and proof of every backup of a folder."""

    backups: list[Kept] = Field(default_factory=list, description="Every backup, the newest first.")


def kept(folder: str) -> list[Kept]:
    """Every backup of a folder, the newest first.

    Raises:
        ToolError: it is no folder, or holds too many.
    """
    place = Path(folder)
    if not place.is_absolute() or not place.is_dir():
        raise ToolError(f"{shown(folder)} is no folder that is there: name the folder of the backups")
    found = [one for paper in sorted(place.glob(f"*{ENDING}"))[: MOST + 1] if (one := _kept(paper)) is not None]
    if len(found) > MOST:
        raise ToolError(f"{shown(folder)} has more than {MOST} backups: clean it up first")
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def newest(folder: str, database: str, as_of: str | None = None) -> Kept:
    """The newest backup of a database in a folder; of those that were made by a moment, where one is given.

    Raises:
        ToolError: there is none; the error says of what there are, or from when the oldest is.
    """
    every = kept(folder)
    own = _of(every, database)
    if not own:
        others = ", ".join(sorted({shown(one.source) for one in every})) or "nothing"
        raise ToolError(f"{shown(folder)} has no backup of {shown(database)}; it has backups of {others}")
    if as_of is None:
        return own[0]
    latest = _moment(as_of)
    found = next((one for one in own if _moment(one.made_at) <= latest), None)
    if found is None:
        oldest = own[-1].made_at
        raise ToolError(f"{shown(folder)} has no backup of {shown(database)} by {as_of}; the oldest is of {oldest}")
    return found


def _of(every: Sequence[Kept], database: str) -> list[Kept]:
    """Those of one database: by its path, else by its name."""
    wanted = Path(database)
    own = [one for one in every if Path(one.source) == wanted]
    return own or [one for one in every if Path(one.source).name == wanted.name]


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ToolError(f"{printable(text)} is no moment: write it as 2026-11-30T18:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def overview(folder: str, max_age_days: float, job: Job, database: str | None = None) -> Overview:
    """Age and proof of every backup, or of one database's; what is old, unproved, missing or corrupted is a finding.

    Raises:
        ToolError: it is no folder.
    """
    every = kept(folder) if database is None else _of(kept(folder), database)
    findings: list[Finding] = []
    latest: dict[str, Kept] = {}
    for number, one in enumerate(every):
        job.progress(number / len(every), one.path)
        file = Path(one.path)
        one.whole = file.is_file() and not file.is_symlink() and digest(file, job) == one.sha256
        latest.setdefault(one.source, one)
        if not one.whole:
            findings.append(_finding("corrupted", "critical", one, "it is not there, or not what its manifest says"))
    for one in latest.values():
        if one.age_days > max_age_days:
            findings.append(
                _finding("old", "high", one, f"the newest of {printable(one.source)}: {one.age_days:g} days")
            )
        if not one.proved_at:
            findings.append(_finding("unproved", "medium", one, "nobody has restored it into scratch and compared it"))
    covered = Coverage(files=len(every), lines=sum(one.rows for one in every))
    base = conclude("backups", printable(folder), findings, covered, looked=bool(every))
    proved = sum(bool(one.proved_at) for one in every)
    base.summary = (
        f"{len(every)} backups of {len(latest)} sources, {proved} proved"
        if every
        else f"there is no backup{f' of {printable(database)}' if database else ''}"
    )
    return Overview(**base.model_dump(), backups=every)


def note_proof(backup: Path, manifest: Manifest, status: str) -> None:
    """Write beside a backup that it was proved, or was not what it should be."""
    told = Proved(at=_now(), status=status, rows=manifest.rows, sha256=manifest.sha256)
    place = backup.with_name(backup.name + PROOF)
    place.write_text(told.model_dump_json(indent=1), encoding="utf-8")
    place.chmod(0o600)


def unprove(backup: str) -> Unproved:
    """Remove the note that a backup was proved.

    Raises:
        ToolError: there is no such backup.
    """
    file = existing(backup, "the backup")
    note = file.with_name(file.name + PROOF)
    there = note.is_file()
    note.unlink(missing_ok=True)
    return Unproved(removed=[str(note)] if there else [])


def _kept(paper: Path) -> Kept | None:
    backup = paper.with_name(paper.name.removesuffix(ENDING))
    try:
        manifest = read_manifest(backup)
        made = datetime.fromisoformat(manifest.made_at)
    except (ToolError, ValueError):
        return None  # no manifest of ours, or a damaged one: nothing is known of it
    age = (datetime.now(UTC) - made).total_seconds() / 86_400
    return Kept(
        path=str(backup),
        source=manifest.source,
        engine=manifest.engine,
        made_at=manifest.made_at,
        age_days=round(max(0.0, age), 2),
        bytes=manifest.bytes,
        rows=manifest.rows,
        sha256=manifest.sha256,
        proved_at=next(_proofs(backup, manifest), ""),
    )


def _proofs(backup: Path, manifest: Manifest) -> Iterator[str]:
    try:
        with read(backup.with_name(backup.name + PROOF)) as file:
            told = Proved.model_validate(json.loads(file.read(MAX_BYTES)))
    except (OSError, ValueError, ValidationError):
        return
    if told.status == "pass" and told.sha256 == manifest.sha256:
        yield told.at


def _finding(rule: str, severity: str, one: Kept, detail: str) -> Finding:
    titles = {"corrupted": "Backup corrupted or missing", "old": "Newest backup too old", "unproved": "Not proved"}
    name = printable(Path(one.path).name)
    return Finding(rule=rule, title=titles[rule], severity=severity, file=name, detail=printable(detail))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
