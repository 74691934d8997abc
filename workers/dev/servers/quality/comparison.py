"""The comparison of an assessment with an earlier one: what is new, what is fixed, where the score goes.

Findings are matched by rule, file and fingerprint. A fingerprint is made of the function or class a finding is in and
its place among its like there, never of the code: it survives moved lines, and gives nothing of a line away.
"""

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.findings import Finding
from workers.inspection.git import printable

MAX_BYTES = 64 << 20
_MAX_DEPTH = 8
_MAX_NAMED = 100
_FIX = "give what `aether-agent result ID --json` printed for an assessment"


class Change(BaseModel):
    """A finding that is new, or gone."""

    rule: str = Field(description="The rule.")
    file: str = Field(description="File, relative to the folder.")
    line: int | None = Field(description="Line from 1, as it is now or was then.")
    title: str = Field(description="What it is.")


class Comparison(BaseModel):
    """What changed since an earlier assessment."""

    new: int = Field(description="Findings that were not there.")
    fixed: int = Field(description="Findings that are gone.")
    unchanged: int = Field(description="Findings that are still there.")
    score_before: int | None = Field(description="The score then; none if it had none.")
    score_change: int | None = Field(description="The score now less the score then.")
    trend: Literal["better", "same", "worse", "unknown"] = Field(description="Where the score goes.")


def mark(findings: Sequence[Finding], scopes: Mapping[str, Sequence[tuple[str, int, int]]]) -> None:
    """Give each finding its fingerprint. `scopes`: name, first and last line of each function and class, by file."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for finding in sorted(findings, key=lambda item: (item.file, item.line or 0, item.rule)):
        within = [scope for scope in scopes.get(finding.file, ()) if scope[1] <= (finding.line or 0) <= scope[2]]
        name = min(within, key=lambda scope: scope[2] - scope[1])[0] if within else ""
        place = (finding.rule, finding.file, name)
        seen[place] += 1
        finding.fingerprint = hashlib.sha256("\0".join((*place, str(seen[place]))).encode()).hexdigest()[:16]


def read_baseline(files: Sequence[str], folder: str) -> Mapping[str, Any] | None:
    """The earlier assessment of a folder, by its path or else by its name; None if the files hold none of it.

    Raises:
        ToolError: a file cannot be read, or is no saved result.
    """
    known = [found for file in files for found in _assessments(_load(file), _MAX_DEPTH)]
    same = [found for found in known if found["path"] == folder]
    same = same or [found for found in known if PurePath(str(found["path"])).name == PurePath(folder).name]
    return same[-1] if same else None


def compare(
    before: Mapping[str, Any], score: int | None, findings: Sequence[Finding]
) -> tuple[Comparison, list[Change], list[Change]]:
    """How it changed, the first findings that are new, and the first that are gone."""
    then = {_key(item): item for item in before["findings"] if isinstance(item, Mapping)}
    now = {_key(item.model_dump()): item for item in findings}
    new = [item.model_dump() for key, item in now.items() if key not in then]
    gone = [item for key, item in then.items() if key not in now]
    former = before["score"] if isinstance(before["score"], int) else None
    change = None if former is None or score is None else score - former
    comparison = Comparison(
        new=len(new),
        fixed=len(gone),
        unchanged=len(now.keys() & then.keys()),
        score_before=former,
        score_change=change,
        trend="unknown" if change is None else "better" if change > 0 else "worse" if change < 0 else "same",
    )
    return comparison, _changes(new), _changes(gone)


def said(comparison: Comparison) -> str:
    """It in a sentence."""
    change = "" if comparison.score_change is None else f", score {comparison.score_change:+d}"
    counts = f"{comparison.new} new, {comparison.fixed} fixed, {comparison.unchanged} unchanged"
    return f"since the baseline: {counts}{change}"


def _key(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item.get("rule")), str(item.get("file")), str(item.get("fingerprint"))


def _changes(items: Sequence[Mapping[str, Any]]) -> list[Change]:
    return [
        Change(
            rule=printable(str(item.get("rule")), 80),
            file=printable(str(item.get("file"))),
            line=item["line"] if isinstance(item.get("line"), int) else None,
            title=printable(str(item.get("title")), 200),
        )
        for item in items[:_MAX_NAMED]
    ]


def _load(file: str) -> Any:
    shown = printable(file)
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            known = os.fstat(handle)
            if not stat.S_ISREG(known.st_mode) or known.st_size > MAX_BYTES:
                raise ToolError(f"the baseline {shown!r} is no file of at most {MAX_BYTES >> 20} MiB: {_FIX}")
            return json.loads(opened.read(MAX_BYTES))
    except OSError as error:
        raise ToolError(f"the baseline {shown!r} cannot be read ({error.strerror}): {_FIX}") from None
    except (ValueError, RecursionError):
        raise ToolError(f"the baseline {shown!r} is not JSON: {_FIX}") from None


def _assessments(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Every saved assessment in a JSON value, wherever it stands."""
    if isinstance(value, Mapping):
        if {"path", "score", "grade"} <= value.keys() and isinstance(value.get("findings"), list):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list) and depth:
        for item in value:
            yield from _assessments(item, depth - 1)
