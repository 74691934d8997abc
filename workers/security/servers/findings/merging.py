"""Merges results: the same thing seen by two scanners is one finding with two sources; the worst comes first."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from workers.inspection.findings import (
    MAX_FINDINGS,
    MAX_SKIPPED,
    SEVERITIES,
    Coverage,
    Finding,
    ScanResult,
    Status,
    conclude,
)
from workers.inspection.git import printable

from .classes import rule_class

_CONFIDENCE = re.compile(r"\(confidence (high|medium|low)\)")
_RANK = {"high": 0, "medium": 1, "low": 2}
#: Gaps of one scanner that the merged result names.
_GAPS = 12


class Merged(Finding):
    """A finding, and who else saw it."""

    sources: list[str] = Field(default_factory=list, description="Scanners that found it.")
    rules: list[str] = Field(default_factory=list, description="Their names for it.")


class Source(BaseModel):
    """One result that went in."""

    scanner: str = Field(description="The scanner.")
    status: Status = Field(description="Its verdict.")
    findings: int = Field(description="Findings it reported.")
    gaps: int = Field(description="Things it could not look at.")


class MergedResult(ScanResult):
    """All findings of several scanners, each once, ranked."""

    findings: list[Merged] = Field(default_factory=list, description="Findings, the worst first.")  # type: ignore[assignment]
    merged: int = Field(description="Findings that were the same as another.")
    sources: list[Source] = Field(description="What went in.")


def merge(results: Sequence[Any]) -> MergedResult:
    """Merge results of scanners; what is no result, or is missing, is a gap. A list counts as its members."""
    coverage, known, lost = Coverage(), list[ScanResult](), 0
    for number, item in enumerate(_flat(results), 1):
        try:
            known.append(ScanResult.model_validate(item))
        except ValidationError:
            lost += 1
            coverage.gaps.append(f"result {number}: nothing was delivered that can be read as findings")
    merged: dict[tuple[str, int | None, str], Merged] = {}
    seen = 0
    for result in known:
        _cover(coverage, result)
        for finding in result.findings:
            seen += 1
            _add(merged, finding, result.scanner)
    ranked = sorted(merged.values(), key=_rank)
    path = known[0].path if known else ""
    base = conclude("findings of all scanners", path, ranked, coverage, looked=any(_looked(r) for r in known))
    return MergedResult.model_validate(
        base.model_dump(exclude={"findings", "status"})
        | {
            "status": _verdict(base.status, known, lost),
            "findings": ranked[:MAX_FINDINGS],
            "truncated": base.truncated or any(result.truncated for result in known),
            "counts": base.counts.model_dump(),
            "merged": seen - len(merged),
            "sources": [
                Source(
                    scanner=result.scanner,
                    status=result.status,
                    findings=result.counts.total,
                    gaps=len(result.coverage.gaps),
                )
                for result in known
            ],
        }
    )


def _verdict(status: Status, known: Sequence[ScanResult], lost: int) -> Status:
    """A failure stays one; what one scanner could not see is not clean for all of them."""
    if status == "fail" or any(result.status == "fail" for result in known):
        return "fail"
    return "inconclusive" if lost or any(result.status != "pass" for result in known) else status


def _flat(items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        yield from item if isinstance(item, list) else [item]


def _looked(result: ScanResult) -> bool:
    return result.status != "inconclusive" or result.counts.total > 0


def _cover(coverage: Coverage, result: ScanResult) -> None:
    """The same file looked at twice is one file: the largest count stands; what cannot overlap is added up."""
    given = result.coverage
    coverage.files = max(coverage.files, given.files)
    coverage.lines = max(coverage.lines, given.lines)
    coverage.commits = max(coverage.commits, given.commits)
    coverage.repositories = max(coverage.repositories, given.repositories)
    for name in ("packages", "endpoints", "checks", "allowlisted"):
        setattr(coverage, name, getattr(coverage, name) + getattr(given, name))
    coverage.suppressed.extend(given.suppressed[: max(0, MAX_SKIPPED - len(coverage.suppressed))])
    coverage.gaps.extend(f"{printable(result.scanner, 60)}: {gap}" for gap in given.gaps[:_GAPS])
    if len(given.gaps) > _GAPS:
        coverage.gaps.append(f"{printable(result.scanner, 60)}: {len(given.gaps) - _GAPS} more")


def _add(merged: dict[tuple[str, int | None, str], Merged], finding: Finding, scanner: str) -> None:
    kind = rule_class(finding.rule)
    # Two faults of one rule and place stay two, unless they say the same.
    same = kind if kind != finding.rule else f"{kind}\0{finding.title}"
    key = (finding.file, finding.line, same)
    known = merged.get(key)
    if known and known.fingerprint and finding.fingerprint and known.fingerprint != finding.fingerprint:
        key = (finding.file, finding.line, f"{same}\0{finding.fingerprint}")  # two secrets of one line
        known = merged.get(key)
    if known is None:
        merged[key] = Merged(**finding.model_dump(), sources=[scanner], rules=[finding.rule])
        return
    worse = min(known.severity, finding.severity, key=SEVERITIES.index)
    first = known if known.severity == worse else finding
    merged[key] = Merged(
        **{**first.model_dump(include=set(Finding.model_fields)), "severity": worse},
        sources=list(dict.fromkeys([*known.sources, scanner])),
        rules=list(dict.fromkeys([*known.rules, finding.rule])),
    )


def _rank(finding: Merged) -> tuple[int, int, int, int, str, int, str]:
    """The worst first; then what is exposed now, what several scanners saw, and what they are sure of."""
    match = _CONFIDENCE.search(finding.detail)
    return (
        SEVERITIES.index(finding.severity),
        finding.status == "in history",
        -len(finding.sources),
        _RANK[match[1]] if match else 0,
        finding.file,
        finding.line or 0,
        finding.rule,
    )
