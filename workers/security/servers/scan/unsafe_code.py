"""Unsafe Python code, as bandit sees it: run in the sandbox over the files of the folder, with nothing else to obey.

What a `# nosec` takes back is found all the same. Files that have one are looked at a second time as bandit does by
itself; what it then leaves out is what the repository suppresses.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import (
    Coverage,
    Finding,
    ScanResult,
    Severity,
    Suppressed,
    conclude,
    note_skipped,
    note_suppressed,
)
from workers.inspection.git import printable
from workers.inspection.python_files import python_files
from workers.inspection.repository import Repository, Skipped
from workers.inspection.suppression import mentions

#: Files given to one run of bandit: few runs, but progress between them.
CHUNK = 400

_SEVERITY: dict[str, Severity] = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low"}
#: Bandit's own words about these quote the password; ours do not.
_QUOTING = {"B105", "B106", "B107"}
#: That a module is imported, a program started without a shell, or `assert` used, is worth knowing and no fault.
_REMARKS = ("B101", "B40", "B41", "B603", "B607")
_Key = tuple[str, str, int, int]
_TRIAL_FOLDERS = {"test", "tests", "testing"}


def scan_code(repository: Repository, job: Job, honour: bool = False) -> ScanResult:
    """Scan the Python files of a folder. `honour`: what a `# nosec` takes back is left out of the findings.

    Raises:
        ToolError: bandit cannot be run.
        Stopped: the job is no longer wanted.
    """
    coverage, skipped = Coverage(), list[Skipped]()
    entries = python_files(repository, repository.files(skipped), skipped)
    findings: list[Finding] = []
    for start in range(0, len(entries), CHUNK):
        chunk = [entry.path for entry in entries[start : start + CHUNK]]
        job.progress(start / len(entries), f"file {start + 1} of {len(entries)}")
        try:
            report, taken_back = _look(repository, job, chunk)
        except Beyond as bound:
            lost = len(entries) - start if job.out_of_time else len(chunk)
            coverage.gaps.append(f"{lost} Python files: beyond the bound of {bound}")
            if job.out_of_time:
                break
            continue
        for finding, item in _findings(report):
            if suppressed := _key(item) in taken_back:
                note_suppressed(coverage, [_suppressed(finding, honour)])
            findings += [] if suppressed and honour else [finding]
        errors = [error for error in report.get("errors", ()) if isinstance(error, dict)]
        skipped.extend(Skipped(_relative(e), f"cannot be parsed: {_reason(e)}", True) for e in errors)
        unseen = _unseen(report, chunk, {_relative(error) for error in errors})
        skipped.extend(Skipped(printable(path), "bandit passed over it", True) for path in unseen)
        coverage.files += len(chunk) - len(errors) - len(unseen)
        coverage.lines += int(report.get("metrics", {}).get("_totals", {}).get("loc", 0))
    note_skipped(coverage, skipped)
    return conclude("unsafe Python code (bandit)", repository.shown, findings, coverage, looked=coverage.files > 0)


def _look(repository: Repository, job: Job, paths: Sequence[str]) -> tuple[dict[str, Any], set[_Key]]:
    """Bandit's report with everything in it, and what of that the files take back."""
    report = _bandit(repository, job, paths, "--ignore-nosec")
    marked = [path for path in paths if mentions(repository, path, b"nosec")]
    if not marked:
        return report, set()
    whole = {_relative(item) for item in ({"filename": path} for path in marked)}
    left = {_key(item) for item in _bandit(repository, job, marked).get("results", ())}
    found = {_key(item) for item in report.get("results", ()) if _relative(item) in whole}
    return report, found - left


def _unseen(report: dict[str, Any], paths: Sequence[str], errors: set[str]) -> list[str]:
    """Files that bandit was given and says nothing of, not even that they hold nothing."""
    seen = {_relative({"filename": name}) for name in report.get("metrics", {})} | errors
    return [path for path in paths if _relative({"filename": path}) not in seen]


def _key(item: dict[str, Any]) -> _Key:
    return str(item["test_id"]), _relative(item), int(item["line_number"]), int(item.get("col_offset", 0))


def _suppressed(finding: Finding, honour: bool) -> Suppressed:
    return Suppressed(rule=finding.rule, file=finding.file, line=finding.line, how="`# nosec`", honoured=honour)


def _bandit(repository: Repository, job: Job, paths: Sequence[str], *more: str) -> dict[str, Any]:
    # -I: the folder is a stranger's, and a `bandit.py` or `ast.py` in it must not be imported.
    command = [sys.executable, "-I", "-m", "bandit", "--quiet", "--exit-zero", "--format", "json", *more]
    # Bandit passes over folders such as `.tox` unless it is told others; a file in them was named all the same.
    command += ["--exclude", "/nowhere-at-all"]
    done = job.confined([*command, *(f"./{path}" for path in paths)], repository.folder)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ToolError(
            f"bandit failed ({printable(reason[0]) if reason else f'exit code {done.returncode}'}): "
            f"check it with `{sys.executable} -m bandit --version`"
        ) from None
    return dict(report)


def _findings(report: dict[str, Any]) -> Iterator[tuple[Finding, dict[str, Any]]]:
    for item in report.get("results", ()):
        rule, path = str(item["test_id"]), _relative(item)
        trial = bool(_TRIAL_FOLDERS & set(path.lower().split("/")[:-1]))
        if rule == "B101" and trial:
            continue  # `assert` is what tests are made of
        severity = _SEVERITY.get(item["issue_severity"], "low")
        if severity == "low" and (rule.startswith(_REMARKS) or trial):
            severity = "info"
        text = "Possible hard-coded password." if rule in _QUOTING else printable(item["issue_text"])
        confidence = str(item["issue_confidence"]).lower()
        found = Finding(
            rule=rule,
            title=_title(rule, str(item["test_name"])),
            severity=severity,
            file=path,
            line=int(item["line_number"]),
            detail=f"{text.rstrip('.')} (confidence {confidence}).",
            help=item.get("more_info"),
        )
        yield found, item


def _title(rule: str, name: str) -> str:
    """What a rule is about; bandit calls all its lists of calls and modules `blacklist`."""
    if name == "blacklist":
        return "Risky import" if rule.startswith("B4") else "Risky call"
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _relative(item: dict[str, Any]) -> str:
    return printable(os.path.normpath(str(item["filename"])))


def _reason(error: dict[str, Any]) -> str:
    return printable(str(error.get("reason", "no reason given")), 120)
