"""A store whose clock is set forward and back, or that nobody looked at for a while: nobody's run is taken from him."""

from collections.abc import Iterator

import pytest

from aether_agents.contracts import Outcome
from aether_agents.settings.model import Settings
from aether_agents.store import PlanningClaim, Store, open_store
from tests.integration.store import skewed
from tests.integration.store.plans import DONE, granted, overdue, planned, reap, started, status

ONCE = {"repeatable": False}


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A store whose clock can be set."""
    skewed.install()
    try:
        with open_store(settings) as opened:
            yield opened
    finally:
        skewed.remove()


def test_a_lost_run_is_named_by_its_token_and_the_next_run_is_renewed(store: Store) -> None:
    started(store, {"a": []})
    lost = granted(store, "a").token
    overdue(store, "a")
    reap(store)
    again = granted(store, "a").token
    assert store.tasks.renew([("t", "a", lost), ("t", "a", again)]) == ([("t", "a", lost)], [])


def test_a_lost_step_of_the_planner_is_named_by_its_token_too(store: Store) -> None:
    lost = planned(store).token
    overdue(store)
    reap(store)
    again = store.tasks.claim_planning("t", limit=9)
    assert isinstance(again, PlanningClaim)
    assert store.tasks.renew([("t", "", lost), ("t", "", again.token)]) == ([("t", "", lost)], [])


@pytest.mark.parametrize("first", ["reap", "renew"])
def test_two_minutes_forward_take_no_run_from_anybody(store: Store, first: str) -> None:
    started(store, {"safe": [], "once": []}, once=ONCE)
    held = [("p", "", planned(store, "p").token)]
    reap(store)
    held += [("t", name, granted(store, name).token) for name in ("safe", "once")]
    skewed.step(store, 120)
    if first == "reap":
        assert reap(store) == []
        assert store.tasks.view("t").interventions == ()
    assert store.tasks.renew(held) == ([], [])
    assert reap(store) == []
    assert [status(store, name) for name in ("safe", "once")] == ["running", "running"]
    assert status(store, task_id="p") == "planning"


def test_who_is_really_gone_is_noticed_a_lease_later(store: Store) -> None:
    started(store, {"a": []})
    granted(store, "a")
    reap(store)
    skewed.step(store, 120)
    assert reap(store) == []
    for _ in range(4):  # somebody looks, more often than leases are long
        skewed.wait(store, 10)
        sent = reap(store)
    assert sent == ["a"]


def test_two_minutes_back_make_nothing_wait_for_two_minutes(store: Store) -> None:
    started(store, {"broken": [], "unclaimed": [], "runs": []})
    skewed.wait(store, 120)
    reap(store)
    broke = Outcome(status="failed", error="no answer", error_kind="timeout")
    store.tasks.complete("t", "broken", granted(store, "broken").token, broke, retry_in=60)
    token = granted(store, "runs").token
    skewed.step(store, -120)
    assert reap(store) == []
    assert store.tasks.renew([("t", "runs", token)]) == ([], [])
    sent: list[str] = []
    for _ in range(7):
        skewed.wait(store, 10)
        store.tasks.renew([("t", "runs", token)])
        sent += reap(store)
    assert {"broken", "unclaimed"} <= set(sent)
    assert status(store, "runs") == "running"


@pytest.mark.parametrize("hours", [1, -1, 25, -25])
def test_no_task_times_out_because_a_clock_was_set(store: Store, settings: Settings, hours: int) -> None:
    started(store, {"a": [], "later": []})
    token = granted(store, "a").token
    broke = Outcome(status="failed", error="no answer", error_kind="timeout")
    store.tasks.complete("t", "later", granted(store, "later").token, broke, retry_in=60)
    with open_store(settings) as other:
        for one in (store, other):  # each has a clock of its own; the step is followed once
            reap(one)
        skewed.step(store, hours * 3600)
        for _ in range(2):
            assert reap(other) == []
            assert reap(store) == []
    assert store.tasks.renew([("t", "a", token)]) == ([], [])
    assert status(store) == "running"
    skewed.wait(store, 61)
    assert reap(store) == ["later"], "after the minute it was to wait, not at once, and not a day later"
    skewed.wait(store, 3500)
    reap(store)
    assert store.tasks.renew([("t", "a", token)]) == ([], [])
    skewed.wait(store, 100)
    reap(store)
    assert store.tasks.renew([("t", "a", token)]).lost == [("t", "a", token)]
    assert store.tasks.complete("t", "a", token, DONE).kind == "ok"
    assert status(store) == "failed", "its hour is over by the clock that was not set"


def test_a_call_that_nobody_cancelled_is_made_again_or_asked_about(store: Store) -> None:
    started(store, {"safe": [], "once": []}, once=ONCE)
    broken = Outcome(status="cancelled", error="cancelled while it ran")
    tokens = {name: granted(store, name).token for name in ("safe", "once")}
    done = store.tasks.complete("t", "safe", tokens["safe"], broken)
    assert (done.kind, [send.subtask_id for send in done.deliveries]) == ("ok", ["safe"])
    assert store.tasks.complete("t", "once", tokens["once"], broken).kind == "ok"
    assert "may have run" in store.tasks.view("t").interventions[0].prompt
    assert store.tasks.complete("t", "once", tokens["once"], DONE).kind == "ok"
