"""Unsafe Python code, as bandit sees it: run as a program of its own over the files of the folder, nothing else."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.findings import Coverage, Finding, ScanResult, Severity, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.job import Beyond, Job
from workers.inspection.repository import MAX_FILE_BYTES, SKIPPED_FOLDERS, Entry, Repository, Skipped

#: Files given to one run of bandit: few runs, but progress between them.
CHUNK = 400

_SEVERITY: dict[str, Severity] = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low"}
#: Bandit's own words about these quote the password; ours do not.
_QUOTING = {"B105", "B106", "B107"}
#: That a module is imported, a program started without a shell, or `assert` used, is worth knowing and no fault.
_REMARKS = ("B101", "B40", "B41", "B603", "B607")
_TRIAL_FOLDERS = {"test", "tests", "testing"}


def scan_code(repository: Repository, job: Job) -> ScanResult:
    """Scan the Python files of a folder.

    Raises:
        ToolError: bandit cannot be run.
        Stopped: the job is no longer wanted.
    """
    coverage, skipped = Coverage(), list[Skipped]()
    listed = list(repository.files(skipped))
    entries = [entry for entry in listed if _wanted(entry, skipped)]
    findings: list[Finding] = []
    for start in range(0, len(entries), CHUNK):
        chunk = entries[start : start + CHUNK]
        job.progress(start / len(entries), f"file {start + 1} of {len(entries)}")
        try:
            report = _bandit(repository, job, [entry.path for entry in chunk])
        except Beyond as bound:
            lost = len(entries) - start if job.out_of_time else len(chunk)
            coverage.gaps.append(f"{lost} Python files: beyond the bound of {bound}")
            if job.out_of_time:
                break
            continue
        findings.extend(_findings(report))
        errors = [error for error in report.get("errors", ()) if isinstance(error, dict)]
        skipped.extend(Skipped(_relative(e), f"cannot be parsed: {_reason(e)}", True) for e in errors)
        coverage.files += len(chunk) - len(errors)
        totals = report.get("metrics", {}).get("_totals", {})
        coverage.lines += int(totals.get("loc", 0))
        coverage.allowlisted += int(totals.get("nosec", 0)) + int(totals.get("skipped_tests", 0))
    others = len(listed) - len(entries)
    if others:
        skipped.append(Skipped(f"({others} files)", "not Python: bandit reads Python only", False))
    note_skipped(coverage, skipped)
    return conclude("unsafe code (bandit)", repository.shown, findings, coverage, looked=coverage.files > 0)


def _wanted(entry: Entry, skipped: list[Skipped]) -> bool:
    if not entry.path.endswith((".py", ".pyw")):
        return False
    if SKIPPED_FOLDERS & set(entry.path.split("/")[:-1]):
        skipped.append(Skipped(printable(entry.path), "in a folder of others' code", False))
        return False
    if entry.size > MAX_FILE_BYTES:
        skipped.append(Skipped(printable(entry.path), f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
        return False
    return True


def _bandit(repository: Repository, job: Job, paths: Sequence[str]) -> dict[str, Any]:
    # -I: the folder is a stranger's, and a `bandit.py` or `ast.py` in it must not be imported.
    command = [sys.executable, "-I", "-m", "bandit", "--quiet", "--exit-zero", "--format", "json"]
    done = job.program([*command, *(f"./{path}" for path in paths)], repository.folder)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ToolError(
            f"bandit failed ({printable(reason[0]) if reason else f'exit code {done.returncode}'}): "
            f"check it with `{sys.executable} -m bandit --version`"
        ) from None
    return dict(report)


def _findings(report: dict[str, Any]) -> Iterator[Finding]:
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
        yield Finding(
            rule=rule,
            title=_title(rule, str(item["test_name"])),
            severity=severity,
            file=path,
            line=int(item["line_number"]),
            detail=f"{text.rstrip('.')} (confidence {confidence}).",
            help=item.get("more_info"),
        )


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
