"""zizmor: GitHub workflows and actions, for what lets a stranger run code or take a token."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable

from .kinds import Kind
from .scanner import Said, why

ZIZMOR_KINDS: tuple[Kind, ...] = ("github_actions", "github_action")

_SEVERITY: dict[str, Severity] = {"High": "high", "Medium": "medium", "Low": "low", "Informational": "info"}
#: What it says of each file that it has read.
_COMPLETED = re.compile(rb"completed (\S+)")
#: … and when it can read none of them.
_NOTHING = b"no inputs collected"


def run_zizmor(job: Job, program: str, folder: Path, files: Sequence[str], _kinds: Sequence[str]) -> Said:
    """Run it over copies, in the sandbox, offline and without settings.

    Raises:
        Beyond: it took too long or printed too much.
        Unusable: it gave no result.
    """
    command = [program, "--offline", "--no-config", "--no-exit-codes", "--format", "json", "--color", "never"]
    done = job.confined([*command, "--", *files], folder)
    if _NOTHING in done.stderr:
        return Said(unread=set(files))
    try:
        items = json.loads(done.stdout)
    except ValueError:
        raise why(done) from None
    completed = {match.decode("utf-8", "replace") for match in _COMPLETED.findall(done.stderr)}
    looked = set(files) & completed
    return Said([_finding(item) for item in items], checks=len(looked), looked=looked, unread=set(files) - looked)


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
