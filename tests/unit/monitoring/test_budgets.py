"""Budgets: what is gone of each today, and which settings are none."""

import pytest
from pydantic import ValidationError

from aether_agents.monitoring.budgets import Spending, spending
from aether_agents.settings.model import Settings
from aether_agents.settings.upkeep import ALL_SERVERS, AlertSettings


def test_each_budget_is_held_against_the_calls_of_its_server_and_one_against_all() -> None:
    found = spending({"git": 3, ALL_SERVERS: 10, "quiet": 1}, {"git": 3, "code": 4})
    assert found == [Spending(ALL_SERVERS, 7, 10), Spending("git", 3, 3), Spending("quiet", 0, 1)]
    assert [one.spent for one in found] == [False, True, False]


def test_without_budgets_nothing_is_spent() -> None:
    assert spending({}, {"git": 1_000_000}) == []


@pytest.mark.parametrize(
    "budget", [0, -1, "many", None, 1.5, {"calls": 0}, {"stop": True}, {"calls": 5, "stopp": True}]
)
def test_a_budget_is_a_whole_number_from_one(budget: object) -> None:
    with pytest.raises(ValidationError, match=r"budgets\.git"):
        AlertSettings.model_validate({"budgets": {"git": budget}})


def test_a_budget_alone_is_something_for_beat_to_do() -> None:
    assert not Settings().wants_beat
    assert Settings(alerts=AlertSettings(budgets={"git": 1})).wants_beat
