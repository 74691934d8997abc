"""Backing up, restoring and proving folders: what the tools of `folders` do."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from .folder_results import Backed, Gone, Proof, Restored, RestorePlan
from .restic import Restic, Snapshot
from .tree_digest import Tree, tree_of

#: Times that a folder is read again that was written to while it was backed up.
TRIES = 3


def back_up(restic: Restic, folder: Path, job: Job) -> Backed:
    """A snapshot of a folder as it was at one moment.

    Raises:
        ToolError: it cannot be read whole, or is written to all the time: no snapshot stays.
    """
    if not folder.is_dir():
        raise ToolError(f"`{printable(str(folder))}` is no folder")
    if restic.repository.startswith("/") and Path(restic.repository).is_relative_to(folder):
        raise ToolError("the repository lies in the folder that is backed up: name another place (`repository`)")
    before = tree_of(folder, job)
    if not restic.exists():
        restic.make()
    for _ in range(TRIES):
        snapshot, code = restic.back_up(folder, before.digest)
        after = tree_of(folder, job)
        if code == 0 and after == before:
            return Backed(repository=restic.repository, snapshot=snapshot, files=before.files, bytes=before.bytes,
                          digest=before.digest)  # fmt: skip
        restic.forget(snapshot)
        if code:
            raise ToolError(
                "restic could not read all of it: no snapshot stays. Run it as somebody who may read it all"
            )
        before = after
    raise ToolError(f"`{printable(str(folder))}` is written to all the time: stop what writes, no snapshot stays")


def plan_restore(restic: Restic, folder: str, target: str | None) -> RestorePlan:
    """Which snapshot, the newest, would become which new folder.

    Raises:
        ToolError: there is none, or the target is there already.
    """
    found = _chosen(restic, folder, None)
    place = Path(target) if target else Path(f"{folder.rstrip('/')}-restored")
    if place.exists() or place.is_symlink():
        raise ToolError(f"`{printable(str(place))}` is there already: move it away, or name another folder (`target`)")
    code, out = restic.run("stats", "--json", found.id)
    size, count = _stats(out) if code == 0 else (0, 0)
    told = f"{count:,} entries, {size:,} bytes, as of {found.time[:19]}"
    return RestorePlan(
        items=[Item(kind="create", what=f"folder {printable(str(place))}", detail=told)],
        counts={"entries": count, "bytes": size},
        digest=named(found.id, str(place)),
        snapshot=found.id,
        made_at=found.time,
        target=str(place),
    )


def restore(restic: Restic, snapshot: str, target: Path, job: Job) -> Restored:
    """A new folder from a snapshot, at once or not at all.

    Raises:
        ToolError: the target is there, or the disk is full: nothing stays.
    """
    if target.exists() or target.is_symlink():
        raise ToolError(f"`{printable(str(target))}` is there already: nothing is restored over what is there")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        restic.restore(restic.snapshot(snapshot), target)
    except OSError as error:
        raise ToolError(f"`{printable(str(target))}` cannot be made: {error.strerror}. Nothing of it stays") from None
    tree = tree_of(target, job)
    return Restored(snapshot=snapshot, target=str(target), files=tree.files, digest=tree.digest)


def unrestore(target: Path, digest: str, job: Job) -> Gone:
    """The restored folder goes again, if it is still what was restored.

    Raises:
        ToolError: somebody has changed it.
    """
    if not target.exists():
        return Gone(removed="")
    if tree_of(target, job).digest != digest:
        raise ToolError(f"`{printable(str(target))}` has changed since it was restored: it stays")
    shutil.rmtree(target)
    return Gone(removed=str(target))


def discard(restic: Restic, snapshot: str) -> Gone:
    """One snapshot goes."""
    if not any(one.id == snapshot for one in restic.snapshots()):
        return Gone(removed="")
    restic.forget(snapshot)
    return Gone(removed=snapshot)


def prove(restic: Restic, folder: str, snapshot: str | None, job: Job) -> Proof:
    """Restore into scratch, compare with what was noted when the snapshot was made, and drop the scratch."""
    found = _chosen(restic, folder, snapshot)
    with TemporaryDirectory(prefix="aether-proof-") as scratch:
        restic.restore(found, Path(scratch) / "proof")
        return _proof(restic, found, tree_of(Path(scratch) / "proof", job))


def verify(restic: Restic, snapshot: str, target: Path, job: Job) -> Proof:
    """Compare a restored folder with what was noted when its snapshot was made."""
    return _proof(restic, restic.snapshot(snapshot), tree_of(target, job))


def _proof(restic: Restic, snapshot: Snapshot, tree: Tree) -> Proof:
    findings = []
    if snapshot.digest and snapshot.digest != tree.digest:
        told = "its names, contents, modes or links are not those of the folder that was backed up"
        findings.append(
            Finding(
                rule="differs", title="Not what was backed up", severity="critical", file=snapshot.paths[0], detail=told
            )
        )
    gaps = [] if snapshot.digest else ["another program made this snapshot: nobody noted what the folder was"]
    covered = Coverage(files=tree.files, gaps=gaps)
    base = conclude("folder against its snapshot", printable(restic.repository), findings, covered, looked=True)
    return Proof(**base.model_dump(), snapshot=snapshot.id)


def _chosen(restic: Restic, folder: str, snapshot: str | None) -> Snapshot:
    if not restic.exists():
        raise ToolError(f"`{printable(restic.repository)}` is no repository of restic: name where the backups are")
    if snapshot:
        return restic.snapshot(snapshot)
    found = restic.snapshots(folder.rstrip("/") or "/")
    if not found:
        others = sorted({path for one in restic.snapshots() for path in one.paths})
        told = ", ".join(map(printable, others[:5])) or "nothing"
        raise ToolError(
            f"`{printable(restic.repository)}` has no backup of {printable(folder)}; it has backups of {told}"
        )
    return found[-1]


def _stats(out: str) -> tuple[int, int]:
    told = json.loads(out)
    return int(told.get("total_size", 0)), int(told.get("total_file_count", 0))
