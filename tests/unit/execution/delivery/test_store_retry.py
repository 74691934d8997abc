"""A finished outcome is offered while the store takes nothing at all; one that alone is refused, for a while."""

import pytest
from celery.exceptions import Ignore

from aether_agents.errors import StoreRefuses
from aether_agents.execution.delivery import store_retry
from aether_agents.execution.delivery.store_retry import StoreRetry

FULL = StoreRefuses("the store answers, but refuses (OOM)")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_retry, "FIRST_WAIT", 0.0001)
    monkeypatch.setattr(store_retry, "LONGEST_WAIT", 0.0001)


class Offered:
    """Something that the store refuses so many times."""

    def __init__(self, store_retry: StoreRetry, times: int, *, alone: bool) -> None:
        self.store_retry, self.left, self.alone, self.made = store_retry, times, alone, 0

    def __call__(self) -> str:
        self.made += 1
        if self.alone:
            self.store_retry.outage.over()
        if self.made <= self.left:
            raise FULL
        return "taken"


def test_a_store_that_takes_nothing_is_asked_until_it_does():
    store_retry = StoreRetry(most=0.001)
    assert store_retry.ask(Offered(store_retry, 200, alone=False)) == "taken"


def test_what_alone_is_refused_is_given_up_after_a_while():
    store_retry = StoreRetry(most=0.001)
    offered = Offered(store_retry, 200, alone=True)
    with pytest.raises(Ignore):
        store_retry.ask(offered)
    assert 9 <= offered.made <= 13


def test_a_process_that_ends_gives_up_at_once():
    store_retry = StoreRetry()
    store_retry.stop()
    offered = Offered(store_retry, 200, alone=False)
    with pytest.raises(Ignore):
        store_retry.ask(offered)
    assert offered.made == 1
