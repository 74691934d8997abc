"""SARIF 2.1.0: findings in the form that code hosts and editors read."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.atomic_write import write_whole
from workers.inspection.findings import Severity, Status
from workers.inspection.git import printable

from .merging import Merged, MergedResult

#: Who writes these files, in their own words.
TOOL = "aether-agents"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
#: What code hosts sort by: 0 to 10, as CVSS.
_SCORE: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}


class SarifFile(BaseModel):
    """A SARIF file as it lies on disk."""

    path: str = Field(description="Absolute path of the file.")
    results: int = Field(description="Findings in it.")
    status: Status = Field(description="The verdict of all scanners together.")


def write_sarif(result: MergedResult, folder: str, name: str) -> SarifFile:
    """Write a SARIF file, whole or not at all.

    Raises:
        ToolError: the folder cannot be written to.
    """
    place = Path(folder).expanduser()
    if not place.is_absolute():
        raise ToolError(f"{printable(folder)!r} is not an absolute path: give the whole path of the folder")
    target = place / f"{name}.sarif"
    text = json.dumps(as_sarif(result), indent=1, ensure_ascii=False) + "\n"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(target, text.encode(errors="replace"))
    except OSError as error:
        raise ToolError(f"{printable(str(target))!r} cannot be written: {error.strerror}") from None
    return SarifFile(path=str(target.resolve()), results=len(result.findings), status=result.status)


def as_sarif(result: MergedResult) -> dict[str, Any]:
    """The file's content: one run, with a rule for each rule that found something."""
    rules = list(dict.fromkeys(finding.rule for finding in result.findings))
    first = {finding.rule: finding for finding in reversed(result.findings)}
    gaps = [{"level": "warning", "message": {"text": gap}} for gap in result.coverage.gaps]
    run = {
        "tool": {
            "driver": {
                "name": TOOL,
                "rules": [_rule(first[rule]) for rule in rules],
            },
            "extensions": [{"name": source.scanner} for source in result.sources],
        },
        "originalUriBaseIds": {"ROOT": {"uri": f"{Path(result.path).as_uri()}/"}} if _is_folder(result.path) else {},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": gaps}],
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, rules) for finding in result.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Merged) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": finding.rule,
        "shortDescription": {"text": finding.title or finding.rule},
        "defaultConfiguration": {"level": _LEVEL[finding.severity]},
        "properties": {"security-severity": _SCORE[finding.severity], "tags": ["security"]},
    }
    return known | ({"helpUri": finding.help} if finding.help else {})


def _result(finding: Merged, rules: Sequence[str]) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.file), "uriBaseId": "ROOT"}}
    if finding.line:
        location["region"] = {"startLine": finding.line}
    identity = f"{finding.rule}\0{finding.file}\0{finding.title}\0{finding.fingerprint or ''}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.title}. {finding.detail}".strip()},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"finding/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]},
        "properties": {"sources": finding.sources, "rules": finding.rules, "where": finding.status},
    }


def _is_folder(path: str) -> bool:
    return path.startswith("/") and "…" not in path
