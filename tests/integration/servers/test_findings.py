"""The result of a scan: empty is not clean."""

from workers.inspection.findings import (
    MAX_FINDINGS,
    MAX_SKIPPED,
    Coverage,
    Finding,
    ScanResult,
    Severity,
    conclude,
    note_skipped,
)
from workers.inspection.repository import Skipped, Who


def finding(severity: Severity = "high", file: str = "a.py", **more: str) -> Finding:
    return Finding(rule="r", title="t", severity=severity, file=file, **more)  # type: ignore[arg-type]


def result(*findings: Finding, coverage: Coverage | None = None, looked: bool = True) -> ScanResult:
    return conclude("a scan", "/folder", findings, coverage or Coverage(files=1), looked)


def test_findings_fail_it() -> None:
    assert result(finding()).status == "fail"


def test_nothing_found_in_what_was_looked_at_passes() -> None:
    assert result().status == "pass"


def test_nothing_found_in_nothing_is_inconclusive() -> None:
    seen = result(coverage=Coverage(), looked=False)
    assert seen.status == "inconclusive"
    assert seen.summary == "nothing to look at: no file of the kind it reads"
    assert seen.coverage.gaps == ["no file of the kind it reads"]


def test_nothing_found_with_a_gap_is_inconclusive() -> None:
    seen = result(coverage=Coverage(files=3, gaps=["old commits"]))
    assert seen.status == "inconclusive"
    assert seen.summary == "no findings in 3 files, not everything was covered"


def test_findings_with_a_gap_still_fail() -> None:
    assert result(finding(), coverage=Coverage(files=1, gaps=["old commits"])).status == "fail"


def test_what_is_only_worth_knowing_does_not_fail_it() -> None:
    seen = result(finding("info"))
    assert (seen.status, seen.worst, seen.counts.info) == ("pass", "info", 1)


def test_the_worst_comes_first_and_what_is_present_before_what_was() -> None:
    seen = result(
        finding("low", "z"),
        finding("critical", "b", status="in history"),
        finding("critical", "c"),
        finding("info", "a"),
    )
    assert [item.file for item in seen.findings] == ["c", "b", "z", "a"]
    assert seen.worst == "critical"


def test_findings_are_bounded_and_counted_in_all() -> None:
    seen = result(*(finding("low", str(n)) for n in range(MAX_FINDINGS + 7)), finding("critical"))
    assert len(seen.findings) == MAX_FINDINGS
    assert seen.truncated
    assert seen.counts.total == MAX_FINDINGS + 8
    assert seen.findings[0].severity == "critical"


def test_files_left_out_are_bounded_and_gaps_come_first() -> None:
    coverage = Coverage()
    note_skipped(coverage, [Skipped(f"{n}.png", "not text", False) for n in range(80)])
    note_skipped(coverage, [])
    assert len(coverage.skipped) == MAX_SKIPPED
    assert coverage.skipped_total == 80
    assert coverage.gaps == []


def test_a_file_that_should_have_been_looked_at_is_a_gap() -> None:
    coverage = Coverage()
    note_skipped(
        coverage, [Skipped("a.png", "not text", False), *(Skipped(f"{n}.py", "too large", True) for n in range(8))]
    )
    assert coverage.gaps[0] == "0.py: too large (left out by a limit of ours)"
    assert coverage.gaps[-1] == "3 more files (left out by a limit of ours)"
    assert (coverage.skipped[0].path, coverage.skipped[0].who) == ("0.py", "a limit of ours")


def test_it_is_said_who_left_a_file_out() -> None:
    coverage = Coverage()
    left: list[Who] = ["the repository", "the machine", "you"]
    note_skipped(coverage, [Skipped(f"{n}.py", "why", n < 2, who) for n, who in enumerate(left)])
    assert [item.who for item in coverage.skipped] == left
    assert coverage.gaps == ["0.py: why (left out by the repository)", "1.py: why (left out by the machine)"]
