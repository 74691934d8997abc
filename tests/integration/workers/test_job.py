"""A bounded piece of work: it ends in time, within its bounds, and when nobody wants it any more."""

import sys
import time
from pathlib import Path

import pytest

from workers.inspection.bounded_job import BOUNDS, MAX_OUTPUT, Beyond, Job, Stopped


def test_a_programs_output_comes_back(tmp_path: Path) -> None:
    done = Job(30).program([sys.executable, "-c", "import os,sys; print(os.getcwd()); sys.exit(3)"], tmp_path)
    assert (done.returncode, done.stdout.decode().strip()) == (3, str(tmp_path))


def test_a_program_is_fed(tmp_path: Path) -> None:
    done = Job(30).program([sys.executable, "-c", "print(input() * 2)"], tmp_path, b"ab")
    assert done.stdout == b"abab\n"


def test_a_program_gets_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://secret")
    done = Job(30).program([sys.executable, "-c", "import os; print(sorted(os.environ))"], tmp_path)
    assert b"AETHER" not in done.stdout
    assert b"HOME" not in done.stdout


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(Beyond, match=r"0\.3 s"):
        Job(0.3).program([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    assert time.monotonic() - started < 10


def test_a_program_that_writes_without_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Beyond, match="32 MiB of findings"):
        Job(60).program([sys.executable, "-c", "while True: print('x' * 1_000_000)"], tmp_path)
    assert MAX_OUTPUT == 32 << 20


def test_a_program_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    job = Job(60)
    job.stopped = True
    with pytest.raises(Stopped):
        job.program([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)


def test_progress_comes_now_and_then_and_never_beyond_the_whole() -> None:
    heard: list[tuple[float, str]] = []
    job = Job(60, lambda fraction, message: heard.append((fraction, message)))
    for number in range(1_000):
        job.progress(7.0, f"file {number}")
    assert heard == [(1.0, "file 0")]


def test_a_job_nobody_wants_reports_no_progress() -> None:
    heard: list[str] = []
    job = Job(60, lambda _, message: heard.append(message))
    job.stopped = True
    job.progress(0.5, "still here")
    assert heard == []


def test_a_program_that_nothing_confines_has_a_home_and_bounds_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AETHER_ISOLATION", "off")
    look = "import os,resource; print(os.listdir(os.environ['HOME']), resource.getrlimit(resource.RLIMIT_DATA)[0])"
    done = Job(30).confined([sys.executable, "-c", look], tmp_path)
    assert done.stdout.decode().split() == ["[]", str(BOUNDS.memory)]
    greedy = Job(30).confined([sys.executable, "-c", f"bytearray({BOUNDS.memory + 1})"], tmp_path)
    assert b"MemoryError" in greedy.stderr
