"""Limits that stop: which apply to a call, what is said when one is full, and what belongs to a call that was made."""

from typing import Any

import pytest

from aether_agents.errors import LimitReached, StoreUnavailable
from aether_agents.execution.delivery.call_limits import CallLimits
from aether_agents.execution.delivery.leases import Lease
from aether_agents.settings.model import Settings
from aether_agents.store.measures.spent_calls import Bounds, Spent

RUN, OTHER = Lease("t", "a", 1), Lease("t", "b", 2)


class Counter:
    """Counts for one process, and remembers what it was asked."""

    def __init__(self, full: str = "") -> None:
        self.full = full
        self.asked: list[tuple[str, float, Bounds, bool]] = []
        self.back: list[int] = []
        self.away = False

    def spend(self, _task: str, server: str, cost: float, bounds: Bounds, *, whatever: bool = False) -> Spent:
        self.asked.append((server, cost, bounds, whatever))
        return Spent(7, "" if whatever else self.full)

    def give_back(self, _task: str, _server: str, _cost: float, _bounds: Bounds, day: int) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.back.append(day)


def limits(counter: Counter, **settings: Any) -> CallLimits:
    return CallLimits(Settings.model_validate(settings), counter, lambda ask: ask())


def test_where_no_limit_applies_nobody_is_asked() -> None:
    counter = Counter()
    told = limits(counter, alerts={"budgets": {"git": 5, "code": {"calls": 3, "stop": True}}})
    told.reserve(RUN, "git/git_log")()
    assert counter.asked == [], "a budget without `stop` only tells"
    told.reserve(RUN, "code/scan")
    assert counter.asked == [("code", 0.0, Bounds(server=3), False)]


def test_each_setting_is_a_bound_and_the_first_pattern_says_the_cost() -> None:
    counter = Counter()
    settings = {
        "alerts": {"budgets": {"all servers": {"calls": 9, "stop": True}}},
        "limits": {
            "calls_per_task": 1,
            "calls_per_owner": 2,
            "cost_per_task": 0.5,
            "cost_per_owner": 1.5,
            "costs": {"git/git_*": 0.02, "*/*": 0.1},
        },
    }
    told = limits(counter, **settings)
    told.reserve(RUN, "git/git_log")
    told.reserve(OTHER, "code/scan")
    bounds = Bounds(all_servers=9, owner=2, task=1, owner_cost=1.5, task_cost=0.5)
    assert counter.asked == [("git", 0.02, bounds, False), ("code", 0.1, bounds, False)]


@pytest.mark.parametrize(
    ("full", "says"),
    [
        ("server", "`git` may be called 3 times a day (`alerts.budgets`, `stop`): it goes on at midnight, UTC"),
        ("owner", "one person may call tools 2 times a day (`limits.calls_per_owner`): it goes on at midnight, UTC"),
        ("task_cost", "the calls of a task may cost 0.5 (`limits.cost_per_task`): `aether-agent retry` counts anew"),
    ],
)
def test_what_is_full_says_which_limit_and_when_it_goes_on(full: str, says: str) -> None:
    ours = {"calls_per_owner": 2, "cost_per_task": 0.5}
    told = limits(Counter(full), alerts={"budgets": {"git": {"calls": 3, "stop": True}}}, limits=ours)
    with pytest.raises(LimitReached) as caught:
        told.reserve(RUN, "git/git_log")
    assert str(caught.value) == f"`git/git_log` was not called: {says}"


def test_what_reads_back_the_effect_of_a_call_is_counted_and_never_refused() -> None:
    counter = Counter()
    told = limits(counter, limits={"calls_per_task": 1})
    told.reserve(RUN, "git/commit")
    counter.full = "task"
    told.reserve(RUN, "git/git_log")
    with pytest.raises(LimitReached):
        told.reserve(OTHER, "git/git_log")


def test_what_was_not_sent_is_given_back_and_is_no_call_that_was_made() -> None:
    counter = Counter()
    told = limits(counter, limits={"calls_per_task": 1})
    told.reserve(RUN, "git/commit")()
    assert counter.back == [7]
    counter.full = "task"
    with pytest.raises(LimitReached):
        told.reserve(RUN, "git/commit")
    counter.full, counter.away = "", True
    told.reserve(OTHER, "git/commit")()
