"""What a scan found and what it covered: empty is not clean."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from workers.inspection.repository import Skipped

Severity = Literal["critical", "high", "medium", "low", "info"]
Status = Literal["pass", "fail", "inconclusive"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
#: Most findings and most skipped files that one result names; the counts are always of all.
MAX_FINDINGS = 500
MAX_SKIPPED = 50
#: Findings and gaps that one result tells in a line each.
MAX_OPEN = 10
#: Gaps that one result names one by one.
NAMED_GAPS = 5


class Finding(BaseModel):
    """One thing that is wrong, and where."""

    rule: str = Field(description="Rule that found it.")
    title: str = Field(description="What it is, in a few words.")
    severity: Severity = Field(description="How bad it is.")
    file: str = Field(
        description="File, relative to the folder; else the part of a machine or the endpoint it is about."
    )
    line: int | None = Field(default=None, description="Line from 1, where there is one.")
    status: Literal["present", "in history"] = Field(default="present", description="Where it is now.")
    detail: str = Field(default="", description="What to know and what to do about it.")
    help: str | None = Field(default=None, description="Page about the rule, by who keeps it.")
    commit: str | None = Field(default=None, description="Oldest commit seen to add it.")
    masked: str | None = Field(default=None, description="For a secret: its length and at most its public prefix.")
    fingerprint: str | None = Field(
        default=None,
        description="What stays the same: of a secret, a salted hash, while the server runs; else of its place.",
    )
    verified: bool = Field(default=False, description="Whether it was tried out; never, as that would use it.")


class Left(BaseModel):
    """Something that was not looked at."""

    path: str = Field(description="File, relative to the folder, or what else it is.")
    why: str = Field(description="Why.")
    who: str = Field(default="", description="Who left it out: `the repository`, `a limit of ours`, `you` …")


class Suppressed(BaseModel):
    """A finding that the repository wants nobody to see."""

    rule: str = Field(description="Rule that found it.")
    file: str = Field(description="File, relative to the folder.")
    line: int | None = Field(default=None, description="Line from 1, where there is one.")
    how: str = Field(description="How it is suppressed: the comment, the file.")
    honoured: bool = Field(default=False, description="Whether it was left out of the findings, as you said.")


class Coverage(BaseModel):
    """What was looked at, and what was not."""

    files: int = Field(default=0, description="Files looked at.")
    lines: int = Field(default=0, description="Lines looked at in files.")
    commits: int = Field(default=0, description="Commits looked at.")
    packages: int = Field(default=0, description="Versions of packages looked up.")
    endpoints: int = Field(default=0, description="Network endpoints looked at.")
    checks: int = Field(default=0, description="Checks made, of a machine, of endpoints or of infrastructure code.")
    repositories: int = Field(default=0, description="Repositories whose history was looked at.")
    allowlisted: int = Field(default=0, description="Findings that the repository suppresses, honoured or not.")
    suppressed: list[Suppressed] = Field(default_factory=list, description="Suppressed findings, the first 50.")
    skipped: list[Left] = Field(default_factory=list, description="Files left out, the first 50.")
    skipped_total: int = Field(default=0, description="Files left out in all.")
    gaps: list[str] = Field(default_factory=list, description="What should have been looked at and was not.")


class Counts(BaseModel):
    """Findings by severity."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    info: int = 0
    total: int = 0


class ScanResult(BaseModel):
    """The result of a scan."""

    scanner: str = Field(description="What was looked for, and with what.")
    path: str = Field(description="The folder, machine or endpoint.")
    status: Status = Field(
        description="`fail` with findings above `info`, else `pass`; `inconclusive` without when not all was seen."
    )
    summary: str = Field(description="The result in a sentence.")
    worst: Severity | None = Field(default=None, description="Severity of the worst finding.")
    counts: Counts = Field(default_factory=Counts, description="All findings by severity.")
    findings: list[Finding] = Field(default_factory=list, description="Findings, the worst first.")
    truncated: bool = Field(default=False, description="Whether there are more findings than are named.")
    coverage: Coverage = Field(default_factory=Coverage, description="What was looked at.")
    open: list[str] = Field(
        default_factory=list,
        description="Findings above `info` and gaps, a line each, the first ten; empty where nothing is open.",
    )


def note_skipped(coverage: Coverage, skipped: Sequence[Skipped]) -> None:
    """Add the files that were left out; those that should not have been become gaps."""
    coverage.skipped_total += len(skipped)
    room = MAX_SKIPPED - len(coverage.skipped)
    ordered = sorted(skipped, key=lambda item: not item.gap)
    coverage.skipped.extend(Left(path=item.path, why=item.why, who=item.who) for item in ordered[: max(0, room)])
    gaps = [item for item in ordered if item.gap]
    coverage.gaps.extend(f"{item.path}: {item.why} (left out by {item.who})" for item in gaps[:NAMED_GAPS])
    if len(gaps) > NAMED_GAPS:
        others = sorted({item.who for item in gaps[NAMED_GAPS:]})
        coverage.gaps.append(f"{len(gaps) - NAMED_GAPS} more files (left out by {', '.join(others)})")


def note_suppressed(coverage: Coverage, suppressed: Sequence[Suppressed]) -> None:
    """Add findings that the repository suppresses: all are counted, the first are named."""
    coverage.allowlisted += len(suppressed)
    coverage.suppressed.extend(suppressed[: max(0, MAX_SKIPPED - len(coverage.suppressed))])


def conclude(scanner: str, path: str, findings: Iterable[Finding], coverage: Coverage, looked: bool) -> ScanResult:
    """Put a result together. `looked` says whether there was anything to look at: that there was not is a gap."""
    coverage.gaps = [_with_who(gap) for gap in coverage.gaps]
    if not looked and not coverage.gaps:
        coverage.gaps.append("no file of the kind it reads")
    ordered = sorted(
        findings, key=lambda f: (SEVERITIES.index(f.severity), f.status == "in history", f.file, f.line or 0, f.rule)
    )
    tally = {severity: sum(f.severity == severity for f in ordered) for severity in SEVERITIES}
    faults = len(ordered) - tally["info"]
    status: Status = "fail" if faults else "pass" if looked and not coverage.gaps else "inconclusive"
    return ScanResult(
        scanner=scanner,
        path=path,
        status=status,
        summary=_summary(len(ordered), coverage, looked),
        worst=ordered[0].severity if ordered else None,
        counts=Counts(**tally, total=len(ordered)),
        findings=ordered[:MAX_FINDINGS],
        truncated=len(ordered) > MAX_FINDINGS,
        coverage=coverage,
        open=[*(_line(one) for one in ordered[:faults]), *coverage.gaps][:MAX_OPEN],
    )


def _with_who(gap: str) -> str:
    """A gap that a bound makes, with whose bound it is; others say it themselves."""
    if "(left out by " in gap or "beyond the bound" not in gap:
        return gap
    return f"{gap} (left out by {'you' if gap.endswith('asked for') else 'a limit of ours'})"


def _line(one: Finding) -> str:
    place = f"{one.file}:{one.line}" if one.line else one.file
    return f"{place}: {one.title} ({one.severity}, {one.status})"


def _summary(found: int, coverage: Coverage, looked: bool) -> str:
    kinds = ("files", "commits", "packages", "endpoints", "checks")
    counts = {kind: getattr(coverage, kind) for kind in kinds}
    named = [f"{count} {kind[:-1] if count == 1 else kind}" for kind, count in counts.items() if count]
    seen = " and ".join(named) or "0 files"
    if not looked:
        return f"nothing to look at: {coverage.gaps[0]}"
    what = f"{found} finding{'' if found == 1 else 's'}" if found else "no findings"
    return f"{what} in {seen}" + (", not everything was covered" if coverage.gaps else "")
