"""A store that comes back older: what was done is recorded again, what runs goes on, what nobody knows is asked."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, Intervention, Outcome
from aether_agents.store import Completed, PlanningClaim, Store, epoch_of, open_store
from tests.integration.store import skewed
from tests.integration.store.older import Older
from tests.integration.store.plans import (
    DONE,
    granted,
    overdue,
    plan_of,
    planned,
    reap,
    refused,
    run,
    started,
    status,
    subtask,
    types,
)

ONCE = {"repeatable": False}
APPROVED = {"repeatable": False, "needs_approval": True}
MAY_HAVE_RUN = "may have run"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Older]:
    lab = Older(tmp_path_factory.mktemp("older"))
    yield lab
    lab.end()


@pytest.fixture
def store(older: Older, sealing_key: Path, tmp_path: Path) -> Iterator[Store]:
    """A store on that server. Its clock can be set as well."""
    skewed.install()
    try:
        with open_store(older.settings(sealing_key, tmp_path)) as opened:
            yield opened
    finally:
        skewed.remove()


def beat(store: Store, witness: str = "w", *, sure: bool = False) -> None:
    """A worker says that it is alive."""
    store.presence.beat("worker", "worker", ["dev"], 1, witness=witness, sure=sure)


def back(store: Store, older: Older) -> None:
    """The store comes back older, and its reaper looks around."""
    older.come_back()
    assert reap(store) == []


def said_again(store: Store, name: str, token: int) -> Completed:
    """What a worker remembers of a run."""
    return store.tasks.complete("t", name, token, DONE)


def asked(store: Store) -> list[str]:
    return [one.subtask_id for one in store.tasks.view("t").interventions if MAY_HAVE_RUN in one.prompt]


def answer(store: Store, response: str) -> None:
    question = store.tasks.view("t").interventions[0]
    store.tasks.answer("t", Answer(intervention_id=question.id, response=response))


def test_no_token_is_given_twice(store: Store, older: Older) -> None:
    started(store, {"a": []})
    claim = planned(store, "p")
    older.remember()
    tokens = [granted(store, "a").token]
    store.tasks.postpone_planning("p", claim.token, 0)
    reap(store)
    steps = [store.tasks.claim_planning("p", limit=9)]
    for _ in range(3):  # each time the same seconds are lost
        older.come_back()
        tokens.append(granted(store, "a").token)
        store.tasks.postpone_planning("p", claim.token, 0)
        reap(store)
        steps.append(store.tasks.claim_planning("p", limit=9))
    assert len(set(tokens)) == 4
    assert len({step.token for step in steps if isinstance(step, PlanningClaim)}) == 4
    assert [token - (epoch_of(token) << 20) for token in tokens] == [1, 1, 1, 1]


def test_what_was_completed_is_recorded_again_and_does_not_run(store: Store, older: Older) -> None:
    started(store, {"a": [], "b": ["a"]}, a=ONCE)
    older.remember()
    token = granted(store, "a").token
    said_again(store, "a", token)
    older.come_back()
    assert status(store, "a") == "ready"
    done = said_again(store, "a", token)
    assert (done.kind, [send.subtask_id for send in done.deliveries]) == ("ok", ["b"])
    assert refused(store, "a") == "done"
    assert said_again(store, "a", token).kind == "duplicate"
    run(store, "b")
    assert status(store) == "completed"


def test_only_its_completion_was_lost(store: Store, older: Older) -> None:
    started(store, {"a": []}, a=ONCE)
    token = granted(store, "a").token
    older.remember()
    said_again(store, "a", token)
    older.come_back()
    assert status(store, "a") == "running"
    assert said_again(store, "a", token).kind == "ok"
    assert status(store) == "completed"


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_a_whole_chain_is_recorded_again_in_any_order(store: Store, older: Older, order: str) -> None:
    started(store, {"a": [], "b": ["a"], "c": ["b"]}, a=ONCE, b=ONCE, c=ONCE)
    older.remember()
    tokens = {}
    for name in "abc":
        tokens[name] = granted(store, name).token
        said_again(store, name, tokens[name])
    older.come_back()
    for name in order:
        assert said_again(store, name, tokens[name]).kind == "ok"
    for name in "abc":
        assert refused(store, name) == "done"
    assert status(store) == "completed"
    assert [one for one in types(store) if one.startswith("subtask.completed")] == [
        f"subtask.completed {name}" for name in "abc"
    ]


def test_a_call_under_way_goes_on_and_nobody_else_makes_it(store: Store, older: Older) -> None:
    started(store, {"a": [], "b": []}, a=ONCE)
    older.remember()
    held = [("t", name, granted(store, name).token) for name in "ab"]
    older.come_back()
    assert store.tasks.renew(held) == ([], [])
    assert [refused(store, name) for name in "ab"] == ["leased", "leased"]
    assert store.tasks.renew(held) == ([], [])
    for _, name, token in held:
        assert said_again(store, name, token).kind == "ok"
    assert status(store) == "completed"


def test_a_call_under_way_whose_turn_has_not_come_again_is_asked_about_or_ends_by_itself(
    store: Store, older: Older
) -> None:
    started(store, {"a": [], "b": ["a"], "c": ["a"]}, b=ONCE, c=ONCE)
    older.remember()
    run(store, "a")
    held = [("t", name, granted(store, name).token) for name in "bc"]
    older.come_back()
    assert store.tasks.renew(held) == ([], held)
    said_again(store, *held[0][1:])
    run(store, "a")
    assert refused(store, "b") == "done"
    assert refused(store, "c") == "waiting"
    assert asked(store) == ["c"]
    assert said_again(store, *held[1][1:]).kind == "ok"
    assert status(store) == "completed"


def test_what_a_fan_out_made_is_asked_about(store: Store, older: Older) -> None:
    started(store, {"a": []}, a={**ONCE, "for_each": "${inputs.x}"})
    older.remember()
    children = [subtask(f"a#{at}", **ONCE) for at in range(2)]
    store.tasks.fan("t", "a", granted(store, "a").token, children, window=None)
    token = granted(store, "a#0").token
    said_again(store, "a#0", token)
    older.come_back()
    said_again(store, "a#0", token)
    store.tasks.fan("t", "a", granted(store, "a").token, children, window=None)
    assert refused(store, "a#0") == "waiting"
    assert asked(store) == ["a#0"]
    granted(store, "a#1")


def test_a_question_about_a_call_that_was_made_is_asked_again(store: Store, older: Older) -> None:
    started(store, {"a": [], "b": []}, a=ONCE)
    older.remember()
    token = granted(store, "a").token
    question = Intervention(id="a.0", kind="choice", prompt="its server ended: it may have run", choices=("retry",))
    assert store.tasks.ask_subtask("t", "a", token, question)
    older.come_back()
    assert store.tasks.ask_subtask("t", "a", token, question)
    assert refused(store, "a") == "waiting"
    assert asked(store) == ["a"]


def test_what_a_later_run_made_void_stays_void(store: Store, older: Older) -> None:
    started(store, {"a": [], "b": []})
    first = granted(store, "a").token
    overdue(store, "a")
    assert reap(store) == ["a"]
    older.remember()
    older.come_back()
    assert said_again(store, "a", first).kind == "stale"
    second = granted(store, "a").token
    assert said_again(store, "a", first).kind == "stale"
    assert said_again(store, "a", second).kind == "ok"


def test_a_call_that_was_made_meanwhile_is_not_recorded_twice(store: Store, older: Older) -> None:
    started(store, {"a": []})
    older.remember()
    first = granted(store, "a").token
    older.come_back()
    second = granted(store, "a").token
    assert store.tasks.renew([("t", "a", first)]).lost == [("t", "a", first)]
    assert said_again(store, "a", first).kind == "stale"
    assert said_again(store, "a", second).kind == "ok"


class TestWitnesses:
    """Who may know what the store forgot is heard first; if one of them is gone, a person is asked."""

    def lost(self, store: Store, older: Older, *, sure: bool = False) -> None:
        """An unrepeatable run that the store forgot; only its worker `w` knows of it."""
        started(store, {"a": [], "b": ["a"], "r": []}, a=ONCE, b=ONCE)
        beat(store, sure=sure)
        older.remember()
        said_again(store, "a", granted(store, "a").token)
        back(store, older)

    def test_nothing_unrepeatable_runs_before_they_are_heard(self, store: Store, older: Older) -> None:
        self.lost(store, older)
        assert refused(store, "a") == "settling"
        run(store, "r")
        store.presence.heard("w")
        run(store, "a")
        run(store, "b")
        assert status(store) == "completed"

    def test_what_settles_is_sent_again_by_itself(self, store: Store, older: Older) -> None:
        self.lost(store, older)
        assert refused(store, "a") == "settling"
        assert reap(store) == []
        skewed.step(store, 1)
        assert reap(store, "dev") == ["a"]

    def test_one_that_is_gone_leaves_a_question(self, store: Store, older: Older) -> None:
        self.lost(store, older)
        beat(store, "another")
        store.presence.heard("another")
        skewed.step(store, 11)
        assert refused(store, "a") == "waiting"
        assert asked(store) == ["a"]
        answer(store, "retry")
        run(store, "a")
        run(store, "b")  # it needs what had not run
        assert status(store) == "running"

    @pytest.mark.parametrize("response", ["skip", "fail"])
    def test_a_question_that_is_answered_by_no_runs_nothing(self, store: Store, older: Older, response: str) -> None:
        self.lost(store, older)
        skewed.step(store, 11)
        refused(store, "a")
        answer(store, response)
        assert [refused(store, name) for name in "ab"] == ["done", "done"]

    def test_one_that_comes_late_still_answers_it(self, store: Store, older: Older) -> None:
        started(store, {"a": []}, a=ONCE)
        beat(store)
        older.remember()
        token = granted(store, "a").token
        back(store, older)
        skewed.step(store, 11)
        refused(store, "a")
        assert said_again(store, "a", token).kind == "ok"
        assert status(store) == "completed"

    def test_an_approval_may_have_been_given_before(self, store: Store, older: Older) -> None:
        started(store, {"a": []}, a=APPROVED)
        beat(store)
        older.remember()
        answer(store, "approve")
        said_again(store, "a", granted(store, "a").token)
        back(store, older)
        assert "it may have run already" in store.tasks.view("t").interventions[0].prompt
        answer(store, "approve")  # to both: there is no second question
        assert refused(store, "a") == "settling"
        skewed.step(store, 11)
        run(store, "a")

    def test_a_yes_of_before_is_asked_about_when_the_store_comes_back_older(self, store: Store, older: Older) -> None:
        started(store, {"a": []}, a=APPROVED)
        beat(store)
        answer(store, "approve")
        older.remember()
        said_again(store, "a", granted(store, "a").token)
        back(store, older)
        skewed.step(store, 11)
        assert refused(store, "a") == "waiting"
        assert asked(store) == ["a"]
        answer(store, "retry")
        run(store, "a")

    def test_a_task_may_have_been_planned_and_run_before(self, store: Store, older: Older) -> None:
        claim = planned(store)
        beat(store)
        older.remember()
        store.tasks.start("t", claim.token, plan_of({"a": []}, a=ONCE), direct=True)
        said_again(store, "a", granted(store, "a").token)
        back(store, older)
        skewed.step(store, 11)
        assert store.tasks.start("t", claim.token, plan_of({"a": []}, a=ONCE), direct=True)
        assert refused(store, "a") == "waiting"

    def test_what_came_later_is_not_asked_about(self, store: Store, older: Older) -> None:
        self.lost(store, older)
        skewed.step(store, 1)
        started(store, {"a": []}, task_id="later", a=ONCE)
        granted(store, "a", "later")

    def test_one_that_never_called_before_the_disk_had_it_needs_no_question(self, store: Store, older: Older) -> None:
        self.lost(store, older, sure=True)
        assert refused(store, "a") == "settling"
        skewed.step(store, 11)
        granted(store, "a")

    def test_one_that_left_in_time_is_not_waited_for(self, store: Store, older: Older) -> None:
        started(store, {"a": []}, a=ONCE)
        beat(store)
        store.presence.leave("worker", 1, witness="w")
        older.come_back(older=False)
        granted(store, "a")

    def test_one_that_died_long_before_is_not_waited_for(self, store: Store, older: Older) -> None:
        started(store, {"a": []}, a=ONCE)
        beat(store)
        skewed.step(store, 31)
        beat(store, "another")
        older.come_back(older=False)
        skewed.step(store, 0)
        store.presence.heard("another")
        granted(store, "a")

    def test_a_store_that_is_lost_again_at_once_still_waits_for_them(self, store: Store, older: Older) -> None:
        self.lost(store, older)
        refused(store, "a")
        for _ in range(2):
            older.come_back(older=False)
            assert refused(store, "a") == "settling"


def test_a_restart_that_loses_nothing_takes_no_lease(store: Store, older: Older) -> None:
    started(store, {"a": []})
    token = granted(store, "a").token
    reap(store)
    older.come_back(older=False)
    overdue(store, "a")  # it was away for longer than a lease
    assert reap(store) == []
    assert store.tasks.renew([("t", "a", token)]) == ([], [])


def test_a_planner_whose_claim_was_forgotten_stops_and_it_is_planned_again(store: Store, older: Older) -> None:
    claim = planned(store)
    store.tasks.postpone_planning("t", claim.token, 0)
    assert reap(store) == [""]
    older.remember()
    lost = store.tasks.claim_planning("t", limit=9)
    back(store, older)
    again = store.tasks.claim_planning("t", limit=9)
    assert isinstance(lost, PlanningClaim)
    assert isinstance(again, PlanningClaim)
    assert store.tasks.renew([("t", "", lost.token), ("t", "", again.token)]).lost == [("t", "", lost.token)]
    assert not store.tasks.save_plan("t", lost.token, plan_of({"a": []}))
    assert store.tasks.save_plan("t", again.token, plan_of({"a": []}))


def test_a_failure_is_remembered_as_well(store: Store, older: Older) -> None:
    started(store, {"a": []}, a=ONCE)
    older.remember()
    token = granted(store, "a").token
    broke = Outcome(status="failed", error="it broke", error_kind="tool_error")
    store.tasks.complete("t", "a", token, broke)
    back(store, older)
    assert store.tasks.complete("t", "a", token, broke).kind == "ok"
    assert (status(store, "a"), status(store)) == ("failed", "failed")


def test_who_follows_a_task_hears_what_happens_again(store: Store, older: Older) -> None:
    started(store, {"a": [], "b": ["a"]})
    older.remember()
    kept = store.events.head("t").seq
    heard: queue.Queue[tuple[int, str]] = queue.Queue()
    fed: queue.Queue[tuple[int, str]] = queue.Queue()

    def follow() -> None:
        for event in store.events.follow("t", timeout=60):
            heard.put((event.seq, event.type.value))

    feed = store.events.feed(lambda events: [fed.put((one.seq, one.type.value)) for one in events], lambda _: None)
    feed.follow("t", 0)
    feed.wake()
    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    run(store, "a")
    for seen in (heard, fed):
        while seen.get(timeout=20)[1] != "subtask.completed":
            pass
    older.come_back()
    store.tasks.cancel("t", "ann")  # an end with fewer events than were heard before
    for seen in (heard, fed):
        numbers = []
        while True:
            number, kind = seen.get(timeout=40)
            numbers.append(number)
            if kind == "task.cancelled":
                break
        again = list(range(kept + 1, numbers[-1] + 1))
        assert numbers[-len(again) :] == again
    reader.join(10)
    assert not reader.is_alive()
    feed.close()


def test_the_brake_outlives_a_restart_of_the_store(store: Store, older: Older) -> None:
    started(store, {"a": []})
    assert store.tasks.put_brake_on("ann", "look first")
    older.come_back(older=False)
    assert reap(store) == []
    assert refused(store, "a") == "braked"
    brake = store.tasks.brake()
    assert brake is not None
    assert (brake.by, brake.reason) == ("ann", "look first")
    assert store.tasks.release_brake("bob") == (True, ())
    overdue(store, "a")
    assert reap(store) == ["a"]
    run(store, "a")
    assert status(store) == "completed"
