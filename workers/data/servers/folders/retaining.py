"""Retaining: which snapshots would go by restic's own rule, how old those are that stay, and whether they restore."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from .folder_results import Aged, Going, Overview, RetentionPlan
from .keeping import prove
from .restic import Restic

#: Characters of an id by which people name a snapshot.
_SHORT = 8


def plan_retention(restic: Restic, keep_last: int, keep_days: int) -> RetentionPlan:
    """What `restic forget` would take away, of each folder of each host; nothing is taken away.

    Raises:
        ToolError: there is no such repository.
    """
    _there(restic)
    args = ["--keep-last", str(keep_last), *(["--keep-within", f"{keep_days}d"] if keep_days else [])]
    groups = json.loads(restic.run("forget", "--dry-run", "--json", "--group-by", "host,paths", *args)[1] or "[]") or []
    gone = [
        Going(snapshot=one["id"], made_at=one["time"][:19], folder=_shown(one["paths"]), host=one.get("hostname", ""))
        for group in groups for one in group.get("remove") or []
    ]  # fmt: skip
    gone.sort(key=lambda one: (one.folder, one.made_at))
    kept = [one["id"] for group in groups for one in group.get("keep") or []]
    return RetentionPlan(
        items=[
            Item(kind="destroy", what=f"snapshot {one.snapshot[:_SHORT]} of {one.folder}", detail=f"made {one.made_at}")
            for one in gone
        ],
        counts={"gone": len(gone), "kept": len(kept)},
        count=len(gone),
        gone=gone,
        kept=len(kept),
        digest=named(restic.repository, sorted(one.snapshot for one in gone), sorted(kept)),
    )


def overview(restic: Restic, max_age_days: float, proving: bool, job: Job) -> Overview:
    """The newest snapshot of every folder: how old it is, and, if asked, whether it restores as it was noted.

    Raises:
        ToolError: there is no such repository.
    """
    _there(restic)
    by_folder: dict[str, list[str]] = {}
    newest = {}
    for one in restic.snapshots():
        by_folder.setdefault(_shown(one.paths), []).append(one.id)
        newest[_shown(one.paths)] = one
    findings, gaps, rows = [], [], []
    for folder, snapshot in newest.items():
        age = datetime.now(UTC) - _moment(snapshot.time)
        proof = "not tried"
        if proving and job.out_of_time:
            gaps.append(f"{folder}: no time to prove it")
        elif proving:
            told = prove(restic, snapshot.paths[0], snapshot.id, job)
            proof = {"pass": "restores as it was", "fail": "IS NOT WHAT WAS BACKED UP"}.get(told.status, "not noted")
            findings += told.findings
            gaps += [f"{folder}: {gap}" for gap in told.coverage.gaps]
        if age > timedelta(days=max_age_days):
            said = f"its newest snapshot is {age.days} days old; {max_age_days:g} are allowed"
            findings.append(Finding(rule="too-old", title="Backup too old", severity="high", file=folder, detail=said))
        days = round(age.total_seconds() / 86_400, 1)
        rows.append(Aged(folder=folder, newest=snapshot.id, made_at=snapshot.time[:19], age_days=days,
                         snapshots=len(by_folder[folder]), proof=proof))  # fmt: skip
    covered = Coverage(checks=len(rows), gaps=gaps)
    base = conclude("backups of folders", printable(restic.repository), findings, covered, looked=bool(rows))
    return Overview(**base.model_dump(), backups=rows)


def _there(restic: Restic) -> None:
    if not restic.exists():
        raise ToolError(f"`{printable(restic.repository)}` is no repository of restic: name where the backups are")


def _shown(paths: list[str]) -> str:
    return printable(", ".join(map(str, map(Path, paths))))


def _moment(text: str) -> datetime:
    """A time of restic, whose seconds have nine places."""
    head, _, zone = text.partition(".")
    offset = next((zone[at:] for at in range(len(zone)) if zone[at] in "+-Z"), "+00:00")
    return datetime.fromisoformat(f"{head}{offset}" if zone else head).astimezone(UTC)
