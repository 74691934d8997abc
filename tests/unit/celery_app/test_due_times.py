"""Slots: the moments at which a schedule is due, and which of them were missed."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from aether_agents.celery_app.due_times import MOST_TOLD, DueTimes, due
from aether_agents.contracts import AddedSchedule, GitIdentity
from aether_agents.errors import InvalidSettings
from aether_agents.settings.loader import load_settings
from aether_agents.settings.model import ScheduleSettings
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


def test_a_task_commits_as_who_added_its_schedule_and_one_of_the_settings_as_the_worker() -> None:
    settings, ann = ScheduleSettings(every=60, task="look"), GitIdentity(name="Ann", email="ann@example.org")
    kept = AddedSchedule(owner="ann", at=at("2026-11-22 03:00:00"), sentence="…", settings={}, git=ann)
    made = task_of("night", settings, at("2026-11-22 03:00:00"), added=kept)
    assert (made.owner, made.added_by, made.git) == ("schedule:night", "ann", ann)
    assert task_of("night", settings).git is None
    before = kept.model_dump(mode="json", exclude={"git"})  # as the version before kept it
    assert AddedSchedule.model_validate(before).git is None


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


BERLIN = {"timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("crontab", "start", "expected"),
    [
        # Clocks go from 2:00 to 3:00 on 2026-03-29 (01:00 UTC): the slot comes as the clock jumps, and once.
        ("30 2 * * *", "2026-03-28 00:00", ["2026-03-28 01:30", "2026-03-29 01:30", "2026-03-30 00:30"]),
        ("0 3 * * *", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 01:00", "2026-03-31 01:00"]),
        # Clocks go back from 3:00 to 2:00 on 2026-10-25 (01:00 UTC): what is there twice comes at its first time.
        ("30 2 * * *", "2026-10-24 00:00", ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"]),
        ("30 2 * * *", "2026-10-25 00:45", ["2026-10-26 01:30"]),
        # By the hour: none is left out, none is the same twice.
        ("15 * * * *", "2026-03-29 00:00", ["2026-03-29 00:15", "2026-03-29 01:15", "2026-03-29 02:15"]),
        ("15 * * * *", "2026-10-25 00:00", ["2026-10-25 00:15", "2026-10-25 01:15", "2026-10-25 02:15"]),
        ("0 3 * * 0", "2026-03-27 00:00", ["2026-03-29 01:00", "2026-04-05 01:00"]),
    ],
)
def test_each_slot_of_a_zone_comes_once_through_both_changes(crontab: str, start: str, expected: list[str]) -> None:
    found, moment = slots(crontab=crontab, **BERLIN), at(start)
    seen = [moment := found.after(moment) for _ in expected]
    assert seen == [at(one) for one in expected]
    assert found.latest(seen[-1]) == seen[-1]
    assert list(found.between(at(start), seen[-1])) == seen


def test_a_change_by_half_an_hour() -> None:
    found, moment = slots(crontab="15 2 * * *", timezone="Australia/Lord_Howe"), at("2026-10-02 20:00")
    seen = [moment := found.after(moment) for _ in range(3)]  # on 2026-10-04 2:00 becomes 2:30: 15:45 UTC, then 15:15
    assert seen == [at("2026-10-03 15:45"), at("2026-10-04 15:15"), at("2026-10-05 15:15")]


def test_a_year_of_nights_has_as_many_slots_as_nights() -> None:
    found = slots(crontab="30 2 * * *", **BERLIN)
    nights = list(found.between(at("2026-01-01 00:00"), at("2027-01-01 00:00")))
    assert (len(nights), len(set(nights))) == (365, 365)


def test_a_zone_is_looked_at_each_hour_and_a_name_that_is_none_is_refused() -> None:
    assert slots(crontab="30 2 * * *", **BERLIN).for_celery.minute == {30}
    assert slots(crontab="30 2 * * *", timezone="Asia/Kolkata").for_celery.minute == {0}
    with pytest.raises(ValidationError, match="Europe/Berlin"):
        slots(crontab="30 2 * * *", timezone="Berlin")
    with pytest.raises(ValidationError, match="`timezone` is for `crontab`"):
        slots(every=60, **BERLIN)
