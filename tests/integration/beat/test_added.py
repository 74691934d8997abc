"""Schedules that people add: sealed, fired by a beat that runs already, forgotten when they are removed."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aether_agents.contracts import AddedSchedule, GitIdentity
from aether_agents.settings.model import ScheduleSettings, Settings
from aether_agents.store import Store, owner_of
from beat.added import with_added
from tests.conftest import eventually
from tests.integration.beat.test_beat import beating

ANN = GitIdentity(name="Ann", email="ann@example.org")


def added(**settings: object) -> AddedSchedule:
    """A schedule as a person adds it."""
    told = {"every": 1, "task": "look", **settings}
    said = {"owner": "ann", "at": datetime.now(UTC), "sentence": "…", "settings": told, "git": ANN}
    return AddedSchedule.model_validate(said)


def test_a_beat_that_runs_fires_what_is_added_and_stops_when_it_is_removed(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "beat.log"
    with beating(settings, log):
        assert store.schedules.add("often", added())
        eventually(lambda: len(store.tasks.recent(50)) >= 2, 60, what="what was added is fired")
        assert {one.owner for one in store.tasks.recent(50)} == {owner_of("often")}
        made = store.tasks.task(store.tasks.recent(1)[0].task_id)
        assert (made.added_by, made.git) == ("ann", ANN), "it commits as who added it, not as who runs the worker"
        begun = log.read_text().count("beginning again")  # none, if it was added before beat first looked
        assert store.schedules.remove("often")
        eventually(lambda: log.read_text().count("beginning again") > begun, 60, what="it is noticed")
        # A slot that was being fired may have been noted after that: a beat that begins forgets it.
        eventually(lambda: "often" not in store.schedules.notes(), 60, what="nothing is known of it")
    assert "Traceback" not in log.read_text()


def test_it_is_sealed_to_its_name_and_the_settings_own_name_stays_theirs(
    settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    assert store.schedules.add("mine", added())
    assert not store.schedules.add("mine", added(task="another"))
    assert store.schedules.add("night", added(task="forged by name"))
    assert store.schedules.add("wrong", added(crontab="61 * * * *", every=None))
    hash_key = store.keys.added_schedules
    blob = store.connection.command("HGET", hash_key, "mine")
    assert b"look" not in blob
    store.connection.command("HSET", hash_key, "copied", blob)
    own = settings.model_copy(update={"schedules": {"night": ScheduleSettings(every=60, task="scan")}})
    with caplog.at_level(logging.WARNING):
        found = with_added(own, store.schedules).schedules
    assert {name: one.task for name, one in found.items()} == {"mine": "look", "night": "scan"}
    assert "the schedule copied that was added is left out" in caplog.text
    assert "the schedule wrong that was added is left out" in caplog.text
    assert not store.schedules.remove("none")
