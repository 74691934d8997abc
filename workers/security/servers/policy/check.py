"""Holds a repository against a policy and says the result of each rule."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from workers.inspection.archives import note_packed
from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, ScanResult, Status, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.repository import Repository, Skipped

from .policy_file import read_policy
from .rules import Rules, Verdict


class PolicyResult(ScanResult):
    """A result with the verdict of every rule."""

    policy: str = Field(description="Name of the policy.")
    rules: list[Verdict] = Field(description="Every rule, in the order of the policy.")


def check_policy(
    path: str, policy: str, results: Mapping[str, Any], job: Job, leave_out: Sequence[str] = ()
) -> PolicyResult:
    """Check a repository.

    Raises:
        ToolError: the folder is not there, or the policy is wrong.
        Stopped: the job is no longer wanted.
    """
    known, lines = read_policy(policy)
    repository, skipped = Repository(path, leave_out), list[Skipped]()
    entries = list(repository.files(skipped))
    if known.patterns or known.headers or known.files.forbidden:
        note_packed(repository, entries, skipped)
    own = Path(policy).expanduser().resolve().is_relative_to(repository.folder)
    rules = Rules(known, lines, repository, entries, job, own)
    verdicts = list(rules.verdicts(results))
    coverage = Coverage(files=len(entries), checks=len(verdicts))
    coverage.gaps.extend(f"{v.rule} (line {v.line}): {v.why}" for v in verdicts if v.status == "inconclusive")
    if not verdicts:
        coverage.gaps.append("the policy has no rules")
    note_skipped(coverage, skipped)
    base = conclude(f"policy {printable(known.name, 60)!r}", repository.shown, rules.findings, coverage, bool(verdicts))
    states = [verdict.status for verdict in verdicts]
    status: Status = "fail" if "fail" in states else base.status if base.status != "fail" else "pass"
    tally = ", ".join(f"{states.count(state)} {state}" for state in ("pass", "fail", "inconclusive") if state in states)
    summary = f"{len(verdicts)} rules: {tally}" if verdicts else base.summary
    return PolicyResult.model_validate(
        base.model_dump() | {"status": status, "summary": summary, "policy": printable(known.name), "rules": verdicts}
    )
