"""An outage is said once, with each cause it has, and its end."""

import logging

import pytest

from aether_agents.errors import StoreRefuses
from aether_agents.execution.delivery import outage as module
from aether_agents.execution.delivery.outage import Outage

FULL = StoreRefuses("the store at redis://box answers, but refuses (OOM): its memory is full: give it more")


def messages(said: list[logging.LogRecord]) -> list[str]:
    return [record.getMessage() for record in said if record.levelno > logging.DEBUG]


def test_a_thousand_who_meet_it_are_one_warning_and_one_end(said: list[logging.LogRecord]):
    outage = Outage()
    for _ in range(1_000):
        outage.trouble(FULL)
        outage.trouble(StoreRefuses(str(FULL).replace(" at redis://box", "")))  # the broker's side, without address
    assert outage.lasts
    outage.over()
    outage.over()
    assert not outage.lasts
    assert messages(said) == [f"work waits: {FULL}", "the store and the broker are back"]


def test_each_cause_of_an_outage_is_said(said: list[logging.LogRecord]):
    outage = Outage()
    for error in ("gone", FULL, "gone", FULL):
        outage.trouble(error)
    assert messages(said) == ["the store or the broker is away: gone", f"work waits: {FULL}"]


def test_what_comes_and_goes_is_not_said_each_time(said: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch):
    outage = Outage()
    for _ in range(100):
        outage.trouble("gone")
        outage.over()
    assert len(messages(said)) == 2
    monkeypatch.setattr(module, "QUIET", 0.0)
    outage.trouble("gone")
    assert len(messages(said)) == 3
