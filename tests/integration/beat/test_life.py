"""Signs of life of beats, and the metrics that are made of what they leave in the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aether_agents.contracts import Fired, HighLevelTask
from aether_agents.store import Store
from beat import life as signs
from beat.life import HANG_TIMEOUT, Life
from tests.integration.monitoring.test_metrics import numbers


def test_of_two_beats_one_fires_and_both_are_seen_until_they_leave(store: Store, tmp_path: Path) -> None:
    assert not [key for key in numbers(store) if "beat" in key[0]], "where no beat ran, none is missing"
    first, second = Life(store, tmp_path / "alive"), Life(store, None)
    second._name = "another:1"
    first.looked()
    second.waits()
    for _ in range(2):
        first.sign()
        second.sign()
    seen = numbers(store)
    assert (seen["aether_beats", "fires"], seen["aether_beats", "waits"]) == (1, 1)
    now = float(store.connection.command("TIME")[0])
    assert abs(seen["aether_beat_looked_timestamp_seconds",] - now) < 30
    assert (tmp_path / "alive").exists()
    assert store.connection.command("PTTL", store.keys.beats) > 0
    first.leave()
    second.looked()
    second.sign()
    seen = numbers(store)
    assert (seen["aether_beats", "fires"], seen["aether_beats", "waits"]) == (1, 0)
    second.leave()
    assert numbers(store)["aether_beats", "fires"] == 0, "that is what the rule for a dead beat looks at"


def test_a_beat_that_hangs_gives_no_sign(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [1000.0]
    monkeypatch.setattr(signs.time, "monotonic", lambda: now[0])
    life = Life(store, tmp_path / "alive")
    now[0] += 10 * HANG_TIMEOUT
    life.sign()
    assert (tmp_path / "alive").exists(), "who waits for his turn may wait for long"
    (tmp_path / "alive").unlink()
    life.looked()
    now[0] += HANG_TIMEOUT + 1
    life.sign()
    assert not (tmp_path / "alive").exists()
    assert "beat hangs" in caplog.text
    assert [one.state for one in store.beats.all()] == ["waits"], "what was said last stands"
    life.looked()
    life.sign()
    assert (tmp_path / "alive").exists()


def test_a_beat_that_died_is_forgotten_after_an_hour(store: Store) -> None:
    store.beats.say("dead:1", "fires")
    key = store.keys.beats
    second = int(store.connection.command("TIME")[0])
    for word, state in ((f"fires {(second - 31) * 1000} 0", "left"), ("nonsense", "left"), ("fires x y", "left")):
        store.connection.command("HSET", key, "dead:1", word)
        assert [one.state for one in store.beats.all()] == [state]
    store.beats.say("new:1", "waits")
    assert [one.name for one in store.beats.all()] == ["new:1"]


def test_each_slot_is_counted_once_however_often_it_is_told(store: Store) -> None:
    slot = datetime(2026, 3, 29, 2, 17, tzinfo=UTC)
    for _ in range(2):
        store.schedules.fired("night", Fired(slot=slot, task_id="t1", missed=3))
    store.schedules.fired("night", Fired(slot=slot + timedelta(days=1), task_id="", error="paused"))
    store.schedules.fired("broken", Fired(slot=slot, task_id="", error="there is no such template"))
    seen = numbers(store)
    assert {key[1:]: value for key, value in seen.items() if key[0] == "aether_schedule_slots_total"} == {
        ("fired", "night"): 1,
        ("missed", "night"): 3,
        ("paused", "night"): 1,
        ("failed", "broken"): 1,
    }
    assert seen["aether_schedule_slot_timestamp_seconds", "night"] == (slot + timedelta(days=1)).timestamp()


def test_what_nobody_links_is_seen(store: Store) -> None:
    before = numbers(store)["aether_audit_entries_total",]
    store.tasks.create(HighLevelTask(task_id="one", description="look"))
    assert store.audit.linked().waiting
    store.linker.turn()
    seen = numbers(store)
    assert seen["aether_audit_entries_total",] > before
    assert seen["aether_audit_unlinked_seconds",] == 0
