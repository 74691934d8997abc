"""Results of figures of a machine."""

import pytest

from workers.infra.servers.host.clock import judged
from workers.infra.servers.host.readings import CheckName, Reading, gaps, judge
from workers.infra.servers.host.services import counted, failed_units


@pytest.mark.parametrize(
    ("value", "limit", "result", "severity"),
    [
        (89.9, 90, "pass", None),
        (90.0, 90, "fail", "high"),
        (99.0, 90, "fail", "critical"),
        (0.0, 0, "fail", "high"),
        (None, 90, "inconclusive", None),
    ],
)
def test_a_disk_against_its_limit(value: float | None, limit: float, result: str, severity: str | None) -> None:
    check, finding = judge(Reading("disks", "/var", value, limit, "%", "1 GiB free"))
    assert check.result == result
    assert (finding.severity if finding else None) == severity
    if finding:
        assert (finding.file, finding.title) == ("/var", "Disk nearly full")
        assert f"the limit is {limit:g}%" in finding.detail


@pytest.mark.parametrize(("name", "severity"), [("load", "medium"), ("swap", "medium"), ("memory", "high")])
def test_other_figures_have_their_own_severity(name: CheckName, severity: str) -> None:
    _, finding = judge(Reading(name, "the machine", 5.0, 1.0, ""))
    assert finding is not None
    assert finding.severity == severity


def test_what_cannot_be_known_is_a_gap_with_its_reason() -> None:
    assert gaps([Reading("clock", "the kernel", None, 1, "s", "why"), Reading("load", "x", 1, 2, "")]) == [
        "clock of the kernel: why"
    ]


#: `systemctl list-units --state=failed --no-legend --plain --no-pager --full` of systemd 252.
SAID = """\
apt-daily.service                  loaded failed failed Daily apt download activities
nginx.service                      loaded failed failed A high performance web server\x1b[31m
"""


def test_failed_services_are_counted_and_named() -> None:
    reading = counted(failed_units(SAID))
    assert (reading.value, reading.note) == (2, "apt-daily.service, nginx.service")
    check, finding = judge(reading)
    assert check.result == "fail"
    assert finding is not None
    assert "nginx.service" in finding.detail


def test_no_failed_service_passes() -> None:
    check, finding = judge(counted(failed_units("")))
    assert (check.result, finding) == ("pass", None)


def test_a_clock_that_nothing_keeps_in_step_is_not_judged() -> None:
    assert judged(0x40, 16_000_000, 1).value is None
    assert judged(0x2001, 250_000, 1).value == 0.25
