"""Python code: linted, measured, and what of it could only be measured in part."""

from collections.abc import Sequence
from typing import Any

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, Suppressed, note_suppressed
from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository, Skipped

from .alone import in_chunks, measured
from .lint import SYNTAX, lint, lint_text
from .sources import decoded, is_python_2, sort_out

#: Files in an encoding of their own that are linted one by one.
MAX_DECLARED = 200


class PythonCode:
    """The Python code of a folder."""

    def __init__(self, repository: Repository, job: Job, coverage: Coverage, honour: bool) -> None:
        self.findings: list[Finding] = []
        self.measured: list[dict[str, Any]] = []
        self.paths: list[str] = []  #: files that can be read as Python
        self.skipped: list[Skipped] = []
        self._repository = repository
        self._job = job
        self._coverage = coverage
        self._honour = honour
        self._newer = self._older = 0

    def read(self, entries: Sequence[Entry]) -> None:
        """Lint and measure some files.

        Raises:
            ToolError: ruff or radon failed.
            Stopped: the job is no longer wanted.
        """
        sources = sort_out(self._repository, entries, python=True)
        self.findings += sources.findings
        self._coverage.files += len(sources.findings)
        self.paths = [*sources.plain, *sources.declared]
        in_chunks(self._job, sources.plain, "Python", self._coverage.gaps, self._plain)
        declared = list(sources.declared)[:MAX_DECLARED]
        in_chunks(self._job, declared, "Python", self._coverage.gaps, self._declared)
        if len(sources.declared) > MAX_DECLARED:
            lost = len(sources.declared) - MAX_DECLARED
            self._coverage.gaps.append(f"{lost} Python files in an encoding of their own: beyond the bound")
        self._note(self._older, "of Python 2", "Python 2 is measured for complexity and size only")
        why = "newer than the Python that reads it: no maintainability, no unused code"
        self._note(self._newer, "of Python in newer syntax", why)

    def kept(self, found: Sequence[Finding], taken_back: Sequence[Finding], how: str) -> list[Finding]:
        """What of the findings counts; what the repository takes back is listed."""
        for one in taken_back:
            suppressed = Suppressed(rule=one.rule, file=one.file, line=one.line, how=how, honoured=self._honour)
            note_suppressed(self._coverage, [suppressed])
        left_out = {id(one) for one in taken_back} if self._honour else set()
        return [one for one in found if id(one) not in left_out]

    def _plain(self, paths: Sequence[str]) -> None:
        found, taken_back = lint(self._repository, self._job, paths)
        self._measure(paths, self.kept(found, taken_back, "`# noqa`"))

    def _declared(self, paths: Sequence[str]) -> None:
        found: list[Finding] = []
        for path in paths:
            text = decoded(self._content(path))
            found += self.kept(*lint_text(self._repository, self._job, path, text), "`# noqa`")
        self._measure(paths, found)

    def _measure(self, paths: Sequence[str], found: list[Finding]) -> None:
        told = measured("measure.py", self._repository, self._job, paths)
        failed = [item["path"] for item in told if item.get("error") == "SyntaxError"]
        broken = {one.file for one in found if one.rule == SYNTAX}
        older = {path for path in failed if printable(path) in broken and is_python_2(decoded(self._content(path)))}
        self.findings += once(found, {printable(path) for path in older})
        self._older += len(older)
        self._newer += sum(printable(path) not in broken for path in failed)
        for item in told:
            if item["path"] not in failed:
                self._enter(item)
        for item in measured("measure_tokens.py", self._repository, self._job, failed) if failed else []:
            self._enter(item)

    def _enter(self, item: dict[str, Any]) -> None:
        if "error" in item:
            why = f"cannot be parsed: {item['error']}"
            self.skipped.append(Skipped(printable(item["path"]), why, True))
            return
        self.measured.append(item)
        self._coverage.files += 1
        self._coverage.lines += item["lines"]

    def _content(self, path: str) -> bytes:
        try:
            with self._repository.open(path) as file:
                return file.read(MAX_FILE_BYTES)
        except OSError:
            return b""

    def _note(self, count: int, what: str, why: str) -> None:
        if count:
            self.skipped.append(Skipped(f"({count} file{'' if count == 1 else 's'} {what})", why, True))


def once(found: Sequence[Finding], without: set[str]) -> list[Finding]:
    """Findings with one fault of syntax a file, and none of files that are of another Python."""
    seen: set[str] = set()
    kept: list[Finding] = []
    for one in found:
        if one.file in without:
            continue
        if one.rule == SYNTAX:
            if one.file in seen:
                continue
            seen.add(one.file)
        kept.append(one)
    return kept
