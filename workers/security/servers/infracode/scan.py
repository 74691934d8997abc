"""Runs the scanners over copies of a folder's infrastructure code.

Copies, because a scanner obeys settings it finds beside what it reads, and those can name programs to run. Only the
files to look at are copied; a stranger's settings never are.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from workers.inspection.findings import Coverage, Finding, ScanResult, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.job import Beyond, Job
from workers.inspection.repository import MAX_FILE_BYTES, SKIPPED_FOLDERS, Repository, Skipped

from .checkov import CHECKOV_KINDS, run_checkov
from .kinds import Kind, kind_by_content, kind_by_name
from .scanner import Said, Unusable
from .zizmor import run_zizmor

#: Infrastructure files of one scan; a folder with more is covered in part.
MAX_COPIED = 2_000
_MEND = "run `aether-agent servers install infracode`"


def scan_infrastructure(repository: Repository, job: Job) -> ScanResult:
    """Scan a folder.

    Raises:
        Stopped: the job is no longer wanted.
    """
    coverage, skipped = Coverage(), list[Skipped]()
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as name:
        copies = Path(name)
        kinds = _copy(repository, copies, skipped)
        job.progress(0.1, f"{sum(len(paths) for paths in kinds.values())} files")
        for path in kinds.pop("compose", []):
            skipped.append(Skipped(printable(path), "a compose file: no scanner for it yet", True))
        looked: set[str] = set()
        for program, wanted, scanner in _SCANNERS:
            if paths := sorted(path for kind in wanted for path in kinds.get(kind, [])):
                said = _run(program, scanner, job, copies, [kind for kind in wanted if kinds.get(kind)], coverage)
                if said is None:
                    continue
                findings.extend(said.findings)
                coverage.checks += said.checks
                coverage.allowlisted += said.allowlisted
                skipped.extend(Skipped(path, f"{program} cannot parse it", True) for path in said.unread)
                looked.update(set(paths) - set(said.unread))
    coverage.files = len(looked)
    if not kinds and not coverage.gaps:
        coverage.gaps.append("no infrastructure code that it knows")
    note_skipped(coverage, skipped)
    return conclude("infrastructure code (checkov, zizmor)", repository.shown, findings, coverage, looked=bool(looked))


def _copy(repository: Repository, copies: Path, skipped: list[Skipped]) -> dict[Kind, list[str]]:
    """Copy what is infrastructure code, by its kind."""
    kinds: dict[Kind, list[str]] = defaultdict(list)
    count = 0
    for entry in repository.files(skipped):
        kind = None if SKIPPED_FOLDERS & set(entry.path.split("/")[:-1]) else kind_by_name(entry.path)
        if kind is None:
            continue
        if entry.size > MAX_FILE_BYTES:
            skipped.append(Skipped(printable(entry.path), f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
            continue
        try:
            with repository.open(entry.path) as file:
                content = file.read(MAX_FILE_BYTES)
        except OSError as error:
            skipped.append(Skipped(printable(entry.path), f"cannot be read: {error.strerror or error}", True))
            continue
        known = kind_by_content(content) if kind == "perhaps" else kind
        if known is None:
            continue
        if count >= MAX_COPIED:
            skipped.append(Skipped(printable(entry.path), f"beyond the bound of {MAX_COPIED} files", True))
            continue
        count += 1
        kinds[known].append(entry.path)
        target = copies / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return kinds


def _run(
    program: str,
    scanner: Callable[[Job, str, Path, Sequence[Kind]], Said],
    job: Job,
    copies: Path,
    kinds: Sequence[Kind],
    coverage: Coverage,
) -> Said | None:
    """What one scanner says; none when it could not, with the reason among the gaps."""
    found = shutil.which(program)
    what = ", ".join(kinds).replace("_", " ")
    if found is None:
        coverage.gaps.append(f"{what}: {program} is not installed: {_MEND}")
        return None
    try:
        return scanner(job, found, copies, kinds)
    except Beyond as bound:
        coverage.gaps.append(f"{what}: {program} went beyond the bound of {bound}")
    except Unusable as reason:
        coverage.gaps.append(f"{what}: {program} failed ({reason}): {_MEND}")
    return None


_SCANNERS: Sequence[tuple[str, Sequence[Kind], Callable[[Job, str, Path, Sequence[Kind]], Said]]] = (
    ("zizmor", ("github_actions",), run_zizmor),
    ("checkov", CHECKOV_KINDS, run_checkov),
)
