"""zizmor: GitHub workflows, for what lets a stranger run code or take a token."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable
from workers.inspection.job import Job

from .kinds import Kind
from .scanner import Said, why

_SEVERITY: dict[str, Severity] = {"High": "high", "Medium": "medium", "Low": "low", "Informational": "info"}


def run_zizmor(job: Job, program: str, folder: Path, _kinds: Sequence[Kind]) -> Said:
    """Run it over a folder of copies, offline and without settings.

    Raises:
        Beyond: it took too long or printed too much.
        Unusable: it gave no result.
    """
    command = [program, "--offline", "--no-config", "--no-exit-codes", "--format", "json", "--collect=all"]
    done = job.program([*command, "."], folder, environment={"HOME": str(folder.parent)})
    try:
        items = json.loads(done.stdout)
    except ValueError:
        raise why(done) from None
    kept = [item for item in items if not item.get("ignored")]
    workflows = len(list(folder.glob(".github/workflows/*")))
    return Said([_finding(item) for item in kept], checks=workflows, allowlisted=len(items) - len(kept))


def _finding(item: dict[str, Any]) -> Finding:
    places = item["locations"]
    place = next((one for one in places if one["symbolic"].get("kind") == "Primary"), places[0])
    key = place["symbolic"]["key"].get("Local", {})
    said = item["determinations"]
    annotation = printable(str(place["symbolic"]["annotation"]), 200)
    return Finding(
        rule=printable(str(item["ident"]), 60),
        title=printable(str(item["desc"]), 200),
        severity=_SEVERITY.get(said["severity"], "low"),
        file=printable(str(key.get("verbatim_path") or key.get("given_path", "")).removeprefix("./")),
        line=int(place["concrete"]["location"]["start_point"]["row"]) + 1,
        detail=f"{annotation} (confidence {str(said['confidence']).lower()}).",
        help=item.get("url"),
    )
