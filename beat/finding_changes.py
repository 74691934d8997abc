"""Audits: what a scheduled task found, compared with what it found before. A finding stays itself when lines move."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from aether_agents.contracts import Audit, Json, TaskView

SEVERITIES = ("critical", "high", "medium", "low", "info")

#: Fingerprints kept of one audit: enough for a large repository, some 100 KB.
MOST_KEPT = 5_000


class Found(NamedTuple):
    """One finding."""

    severity: str
    rule: str
    file: str
    title: str
    place: str = ""  #: the folder that was looked at

    @property
    def fingerprint(self) -> str:
        """The same as long as rule, file and title are: a line number moves with every edit above it."""
        return hashlib.sha256("\0".join((self.rule, self.file, self.title)).encode()).hexdigest()[:16]

    @property
    def line(self) -> str:
        """The finding in a line."""
        return f"{self.severity}: {self.rule} in {self.file}: {self.title}"


def found_by(view: TaskView) -> list[Found]:
    """What the subtasks of a task found, the worst first."""
    found = [
        Found(
            str(item["severity"]),
            str(item.get("rule") or ""),
            f"{output.get('path') or ''}/{item.get('file') or item.get('path') or ''}".strip("/"),
            str(item.get("title") or ""),
            str(output.get("path") or ""),
        )
        for output in _looks(view)
        for item in _list(output["findings"])
        if isinstance(item, dict) and item.get("severity") in SEVERITIES
    ]
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))


def from_level(found: list[Found], level: str) -> list[Found]:
    """Those as bad as a level, or worse."""
    return [one for one in found if SEVERITIES.index(one.severity) <= SEVERITIES.index(level)]


def compared(view: TaskView, before: Audit | None) -> tuple[Audit, list[Found]]:
    """The audit to remember, and the findings that were not there before. The first one finds nothing new.

    An audit that could not look everywhere forgets nothing: what it did not see may still be there.
    """
    found = found_by(view)
    now = Counter(one.fingerprint for one in found)
    if before is None:
        return Audit(task_id=view.task_id, seen=dict(now.most_common(MOST_KEPT))), []
    left = Counter(before.seen)
    new = []
    for one in found:
        if left[one.fingerprint] > 0:
            left[one.fingerprint] -= 1
        else:
            new.append(one)
    whole = view.status == "completed" and not view.degraded
    whole = whole and all(output["status"] != "inconclusive" for output in _looks(view))
    seen = now if whole else now | Counter(before.seen)
    kept = dict(seen.most_common(MOST_KEPT))
    return Audit(task_id=view.task_id, seen=kept, new=len(new)), new


def _looks(view: TaskView) -> Iterator[Mapping[str, Json]]:
    for subtask in view.subtasks:
        output = subtask.output
        if isinstance(output, dict) and isinstance(output.get("findings"), list) and "status" in output:
            yield output


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
