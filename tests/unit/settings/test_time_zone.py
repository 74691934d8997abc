"""Time zones: the one of a machine, and names that are none."""

from pathlib import Path

import pytest

from aether_agents.planning.sentence.recurrence import read_recurrence
from aether_agents.settings.time_zone import is_zone, known_zone, machine_zone


def test_the_zone_of_a_machine_is_that_of_its_clock(tmp_path: Path) -> None:
    place = tmp_path / "zoneinfo" / "Europe"
    place.mkdir(parents=True)
    (place / "Berlin").touch()
    local = tmp_path / "localtime"
    local.symlink_to(place / "Berlin")
    assert machine_zone({}, local) == "Europe/Berlin"
    assert machine_zone({"TZ": "Asia/Tokyo"}, local) == "Asia/Tokyo"
    assert machine_zone({"TZ": "nonsense"}, tmp_path / "nothing") == "UTC"


def test_what_is_no_zone_is_said_with_an_example() -> None:
    assert is_zone("Europe/Berlin")
    with pytest.raises(ValueError, match="write it as `Europe/Berlin`"):
        known_zone("../../etc/passwd")


@pytest.mark.parametrize(
    ("sentence", "task", "zone"),
    [
        ("Back up ./shop.db every night at 02:30 Europe/Berlin", "Back up ./shop.db", "Europe/Berlin"),
        ("Back up ./shop.db every night at 2 in America/New_York", "Back up ./shop.db", "America/New_York"),
        ("Back up ./shop.db every night at 2 (Asia/Tokyo)", "Back up ./shop.db", "Asia/Tokyo"),
        ("Back up ./shop.db every night at 2 UTC", "Back up ./shop.db", "UTC"),
        ("Audit ./Europe/Berlin every night", "Audit ./Europe/Berlin", ""),
        ("Back up ./Data/Shop every night at 2", "Back up ./Data/Shop", ""),
    ],
)
def test_a_sentence_names_its_zone(sentence: str, task: str, zone: str) -> None:
    found = read_recurrence(sentence)
    assert (found.task, found.zone, bool(found.crontab)) == (task, zone, True)
