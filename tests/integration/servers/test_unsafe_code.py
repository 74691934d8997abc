"""What is made of bandit's report, and of its absence."""

from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import ScanResult
from workers.inspection.repository import Repository
from workers.security.servers.scan import unsafe_code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("x = 1\n")
    return tmp_path


def scan(folder: Path, monkeypatch: pytest.MonkeyPatch, program: object) -> ScanResult:
    monkeypatch.setattr(Job, "program", program)
    monkeypatch.setattr(unsafe_code, "CHUNK", 2)
    return unsafe_code.scan_code(Repository(str(folder)), Job(60))


def test_a_flood_of_findings_is_a_gap_and_the_rest_is_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def program(job: Job, command: list[str], *_: object) -> object:
        raise Beyond("32 MiB of findings")

    result = scan(folder, monkeypatch, program)
    assert result.status == "inconclusive"
    assert result.coverage.gaps == [
        "2 Python files: beyond the bound of 32 MiB of findings (left out by a limit of ours)",
        "1 Python files: beyond the bound of 32 MiB of findings (left out by a limit of ours)",
    ]


def test_a_bandit_that_does_not_work_is_no_clean_bill(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def program(job: Job, command: list[str], *_: object) -> object:
        return type("Done", (), {"stdout": b"", "stderr": b"x\nNo module named bandit\n", "returncode": 1})

    with pytest.raises(ToolError, match=r"bandit failed \(No module named bandit\): check it with"):
        scan(folder, monkeypatch, program)


def test_what_may_only_run_confined_and_cannot_is_a_gap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AETHER_ISOLATION", "required")
    monkeypatch.setattr("workers.inspection.bounded_job.mechanism", lambda: None)
    result = unsafe_code.scan_code(Repository(str(folder)), Job(60))
    assert result.status == "inconclusive"
    assert "`isolation: required`, since this machine cannot confine a program" in result.coverage.gaps[0]
