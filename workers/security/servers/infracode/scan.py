"""Runs the scanners over copies of a folder's infrastructure code.

Copies, because a scanner obeys settings it finds beside what it reads, and those can name programs to run. Only the
files to look at are copied, under names of ours (`copies`), and the scanners see nothing else of the machine.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from workers.inspection.archives import note_packed
from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import (
    Coverage,
    Finding,
    ScanResult,
    Suppressed,
    conclude,
    note_skipped,
    note_suppressed,
)
from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Repository, Skipped
from workers.inspection.text import decoded

from .checkov import CHECKOV_KINDS, run_checkov
from .copies import Batch, Copies
from .kinds import Kind, has_checks, kind_by_content, kind_by_name, unread
from .scanner import Said, Scanner, Unusable, same
from .zizmor import ZIZMOR_KINDS, run_zizmor

#: Infrastructure files of one scan; a folder with more is covered in part.
MAX_COPIED = 2_000
#: What is told apart, and looked at by none of the scanners.
_UNSCANNED: dict[Kind, str] = {"compose": "a compose file", "arm": "a template of Azure's"}
_FIX = "run `aether-agent servers install infracode`"
_SCANNERS: Sequence[tuple[str, tuple[Kind, ...], Scanner]] = (
    ("zizmor", ZIZMOR_KINDS, run_zizmor),
    ("checkov", CHECKOV_KINDS, run_checkov),
)


def scan_infrastructure(repository: Repository, job: Job, honour: bool = False) -> ScanResult:
    """Scan a folder. `honour`: what the files themselves suppress is left out of the findings.

    Raises:
        Stopped: the job is no longer wanted.
    """
    with tempfile.TemporaryDirectory(prefix="infracode-") as name:
        scan = _Scan(job, honour, Path(name))
        kinds = scan.copy(repository)
        scan.look()
    coverage = scan.coverage
    coverage.files = len(scan.looked)
    if not kinds and not coverage.gaps:
        coverage.gaps.append("no infrastructure code that it knows")
    note_skipped(coverage, scan.skipped)
    what = "infrastructure code (checkov, zizmor)"
    return conclude(what, repository.shown, scan.findings, coverage, looked=bool(scan.looked))


class _Scan:
    """One scan."""

    def __init__(self, job: Job, honour: bool, folder: Path) -> None:
        self.coverage, self.skipped, self.findings = Coverage(), list[Skipped](), list[Finding]()
        self.looked: set[str] = set()
        self._job, self._honour, self._copies = job, honour, Copies(folder)

    def copy(self, repository: Repository) -> int:
        """Copy what is infrastructure code; how many files of it there are."""
        found, entries = 0, list(repository.files(self.skipped))
        note_packed(repository, entries, self.skipped)
        for entry in entries:
            kind = kind_by_name(entry.path)
            if what := unread(entry.path):
                found += 1
                self._leave(entry.path, f"{what}: no scanner for it yet")
                continue
            if kind is None:
                continue
            if entry.size > MAX_FILE_BYTES:
                self._leave(entry.path, f"larger than {MAX_FILE_BYTES >> 20} MiB")
                continue
            try:
                with repository.open(entry.path) as file:
                    content = _text(file.read(MAX_FILE_BYTES))
            except OSError as error:
                self._leave(entry.path, f"cannot be read: {error.strerror or error}")
                continue
            known = kind_by_content(content) if kind == "perhaps" else kind
            if known is None:
                continue
            found += 1
            if known in _UNSCANNED:
                self._leave(entry.path, f"{_UNSCANNED[known]}: no scanner for it yet")
            elif self._copies.count >= MAX_COPIED:
                self._leave(entry.path, f"beyond the bound of {MAX_COPIED} files")
            else:
                self._copies.add(entry.path, known, content)
        self._job.progress(0.1, f"{self._copies.count} files")
        return found

    def look(self) -> None:
        """Run the scanners over the copies."""
        missing: dict[str, set[Kind]] = defaultdict(set)
        for batch in self._copies:
            for program, wanted, scanner in _SCANNERS:
                files = batch.of(wanted)
                kinds = sorted({batch.kinds[copy] for copy in files})
                if files and (found := shutil.which(program)) is None:
                    missing[program] |= set(kinds)
                elif files and found:
                    self._look_with(program, found, scanner, batch, files, kinds)
        for program, lost in missing.items():
            self.coverage.gaps.append(f"{_said(sorted(lost))}: {program} is not installed: {_FIX}")

    def _look_with(
        self, program: str, found: str, scanner: Scanner, batch: Batch, files: Sequence[str], kinds: Sequence[Kind]
    ) -> None:
        said = self._run(program, found, scanner, batch.folder, files, kinds)
        if said is None:
            return
        self.coverage.checks += said.checks
        for copy in files:
            original = batch.originals[copy]
            if copy in said.unread:
                self._leave(original, f"{program} cannot parse it")
            elif copy in said.looked or not has_checks(batch.kinds[copy], (batch.folder / copy).read_bytes()):
                self.looked.add(original)
            else:
                self._leave(original, f"{program} made no check of it")
        suppressing = [copy for copy in files if (batch.suppressing / copy).exists()]
        kept = self._run(program, found, scanner, batch.suppressing, suppressing, kinds) if suppressing else None
        open_to_all = {same(one) for one in kept.findings} if kept else set()
        for one in said.findings:
            taken_back = kept is not None and one.file in suppressing and same(one) not in open_to_all
            self._find(batch, one, program, taken_back=taken_back)
        for one in said.suppressed:  # in a way that was not seen: whether it would have been found is not known
            self._find(batch, one, program, taken_back=True, known=False)

    def _run(
        self, program: str, found: str, scanner: Scanner, folder: Path, files: Sequence[str], kinds: Sequence[Kind]
    ) -> Said | None:
        """What one scanner says; none when it could not, with the reason among the gaps."""
        try:
            return scanner(self._job, found, folder, files, kinds)
        except Beyond as bound:
            self.coverage.gaps.append(f"{_said(kinds)}: {program} went beyond the bound of {bound}")
        except Unusable as reason:
            self.coverage.gaps.append(f"{_said(kinds)}: {program} failed ({reason}): {_FIX}")
        return None

    def _find(self, batch: Batch, one: Finding, program: str, *, taken_back: bool, known: bool = True) -> None:
        """Add a finding, about the file instead of its copy, unless it is suppressed and that counts."""
        file = printable(batch.originals.get(one.file, one.file))
        placed = one.model_copy(update={"file": file, "detail": one.detail.replace(one.file, file)})
        if taken_back:
            how = f"what the file says to {program}"
            suppressed = Suppressed(rule=one.rule, file=file, line=one.line, how=how, honoured=self._honour)
            note_suppressed(self.coverage, [suppressed])
        if not taken_back or (known and not self._honour):
            self.findings.append(placed)
        elif not known and not self._honour:
            self._leave(file, f"{one.rule} is suppressed in a way that cannot be taken out of force")

    def _leave(self, path: str, why: str) -> None:
        self.skipped.append(Skipped(printable(path), why, True))


def _said(kinds: Sequence[Kind]) -> str:
    return ", ".join(kinds).replace("_", " ")


def _text(content: bytes) -> bytes:
    """A file in UTF-8, whatever Unicode it is in: scanners and suppressions alike are looked for in that.

    A byte that belongs to none is replaced: a scanner that cannot read one file may read none of those beside it.
    """
    return decoded(content).encode("utf-8", "replace")
