"""Beat itself, in processes of its own on a real Valkey: each slot once with two beats, pauses, missed slots."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aether_agents.contracts import Fired
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import ScheduleSettings, Settings
from aether_agents.store import Store, open_store
from beat.firing import task_of
from tests.conftest import eventually

ROOT = Path(__file__).parents[3]
PROGRAM = """
import os
from aether_agents.settings.model import Settings
from beat.service import serve
serve(Settings.model_validate_json(os.environ["AETHER_TEST_SETTINGS"]), (), lambda: print("ready", flush=True))
"""


@contextmanager
def beating(settings: Settings, log: Path, *, ready: bool = True) -> Iterator[subprocess.Popen[str]]:
    """A beat in a process of its own, told to end in the end."""
    with log.open("a") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**os.environ, "AETHER_TEST_SETTINGS": settings.model_dump_json()},
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    try:
        assert process.stdout is not None
        if ready:
            assert process.stdout.readline() == "ready\n", log.read_text()
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def scheduled(settings: Settings) -> Settings:
    """Settings with a schedule that is due every second."""
    return settings.model_copy(update={"schedules": {"often": ScheduleSettings(every=1, task="look")}})


def fired(store: Store) -> Fired | None:
    note = store.schedules.notes().get("often")
    return note.fired if note else None


def test_each_slot_is_one_task_with_two_beats_and_another_takes_over(
    scheduled: Settings, store: Store, tmp_path: Path
) -> None:
    logs = [tmp_path / f"beat{number}.log" for number in (1, 2)]
    with beating(scheduled, logs[0]) as first, beating(scheduled, logs[1]):
        eventually(lambda: len(store.tasks.recent(50)) >= 3, what="three slots were fired")
        states = ["fires", "waits"]
        eventually(lambda: sorted(one.state for one in store.beats.all()) == states, 20, "one fires, one waits")
        first.terminate()
        assert first.wait(10) == 0
        seen = len(store.tasks.recent(50))
        eventually(lambda: len(store.tasks.recent(50)) >= seen + 2, what="the second beat fires")
    assert all("Traceback" not in log.read_text() for log in logs), [log.read_text() for log in logs]
    tasks = store.tasks.recent(200)
    assert {task.owner for task in tasks} == {"schedule:often"}
    born = sorted(task.created_at for task in tasks if task.created_at)
    start, end = born[0] - timedelta(seconds=13), born[-1]
    slots = [start.replace(microsecond=0) + timedelta(seconds=n) for n in range(int((end - start).total_seconds()) + 2)]
    ours = {task_of("often", scheduled.schedules["often"], slot).task_id for slot in slots}
    assert {task.task_id for task in tasks} <= ours, "every task is that of a slot"


def test_a_beat_that_was_stopped_for_long_goes_on(scheduled: Settings, store: Store, tmp_path: Path) -> None:
    logs = [tmp_path / f"beat{number}.log" for number in (1, 2)]
    lock = f"{store.keys.beat}:lock"
    with beating(scheduled, logs[0]) as first:
        eventually(lambda: fired(store), what="the first beat fires")
        first.send_signal(signal.SIGSTOP)
        store.connection.command("DEL", lock)  # as it ends by itself after a while
        with beating(scheduled, logs[1]) as second:
            seen = fired(store)
            eventually(lambda: fired(store) != seen, what="the second beat takes over")
            first.send_signal(signal.SIGCONT)
            eventually(lambda: "it waits" in logs[0].read_text(), what="the first one sees that it has lost its turn")
            assert (first.poll(), second.poll()) == (None, None)
        seen = fired(store)
        eventually(lambda: fired(store) != seen, what="the first beat fires again when the second has ended")
        assert first.poll() is None
    assert all("Traceback" not in log.read_text() for log in logs), [log.read_text() for log in logs]


def test_paused_slots_are_left_out_and_missed_ones_told(scheduled: Settings, store: Store, tmp_path: Path) -> None:
    log = tmp_path / "beat.log"
    store.schedules.pause("often")
    with beating(scheduled, log):
        eventually(lambda: (was := fired(store)) and was.error == "paused")
        assert store.tasks.recent(5) == []
        assert store.schedules.resume("often")
        eventually(lambda: store.tasks.recent(5))
    before = fired(store)
    assert before is not None
    eventually(lambda: datetime.now(UTC) > before.slot + timedelta(seconds=4), what="slots pass with no beat")
    with beating(scheduled, log):
        again = eventually(lambda: (was := fired(store)) is not None and was.slot > before.slot and was)
    assert again is not True
    assert again.missed >= 2
    assert "was missed, only the latest is run" in log.read_text()


def test_the_command_that_celery_knows_finds_it_too(scheduled: Settings, store: Store, tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "AETHER_REDIS_URL": str(scheduled.broker.url),
        "AETHER_BROKER__PREFIX": scheduled.broker.prefix,
        "AETHER_SEALING_KEY_FILE": str(scheduled.encryption.key_file),
        "AETHER_HOME": str(tmp_path / "home"),
        "AETHER_SCHEDULES": '{often: {every: 1, task: "look"}}',
    }
    command = [sys.executable, "-m", "celery", "-A", "beat.celery", "beat", "--pidfile", ""]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        eventually(lambda: store.tasks.recent(5) or process.poll() is not None)
        assert process.poll() is None, (tmp_path / "log").read_text()
    finally:
        process.terminate()
        process.wait(10)
    assert store.tasks.recent(5)


def test_a_store_that_refuses_for_a_while_is_waited_for(scheduled: Settings, tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "refusing") as server:
        own = scheduled.model_copy(update={"broker": scheduled.broker.model_copy(update={"url": server.url})})
        with open_store(own) as store:
            store.connection.command("CONFIG", "SET", "maxmemory", 1)
            log = tmp_path / "beat.log"
            with beating(own, log, ready=False) as process:
                eventually(lambda: "work waits" in log.read_text(), what="it waits before it begins")
                store.connection.command("CONFIG", "SET", "maxmemory", 0)
                eventually(lambda: store.tasks.recent(10), what="it fires")
                store.connection.command("REPLICAOF", "127.0.0.1", 1)
                eventually(lambda: "read-only replica" in log.read_text(), what="it waits in the middle")
                store.connection.command("REPLICAOF", "NO", "ONE")
                fired = len(store.tasks.recent(100))
                eventually(lambda: len(store.tasks.recent(100)) > fired, what="it fires again")
                assert process.poll() is None
            assert log.read_text().count("work waits") <= 4
