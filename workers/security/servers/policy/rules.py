"""Each rule of a policy, held against a repository: pass, fail, or inconclusive with the reason."""

import fnmatch
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import SEVERITIES, Finding, ScanResult, Status
from workers.inspection.git import printable
from workers.inspection.repository import Entry, Repository
from workers.inspection.text import decoded

from .policy_file import Header, Limit, Lines, Pattern, Policy

#: Findings that one rule names.
MOST = 50
#: Seconds one pattern may take over all files.
TIMEOUT = 20.0


class Verdict(BaseModel):
    """The result of one rule."""

    rule: str = Field(description="The rule, as the policy says it.")
    status: Status = Field(description="Whether the repository keeps it.")
    why: str = Field(default="", description="Why, where it does not pass.")
    line: int = Field(description="Line of the policy.")


class Rules:
    """The rules of one policy over one repository."""

    def __init__(
        self,
        policy: Policy,
        lines: Lines,
        repository: Repository,
        entries: Sequence[Entry],
        job: Job,
        own: bool = False,
    ) -> None:
        """`own`: the policy lies in the repository, which cannot say of itself that gaps are none."""
        self._own = own
        self._policy, self._lines, self._repository, self._entries, self._job = policy, lines, repository, entries, job
        self.findings: list[Finding] = []

    def verdicts(self, results: Mapping[str, Any]) -> Iterator[Verdict]:
        """Every rule in the order of the policy; the findings of those that fail are kept."""
        for index, glob in enumerate(self._policy.files.required):
            yield self._required(glob, self._lines.of("files", "required", index))
        for index, glob in enumerate(self._policy.files.forbidden):
            yield self._forbidden(glob, self._lines.of("files", "forbidden", index))
        for index, pattern in enumerate(self._policy.patterns):
            self._job.progress(0.3, f"pattern {index + 1} of {len(self._policy.patterns)}")
            yield self._pattern(pattern, self._lines.of("patterns", index))
        for index, header in enumerate(self._policy.headers):
            yield self._header(header, self._lines.of("headers", index))
        for name, limit in self._policy.scanners.items():
            yield self._limit(name, limit, results.get(name), self._lines.of("scanners", name))
        if self._policy.quality:
            yield self._quality(self._policy.quality.score, results.get("quality"), self._lines.of("quality"))

    def _required(self, glob: str, line: int) -> Verdict:
        rule = f"there is a file {glob}"
        if _matching(self._entries, glob):
            return Verdict(rule=rule, status="pass", line=line)
        self._find("required-file", f"{glob} is missing", glob)
        return Verdict(rule=rule, status="fail", why="no file matches", line=line)

    def _forbidden(self, glob: str, line: int) -> Verdict:
        found = _matching(self._entries, glob)
        for entry in found[:MOST]:
            self._find("forbidden-file", f"The policy forbids {glob}", entry.path)
        return self._counted(f"there is no file {glob}", [entry.path for entry in found], line)

    def _pattern(self, pattern: Pattern, line: int) -> Verdict:
        rule = f"no {pattern.forbid!r} in {pattern.files}"
        files = _matching(self._entries, pattern.files)
        wanted = {"pattern": pattern.forbid, "files": [entry.path for entry in files], "most": MOST}
        job = Job(min(TIMEOUT, max(self._job.left, 0.1)))
        try:
            program = Path(__file__).with_name("line_search.py")
            command = [sys.executable, "-I", str(program)]
            done = job.confined(command, self._repository.folder, json.dumps(wanted).encode(), reads=[program])
            said = json.loads(done.stdout)
        except Beyond as bound:
            return Verdict(
                rule=printable(rule), status="inconclusive", why=f"the pattern took longer than {bound}", line=line
            )
        except ValueError:
            return Verdict(rule=printable(rule), status="inconclusive", why="the search failed", line=line)
        for path, number in said["found"]:
            title = pattern.because or f"The policy forbids {pattern.forbid!r}"
            self._find("forbidden-pattern", title, path, number, pattern.severity)
        if said["unread"] and not said["found"]:
            why = f"{len(said['unread'])} files cannot be read"
            return Verdict(rule=printable(rule), status="inconclusive", why=why, line=line)
        return self._counted(printable(rule), [f"{path}:{number}" for path, number in said["found"]], line)

    def _header(self, header: Header, line: int) -> Verdict:
        without, unread = list[str](), list[str]()
        for entry in _matching(self._entries, header.files):
            try:
                with self._repository.open(entry.path) as file:
                    head = decoded(file.read(64 << 10)).splitlines()[: header.lines]
            except OSError:
                unread.append(entry.path)
                continue
            if entry.size and header.text not in "\n".join(head):
                without.append(entry.path)
                if len(without) <= MOST:
                    self._find("missing-header", f"It does not begin with {header.text!r}", entry.path, 1)
        rule = f"{header.files} begins with {printable(header.text, 60)!r}"
        if unread and not without:
            why = f"{len(unread)} files cannot be read: {printable(unread[0])}"
            return Verdict(rule=rule, status="inconclusive", why=why, line=line)
        return self._counted(rule, without, line)

    def _limit(self, name: str, limit: Limit, given: Any, line: int) -> Verdict:
        rule = f"{name}: nothing worse than {limit.worst}" if limit.worst != "none" else f"{name}: no findings"
        try:
            result = ScanResult.model_validate(given)
        except ValidationError:
            return Verdict(rule=rule, status="inconclusive", why="the scanner delivered nothing", line=line)
        allowed = () if limit.worst == "none" else SEVERITIES[SEVERITIES.index(limit.worst) :]
        worse = sum(getattr(result.counts, severity) for severity in SEVERITIES if severity not in allowed)
        for finding in [finding for finding in result.findings if finding.severity not in allowed][:MOST]:
            self.findings.append(finding)
        if worse:
            return Verdict(rule=rule, status="fail", why=f"{worse} findings, the worst: {result.worst}", line=line)
        complete = limit.complete or self._own
        if complete and (result.coverage.gaps or result.status == "inconclusive"):
            why = printable("; ".join(result.coverage.gaps[:3]) or "not everything was seen", 300)
            return Verdict(rule=rule, status="inconclusive", why=why, line=line)
        return Verdict(rule=rule, status="pass", line=line)

    def _quality(self, least: int, given: Any, line: int) -> Verdict:
        rule = f"quality: a score of {least} or more"
        score = given.get("score") if isinstance(given, dict) else None
        if not isinstance(score, int | float):
            return Verdict(rule=rule, status="inconclusive", why="there is no score", line=line)
        if score >= least:
            return Verdict(rule=rule, status="pass", line=line)
        self._find("quality-score", f"The score is {score}, the policy wants {least}", ".")
        return Verdict(rule=rule, status="fail", why=f"the score is {score}", line=line)

    def _counted(self, rule: str, faults: Sequence[str], line: int) -> Verdict:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""  # noqa: PLR2004 - the first show what they are
        why = printable(", ".join(faults[:3])) + more
        return Verdict(rule=rule, status="fail" if faults else "pass", why=why, line=line)

    def _find(self, rule: str, title: str, path: str, line: int | None = None, severity: str = "medium") -> None:
        known = {"rule": rule, "title": printable(title), "severity": severity, "file": printable(path), "line": line}
        self.findings.append(Finding.model_validate(known))


def _matching(entries: Sequence[Entry], glob: str) -> list[Entry]:
    """Files that a pattern names: without a `/` in any folder, else from the top."""
    if "/" in glob:
        return [entry for entry in entries if fnmatch.fnmatchcase(entry.path, glob.removeprefix("/"))]
    return [entry for entry in entries if fnmatch.fnmatchcase(entry.path.rpartition("/")[2], glob)]
