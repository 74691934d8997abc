"""Findings of several scanners: merged, ranked, and as SARIF."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.security.servers.findings.merging import merge
from workers.security.servers.findings.removing import remove_sarif
from workers.security.servers.findings.sarif import as_sarif, write_sarif


def result(scanner: str, *findings: dict[str, Any], **changed: Any) -> dict[str, Any]:
    known = {"title": "t", "severity": "medium", "file": "a.py", "line": 3}
    status = "fail" if findings else "pass"
    counts = {"medium": len(findings), "total": len(findings)}
    listed = [known | finding for finding in findings]
    return {
        **{"scanner": scanner, "path": "/repository", "status": status, "summary": "s"},
        **{"findings": listed, "counts": counts, "coverage": {"files": 2}, **changed},
    }


def test_the_same_thing_seen_twice_is_one_finding_with_two_sources() -> None:
    merged = merge([result("bandit", {"rule": "B602"}), result("ruff", {"rule": "S602", "severity": "high"})])
    [finding] = merged.findings
    assert (finding.sources, finding.rules, finding.severity) == (["bandit", "ruff"], ["B602", "S602"], "high")
    assert (merged.merged, merged.counts.total, merged.status) == (1, 1, "fail")


def test_what_differs_in_line_kind_or_secret_stays_apart() -> None:
    rows = [
        {"rule": "B602"},
        {"rule": "B602", "line": 4},
        {"rule": "B301"},
        {"rule": "github-token", "fingerprint": "a"},
        {"rule": "secret-keyword", "fingerprint": "b"},
    ]
    assert len(merge([result("x", *rows)]).findings) == 5


def test_the_worst_comes_first_then_what_several_saw_then_what_is_sure() -> None:
    rows = [
        {"rule": "low", "severity": "low"},
        {"rule": "B1", "detail": "x (confidence low).", "line": 1},
        {"rule": "B2", "detail": "x (confidence high).", "line": 2},
        {"rule": "old", "status": "in history", "line": 8},
        {"rule": "B602", "line": 9},
    ]
    merged = merge([result("a", *rows), [result("b", {"rule": "S602", "line": 9})]])
    assert [finding.rule for finding in merged.findings] == ["B602", "B2", "B1", "old", "low"]


def test_what_one_scanner_could_not_see_is_not_clean() -> None:
    blind = result("pip-audit", status="inconclusive", coverage={"gaps": ["no answer"]})
    merged = merge([result("a"), blind])
    assert (merged.status, merged.coverage.gaps) == ("inconclusive", ["pip-audit: no answer"])
    assert merge([result("a"), None]).status == "inconclusive"
    assert merge([result("a"), result("b")]).status == "pass"
    assert merge([]).status == "inconclusive"


def test_sarif_has_the_essentials_of_its_schema(tmp_path: Path) -> None:
    found = {"rule": "B602", "severity": "critical", "file": "src/a b.py", "help": "https://bandit.example/"}
    blind = result("c", status="inconclusive", coverage={"gaps": ["no answer"]})
    merged = merge([result("a", found, {"rule": "B301", "line": None}), blind])
    written = write_sarif(merged, str(tmp_path / "out"), "findings")
    sarif = json.loads(Path(written.path).read_text())
    assert sarif == as_sarif(merged)
    assert remove_sarif(written.path).removed == [written.path]
    assert remove_sarif(written.path).removed == []
    assert (sarif["version"], len(sarif["runs"])) == ("2.1.0", 1)
    run = sarif["runs"][0]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["tool"]["driver"]["name"]
    assert len(run["results"]) == written.results == 2
    for item in run["results"]:
        assert item["level"] in ("none", "note", "warning", "error")
        assert ids[item["ruleIndex"]] == item["ruleId"]
        assert item["message"]["text"]
    first = run["results"][0]
    assert first["level"] == "error"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "src/a%20b.py", "uriBaseId": "ROOT"},
        "region": {"startLine": 3},
    }
    assert "region" not in run["results"][1]["locations"][0]["physicalLocation"]
    assert run["originalUriBaseIds"]["ROOT"]["uri"] == "file:///repository/"
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "c: no answer"


def test_only_a_sarif_file_of_ours_is_removed(tmp_path: Path) -> None:
    other = tmp_path / "other.sarif"
    other.write_text('{"version": "2.1.0", "runs": []}')
    with pytest.raises(ToolError, match="it stays"):
        remove_sarif(str(other))
    link = tmp_path / "link.sarif"
    link.symlink_to(other)
    with pytest.raises(ToolError):
        remove_sarif(str(link))
    with pytest.raises(ToolError, match="absolute path of a SARIF file"):
        remove_sarif(str(tmp_path / "notes.txt"))
    assert other.exists()
