"""Known vulnerabilities of pinned packages, as pip-audit finds them: run as a program of its own over bare pins.

pip-audit is given names and versions that were read here, never a file of the repository: so it resolves nothing,
builds nothing, and needs no pip. An advisory service in the shape of OSV is asked about each version here (`asking`),
and pip-audit is given its answers (`answered`): it has no network.
"""

import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, NamedTuple

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.repository import Repository, Skipped

from .asking import OSV, Version, ask
from .collecting import collect
from .wanted import Pin

#: Versions asked for in one run of pip-audit: few runs, but what one has found is kept when a later one fails.
CHUNK = 100
#: What is not covered, named one by one; beyond it, counted.
NAMED = 20
_SAFE_ID = re.compile(r"[A-Za-z]{2,12}-[A-Za-z0-9-]{3,40}")
#: What runs pip-audit with the answers it is given.
_ANSWERED = Path(__file__).with_name("answered.py")


class _Answer(NamedTuple):
    """What one run of pip-audit said."""

    known: dict[Version, list[dict[str, Any]]]  #: vulnerabilities of each version that was really looked up
    skipped: list[str]
    failure: str  #: why it ended without an answer to all of them


def audit(repository: Repository, job: Job, advisories: str = OSV) -> ScanResult:
    """Look up every pinned version of a repository. `advisories` is the address of an OSV service.

    Raises:
        Stopped: the job is no longer wanted.
    """
    skipped: list[Skipped] = []
    wanted = collect(repository, skipped)
    places: dict[Version, list[Pin]] = defaultdict(list)
    for pin in wanted.pins:
        places[pin.name, pin.version].append(pin)
    coverage, findings = Coverage(files=wanted.files), list[Finding]()
    chunks, asked = list(_chunks(sorted(places))), 0
    for chunk in chunks:
        job.progress(asked / len(places), f"package {asked + 1} of {len(places)}")
        answer = _ask(job, chunk, advisories)
        asked += len(chunk)
        coverage.packages += len(answer.known)
        coverage.gaps.extend(answer.skipped)
        findings.extend(
            _finding(pin, item) for version, items in answer.known.items() for item in items for pin in places[version]
        )
        if answer.failure:
            left = len(places) - coverage.packages
            coverage.gaps.append(f"{left} of {len(places)} pinned versions were not looked up: {answer.failure}")
            break
    others = wanted.not_covered()
    coverage.gaps.extend(others[:NAMED])
    if len(others) > NAMED:
        coverage.gaps.append(f"{len(others) - NAMED} more dependencies that cannot be looked up")
    if not wanted.files and not others:
        coverage.gaps.append("no file that pins Python packages")
    note_skipped(coverage, skipped)
    return conclude("dependencies (pip-audit)", repository.shown, findings, coverage, looked=coverage.packages > 0)


def _chunks(versions: Sequence[Version]) -> Iterator[list[Version]]:
    """Versions in runs of bounded length, each package once in a run: pip-audit takes no second version of it."""
    rounds: list[list[Version]] = []
    seen: dict[str, int] = defaultdict(int)
    for version in versions:
        turn = seen[version[0]]
        seen[version[0]] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(version)
    for turn_of_all in rounds:
        yield from (turn_of_all[start : start + CHUNK] for start in range(0, len(turn_of_all), CHUNK))


def _ask(job: Job, versions: Sequence[Version], address: str) -> _Answer:
    told = ask(job, versions, address)
    if not told.answers:
        return _Answer({}, [], told.failure)
    done = _run(job, told.answers)
    if isinstance(done, str):
        return _Answer({}, [], done)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _Answer({}, [], _reason(done.stderr.decode("utf-8", "replace"), done.returncode))
    known: dict[Version, list[dict[str, Any]]] = {}
    skipped = []
    for item in dependencies:
        if "skip_reason" in item:
            skipped.append(printable(f"{item['name']}: {item['skip_reason']}"))
        else:
            known[item["name"], item["version"]] = item["vulns"]
    lost = [version for version in told.answers if version not in known]
    skipped += [f"{name} {version}: pip-audit says nothing of it" for name, version in lost if not skipped]
    for version, vulnerabilities in known.items():
        skipped += _unread(version, json.loads(told.answers.get(version, "{}")), vulnerabilities)
    return _Answer(known, skipped, told.failure)


def _unread(version: Version, answer: dict[str, Any], read: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the service said of a version that pip-audit passes over without a word: a form that it does not know."""
    known = {identity for one in read for identity in (one.get("id"), *one.get("aliases", ()))}
    told = [one for one in answer.get("vulns") or () if not (isinstance(one, dict) and one.get("withdrawn"))]
    passed = [one for one in told if not isinstance(one, dict) or str(one.get("id")) not in known]
    if passed:
        yield printable(f"{' '.join(version)}: {len(passed)} advisories in a form that pip-audit cannot read")
    if answer.get("next_page_token"):
        yield printable(f"{' '.join(version)}: more advisories than one answer holds")


def _run(job: Job, answers: Mapping[Version, str]) -> "CompletedProcess[bytes] | str":
    """pip-audit over the versions that have an answer; or why it did not end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pins.txt").write_text("".join(f"{name}=={version}\n" for name, version in answers))
        given = folder / "answers.json"
        given.write_text(json.dumps([[*version, answer] for version, answer in answers.items()]))
        command = [sys.executable, "-I", str(_ANSWERED), str(given), "--"]
        command += ["--requirement", "pins.txt", "--no-deps", "--disable-pip", "--vulnerability-service", "osv"]
        command += ["--format", "json", "--progress-spinner", "off", "--cache-dir", str(folder / "cache")]
        try:
            return job.confined(command, folder, reads=[_ANSWERED], writes=[folder])
        except Beyond as bound:
            return f"beyond the bound of {bound}"


def _reason(said: str, code: int) -> str:
    last = next((line for line in reversed(said.strip().splitlines()) if line.strip()), f"exit code {code}")
    if "No module named" in last:
        return f"pip-audit is not installed ({printable(last, 80)}): install `aether-agents[servers]`"
    return f"pip-audit failed ({printable(last, 200)})"


def _finding(pin: Pin, item: dict[str, Any]) -> Finding:
    identity = printable(str(item.get("id", "unknown")), 60)
    aliases = [printable(str(alias), 60) for alias in item.get("aliases", ())][:5]
    fixed = [printable(str(version), 40) for version in item.get("fix_versions", ())][:5]
    fix = f"Fixed in {', '.join(fixed)}: raise the pin." if fixed else "No fixed version is known: replace it."
    about = printable(str(item.get("description", "")), 300)
    return Finding(
        rule=identity,
        title=f"{pin.name} {pin.version} has a known vulnerability",
        severity="critical" if identity.startswith("MAL-") else "high",
        file=printable(pin.file),
        line=pin.line,
        detail=" ".join(filter(None, [about, f"Also known as {', '.join(aliases)}." if aliases else "", fix])),
        help=f"https://osv.dev/vulnerability/{identity}" if _SAFE_ID.fullmatch(identity) else None,
    )
