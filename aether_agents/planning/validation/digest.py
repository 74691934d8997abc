"""The digest of a plan: the same for the same work, whichever task it was planned for."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from aether_agents.contracts import Json, Plan, PlannedSubtask

#: What planning and people judge about a subtask; it changes nothing of what is done.
_JUDGED = {
    "confidence", "approved_up_to", "approved_args", "needs_approval", "asked_because", "kept_items", "only_read",
    "ruled_by",
}  # fmt: skip
#: What counts even where it is unset, as it did in the first form. What came later counts only where it is set, so that
#: a new field, or a default that changes, changes the digest of no older plan.
_ALWAYS = {
    "id", "name", "tool", "goal", "agent", "args", "needs", "if", "for_each", "max_parallel", "retry", "timeout",
    "approval", "on_failure", "compensate", "expect", "verify", "specialist", "risk", "repeatable", "context", "pin",
    "elicited",
}  # fmt: skip
_SHORTEST_ID = 8


def digest_of(plan: Plan, task_id: str, reports: str) -> str:
    """`sha256:…` over what a plan does: its subtasks and outputs, in their order, with the pins of their tools.

    Where it came from, how sure anybody was, and the paths that name the task itself do not count: a plan
    dumped to a file and applied has the same digest.
    """
    document = plan.model_dump(mode="json", by_alias=True, include={"version", "name", "subtasks", "outputs"})
    document["subtasks"] = [_counted(subtask) for subtask in plan.subtasks]
    canonical = json.dumps(
        portable(document, task_id, reports), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _counted(subtask: PlannedSubtask) -> dict[str, Any]:
    whole = subtask.model_dump(mode="json", by_alias=True)
    said = subtask.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    counted = {key: value for key, value in whole.items() if key in _ALWAYS or (key in said and key not in _JUDGED)}
    if subtask.retry.max_attempts is None:
        counted["retry"].pop("max_attempts")
    return counted


def portable(value: Json, task_id: str, reports: str) -> Json:
    """An expression with the task's own folder and id written as `${context.reports}` and `${context.task_id}`."""
    if isinstance(value, str):
        return _portable_text(value, task_id, reports)
    if isinstance(value, list):
        return [portable(item, task_id, reports) for item in value]
    if isinstance(value, dict):
        return {key: portable(item, task_id, reports) for key, item in value.items()}
    return value


def reports_folder(home: Path, task_id: str) -> str:
    """Where the reports of a task go: `${context.reports}`."""
    return str(home / "reports" / task_id)


def _portable_text(text: str, task_id: str, reports: str) -> str:
    if reports and reports in text:
        text = re.sub(rf"{re.escape(reports)}(?![\w-])", "${context.reports}", text)
    if len(task_id) < _SHORTEST_ID or task_id not in text:  # a shorter one cannot be told from any other word
        return text
    return re.sub(rf"(?<![\w-]){re.escape(task_id)}(?![\w-])", "${context.task_id}", text)
