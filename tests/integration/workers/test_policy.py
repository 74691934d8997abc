"""The server `policy`, and the scanners' results that it holds against a policy, over real calls."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted

POLICY = """version: 1
name: House rules
files:
  required: [README.md, app/run.py]
  forbidden: ["*.txt"]
patterns:
  - {forbid: "shell=True", files: "*.py", because: "No shells", severity: high}
  - {forbid: "(a+)+$", files: "*.slow"}
headers:
  - {text: "SPDX-License-Identifier", files: "app/*.py"}
scanners:
  code: {worst: none}
  permissions: {worst: high}
  dependencies: {worst: low}
quality: {score: 100}
"""


@pytest.fixture
def rules(planted: Planted) -> str:
    planted.write("app/bad.py", "import os\nimport sys\nimport json\nx = undefined\n")
    planted.write("evil.slow", "a" * 60 + "b\n")
    file = planted.folder.parent / "policy.yaml"
    file.write_text(POLICY)
    return str(file)


def test_each_rule_passes_fails_or_is_inconclusive(
    rules: str, planted: Planted, policy: Talk, code: Talk, dependencies: Talk, quality: Talk, findings: Talk
) -> None:
    folder = str(planted.folder)
    results = {
        "code": code.call("scan", path=folder),
        "permissions": code.call("permissions", path=folder),
        "dependencies": dependencies.call("audit", path=folder),
        "quality": quality.call("assess", path=folder),
    }
    result = policy.call("check", path=folder, policy=rules, results=results, max_seconds=6)
    verdicts = {row["line"]: (row["status"], row["why"]) for row in result["rules"] if row["line"] != 4}
    assert [row["status"] for row in result["rules"] if row["line"] == 4] == ["fail", "pass"]
    assert {line: status for line, (status, _) in verdicts.items()} == {
        **{5: "fail", 7: "fail", 8: "inconclusive", 10: "fail", 12: "fail", 13: "pass", 14: "inconclusive", 15: "fail"},
    }
    assert verdicts[7][1] == "app/run.py:5"
    assert "took longer than" in verdicts[8][1]
    assert result["status"] == "fail"
    assert ("forbidden-pattern", "app/run.py", 5) in {(f["rule"], f["file"], f["line"]) for f in result["findings"]}
    written = findings.call("sarif", results=[result], folder=str(planted.folder.parent / "out"))
    sarif = json.loads(Path(written["path"]).read_text())
    assert len(sarif["runs"][0]["results"]) == written["results"] > 4


def test_findings_of_real_scanners_are_merged(planted: Planted, code: Talk, secrets: Talk, findings: Talk) -> None:
    folder = str(planted.folder)
    results = [secrets.call("scan", path=folder), code.call("scan", path=folder)]
    merged = findings.call("merge", results=results)
    password = [item for item in merged["findings"] if (item["file"], item["line"]) == ("app/run.py", 8)]
    assert len(password) == 1
    assert len(password[0]["sources"]) == 2
    assert merged["merged"] >= 1


def test_hardening_is_real_or_says_what_is_missing(hardening: Talk) -> None:
    result = hardening.call("audit", groups=["banners"], max_seconds=100)
    if shutil.which("lynis", path="/usr/sbin:/usr/bin:/usr/local/bin"):
        assert result["coverage"]["checks"] > 0
    else:
        assert result["status"] == "inconclusive"
        assert "install" in result["coverage"]["gaps"][0]


@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_a_policy_that_never_ends_is_refused(policy: Talk, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "policy.yaml"
    os.mkfifo(place) if kind == "a pipe" else place.symlink_to("/dev/zero")
    assert "not a regular file" in policy.refusal("check", path=str(tmp_path), policy=str(place), results={})
