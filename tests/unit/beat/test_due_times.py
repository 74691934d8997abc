"""Slots: the moments at which a schedule is due, and which of them were missed."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from aether_agents.errors import InvalidSettings
from aether_agents.settings.loader import load_settings
from aether_agents.settings.model import ScheduleSettings
from beat.due_times import MOST_TOLD, DueTimes, due
from beat.firing import task_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(**times: object) -> DueTimes:
    return DueTimes("s", ScheduleSettings.model_validate({"task": "look", **times}))


@pytest.mark.parametrize(
    ("crontab", "now", "latest", "after"),
    [
        ("17 3 * * *", "2026-03-29 03:17:00", "2026-03-29 03:17:00", "2026-03-30 03:17:00"),
        ("17 3 * * *", "2026-03-29 03:16:59", "2026-03-28 03:17:00", "2026-03-29 03:17:00"),
        ("*/5 * * * *", "2026-10-25 01:02:30", "2026-10-25 01:00:00", "2026-10-25 01:05:00"),
        ("0 0 1 * *", "2026-02-20 12:00:00", "2026-02-01 00:00:00", "2026-03-01 00:00:00"),
        ("30 6 * * mon", "2026-11-22 00:00:00", "2026-11-16 06:30:00", "2026-11-23 06:30:00"),
        ("0 12 29 2 *", "2026-11-22 00:00:00", "2024-02-29 12:00:00", "2028-02-29 12:00:00"),
    ],
)
def test_a_crontab_in_utc(crontab: str, now: str, latest: str, after: str) -> None:
    found = slots(crontab=crontab)
    assert found.latest(at(now)) == at(latest)
    assert found.after(at(now)) == at(after)


def test_an_interval_is_counted_from_the_epoch_so_it_never_drifts() -> None:
    found = slots(every=90)
    now = at("2026-11-22 10:00:47")
    assert found.latest(now) == at("2026-11-22 10:00:00")
    assert found.after(now) == at("2026-11-22 10:01:30")
    assert found.after(found.after(now)) == at("2026-11-22 10:03:00")


def test_of_missed_slots_the_latest_is_due_and_the_others_are_told() -> None:
    found = due(slots(crontab="0 3 * * *"), at("2026-11-18 03:00:00"), at("2026-11-22 09:00:00"))
    assert found is not None
    assert found.slot == at("2026-11-22 03:00:00")
    assert [one.day for one in found.missed] == [19, 20, 21]
    assert found.total == 3
    assert due(slots(crontab="0 3 * * *"), at("2026-11-22 03:00:00"), at("2026-11-22 09:00:00")) is None


def test_what_was_missed_for_years_is_bounded() -> None:
    found = due(slots(every=60), at("2020-01-01 00:00:00"), at("2026-01-01 00:00:00"))
    assert found is not None
    assert len(found.missed) == MOST_TOLD
    assert found.slot == at("2026-01-01 00:00:00")


def test_the_same_slot_is_the_same_task_and_by_hand_it_is_a_new_one() -> None:
    settings = ScheduleSettings(every=60, task="look", inputs={"path": "."})
    slot = at("2026-11-22 03:00:00")
    one, again = task_of("night", settings, slot), task_of("night", settings, slot)
    assert one.task_id == again.task_id
    assert one.owner == "schedule:night"
    others = [
        task_of("day", settings, slot),
        task_of("night", settings, slot + timedelta(1)),
        task_of("night", settings),
    ]
    assert len({one.task_id, *(other.task_id for other in others)}) == 4


def test_a_schedule_says_one_time_and_a_crontab_that_is_none_is_named() -> None:
    for times in ({}, {"crontab": "0 3 * * *", "every": 60}, {"crontab": "0 3 * *"}):
        with pytest.raises(ValidationError):
            slots(**times)
    with pytest.raises(InvalidSettings, match=r"`schedules\.s\.crontab`: `61 3"):
        slots(crontab="61 3 * * *")


def test_this_repository_means_the_folder_of_the_file(tmp_path: object) -> None:
    settings = load_settings(overrides={"schedules": {"night": {"every": 60, "task": "look", "folder": "sub"}}})
    folder = settings.schedules["night"].folder
    assert folder is not None
    assert folder.is_absolute()
    assert folder.name == "sub"
