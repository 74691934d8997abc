"""Runs lynis, bounded, and reads its report. What it did not finish is a gap."""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import Coverage, ScanResult, conclude
from workers.inspection.git import printable
from workers.inspection.text import opened

from .lynis_report import read_lynis_report

_FIX = "lynis is not installed: install it from the system's packages (`apt install lynis`, `dnf install lynis`)"
#: Where the system's packages put programs of administrators, which a worker's search path may lack.
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin")
#: How its log says that an administrator left a test out.
_SKIPPED = "Reason to skip: Skipped by "
MAX_REPORT_BYTES = 8 << 20
#: Groups that ask what runs and what is connected: in the sandbox they would find faults that are none.
LIVE = ("firewalls", "logging", "malware", "memory_processes", "networking", "time")
Run = Callable[[Sequence[str]], "CompletedProcess[bytes]"]
_GROUP = re.compile(r"[a-z][a-z_]{1,40}")


def audit_host(job: Job, groups: Sequence[str]) -> ScanResult:
    """Audit this machine; `groups` of tests, or all of them.

    lynis runs in the sandbox: it reads the machine's files, and writes nothing but its report. What asks for other
    programs or for the network is left out there, and named.

    Raises:
        Stopped: the job is no longer wanted.
    """
    coverage = Coverage()
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_PLACES])
    program = shutil.which("lynis", path=path)
    if program is None:
        coverage.gaps.append(_FIX)
        return conclude("host hardening (lynis)", _host(), [], coverage, looked=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = partial(job.confined, folder=folder, environment={"PATH": path}, reads=[Path("/")], writes=[folder])
        said = ""
        try:
            said = _run(run, program, groups, coverage, job)
        except Beyond as bound:
            coverage.gaps.append(f"lynis went beyond the bound of {bound}: name fewer `groups`, or give it more time")
        except OSError as error:
            coverage.gaps.append(f"lynis cannot be started: {error.strerror}")
        text, log = _read(folder / "report.dat"), _read(folder / "log")
    if skipped := log.count(_SKIPPED):
        coverage.gaps.append(f"{skipped} tests that a profile of lynis on this machine leaves out (`skip-test`)")
    return _result(text, said, coverage)


def _run(run: Run, program: str, groups: Sequence[str], coverage: Coverage, job: Job) -> str:
    """What lynis prints, without the groups that see nothing in the sandbox."""
    if job.confines:
        listed = run([program, "show", "groups"]).stdout.decode("utf-8", "replace").split()
        asked = groups or [one for one in listed if _GROUP.fullmatch(one)]
        groups = [one for one in asked if one not in LIVE]
        if left := [one for one in asked if one in LIVE]:
            coverage.gaps.append(
                f"the groups {', '.join(left)}, and what else asks which programs run or what is connected: lynis runs "
                "in the sandbox, which does not show it (`isolation: off` does)"
            )
        if not groups:
            return ""
    job.progress(0.1, "lynis looks at the machine")
    command = [program, "audit", "system", "--quick", "--no-colors", "--quiet"]
    command += ["--report-file", "report.dat", "--log-file", "log"]
    command += ["--tests-from-group", " ".join(groups)] if groups else []
    done = run(command)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def _read(file: Path) -> str:
    if not file.is_file():
        return ""
    with opened(file) as content:
        return content.read(MAX_REPORT_BYTES).decode("utf-8", "replace")


def _result(text: str, said: str, coverage: Coverage) -> ScanResult:
    report = read_lynis_report(text, _host())
    errors = [line.strip() for line in said.splitlines() if line.strip().startswith(("Error", "Fatal"))]
    coverage.gaps.extend(printable(f"lynis: {line}", 200) for line in errors[:5])
    if not report.finished and not coverage.gaps:
        coverage.gaps.append("lynis did not end")
    if os.geteuid():
        coverage.gaps.append("tests that need root: lynis ran as an ordinary user")
    coverage.checks = report.executed
    score = f", hardening index {report.score} of 100" if report.score is not None and report.finished else ""
    result = conclude(
        f"host hardening (lynis {report.version})".replace("lynis )", "lynis)"),
        _host(),
        report.findings,
        coverage,
        looked=report.executed > 0,
    )
    left_out = f", {len(report.skipped)} tests do not fit this machine" if report.skipped else ""
    return result.model_copy(update={"summary": f"{result.summary}{score}{left_out}"})


def _host() -> str:
    return printable(platform.node(), 100) or "this machine"
