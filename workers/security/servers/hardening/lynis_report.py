"""Reads the report that lynis leaves: lines of `key=value`, and `key[]=value` for what there are several of."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable

_TEST = re.compile(r"[A-Z]{2,8}-\d{3,5}")
#: Tests of lynis about itself: its own age is no fault of the machine.
_OF_ITSELF = ("LYNIS", "CORE-1000")


class LynisReport(NamedTuple):
    """What lynis found."""

    finished: bool  #: whether it ended
    version: str
    score: int | None  #: its own score of 0 to 100, of the tests it made
    executed: int  #: tests made
    skipped: Sequence[str]  #: tests that do not fit the machine or its user
    findings: Sequence[Finding]


def read_lynis_report(text: str, host: str) -> LynisReport:
    """Read a whole report."""
    values: Mapping[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values[key.strip()].append(value.strip())
    index = _last(values, "hardening_index")
    return LynisReport(
        finished=_last(values, "finish") == "true",
        version=printable(_last(values, "lynis_version"), 20),
        score=int(index) if index.isdigit() else None,
        executed=len(_tests(_last(values, "tests_executed"))),
        skipped=_tests(_last(values, "tests_skipped")),
        findings=[
            *_findings(values["warning[]"], "warning", "high", host),
            *_findings(values["suggestion[]"], "suggestion", "low", host),
        ],
    )


def _findings(rows: Sequence[str], kind: str, severity: Severity, host: str) -> Iterator[Finding]:
    for row in rows:
        test, _, rest = row.partition("|")
        if test in _OF_ITSELF or not _TEST.fullmatch(test):
            continue
        told, *more = (part.strip() for part in rest.split("|"))
        hints = [part.removeprefix("text:") for part in more if part and part != "-"]
        yield Finding(
            rule=test,
            title=printable(told, 200),
            severity=severity,
            file=host,
            detail=printable(" ".join([f"A {kind} of lynis.", *hints, f"More: `lynis show details {test}`."])),
        )


def _tests(text: str) -> list[str]:
    return [test for test in text.split("|") if _TEST.fullmatch(test)]


def _last(values: Mapping[str, list[str]], key: str) -> str:
    return values[key][-1] if key in values else ""
