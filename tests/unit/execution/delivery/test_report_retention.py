"""Reports of tasks that are long forgotten are removed, and nothing else."""

import os
import threading
import time
from pathlib import Path

import pytest

from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.report_retention import ReportRetention
from tests.conftest import eventually

DAY = 86_400
OLD, YOUNG, KNOWN, GONE, LINKED = "0000000000a1", "0000000000a2", "aaaaaaaaaaaa", "0000000000a3", "0000000000a4"


def report(home: Path, task: str, *, days: float) -> Path:
    """The report of a task that was written so many days ago."""
    folder = home / "reports" / task
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "report.html").write_text("x")
    for path in (folder / "sub" / "report.html", folder / "sub", folder):
        os.utime(path, (time.time() - days * DAY,) * 2)
    return folder


def test_what_is_old_and_forgotten_goes(tmp_path: Path) -> None:
    old, young, known = report(tmp_path, OLD, days=91), report(tmp_path, YOUNG, days=80), tmp_path / "reports" / KNOWN
    report(tmp_path, KNOWN, days=400)
    asked: list[list[str]] = []

    def of_store(ids: list[str]) -> set[str]:
        asked.append(ids)
        return {KNOWN}

    assert ReportRetention(tmp_path, 90, of_store).clean() == 1
    assert asked == [[KNOWN, OLD]]
    assert [one.exists() for one in (old, young, known)] == [False, True, True]


def test_a_file_that_was_written_since_keeps_its_folder(tmp_path: Path) -> None:
    folder = report(tmp_path, OLD, days=200)
    (folder / "sub" / "report.html").write_text("again")
    os.utime(folder, (time.time() - 200 * DAY,) * 2)
    assert ReportRetention(tmp_path, 90, lambda _: set()).clean() == 0


def test_links_other_names_and_the_files_of_answers_are_left_alone(tmp_path: Path) -> None:
    elsewhere = report(tmp_path / "elsewhere", "mine", days=300)
    for name in ("files", "not a task", ".hidden", "archive", "2025-quarter-1"):
        report(tmp_path, name, days=300)
    (tmp_path / "reports" / LINKED).symlink_to(elsewhere, target_is_directory=True)
    inside = report(tmp_path, GONE, days=300)
    (inside / "link").symlink_to(elsewhere, target_is_directory=True)
    os.utime(inside / "link", (0, 0), follow_symlinks=False)
    os.utime(inside, (0, 0))
    assert ReportRetention(tmp_path, 90, lambda _: set()).clean() == 1
    assert (elsewhere / "sub" / "report.html").exists()
    assert sorted(one.name for one in (tmp_path / "reports").iterdir()) == [
        ".hidden", LINKED, "2025-quarter-1", "archive", "files", "not a task",
    ]  # fmt: skip


def test_nothing_goes_while_nobody_says_what_is_known(tmp_path: Path) -> None:
    def away(_ids: list[str]) -> set[str]:
        raise StoreUnavailable("away")

    folder = report(tmp_path, OLD, days=200)
    with pytest.raises(StoreUnavailable):
        ReportRetention(tmp_path, 90, away).clean()
    assert folder.exists()


def test_its_thread_removes_and_ends_and_zero_days_are_for_ever(tmp_path: Path) -> None:
    folder = report(tmp_path, OLD, days=200)
    for days, there in ((0, True), (90, False)):
        looking = ReportRetention(tmp_path, days, lambda _: set())
        looking.start()
        eventually(lambda there=there: folder.exists() is there, 10)
        looking.stop()
    assert "report-retention" not in {one.name for one in threading.enumerate()}


def test_a_home_without_reports(tmp_path: Path) -> None:
    assert ReportRetention(tmp_path, 1, lambda _: {"never asked"}).clean() == 0
