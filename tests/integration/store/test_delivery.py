"""Who brings a subtask: the canvas, whoever made it ready, or the reaper. The holes of the research, one by one."""

from aether_agents.contracts import Outcome
from aether_agents.store import Store
from tests.integration.store.plans import DONE, granted, overdue, reap, refused, run, started, status, types

CHAIN = {"a": [], "b": ["a"], "c": ["b"]}


def test_a_canvas_brings_everything_itself(store: Store) -> None:
    assert started(store, CHAIN, direct=False) == []
    assert [run(store, name) for name in "abc"] == [[], [], []]
    assert status(store) == "completed"


def test_a_refused_message_passes_by_its_subtask_and_all_after_it(store: Store) -> None:
    started(store, CHAIN, direct=False)
    claim = granted(store, "a")
    assert refused(store, "b") == "not_ready"
    assert [d.subtask_id for d in store.tasks.complete("t", "a", claim.token, DONE).deliveries] == ["b"]
    assert run(store, "b") == ["c"], "the canvas was cut at b, so c is sent as well"


def test_why_claims_are_refused(store: Store) -> None:
    started(store, CHAIN)
    assert refused(store, "a", queue="security") == "wrong_queue"
    assert refused(store, "nobody") == "gone"
    assert refused(store, "a", task_id="nobody") == "gone"
    assert refused(store, "b") == "not_ready"
    run(store, "a")
    assert refused(store, "a") == "done"
    granted(store, "b")
    assert refused(store, "b") == "leased"


def test_a_completer_that_dies_before_it_sends_is_healed(store: Store) -> None:
    started(store, CHAIN)
    assert run(store, "a") == ["b"]
    overdue(store, "b")
    assert reap(store) == ["b"]
    granted(store, "b")
    assert refused(store, "b") == "leased", "the first message after all"


def test_a_dead_worker_is_noticed_and_the_whole_branch_is_sent_directly(store: Store) -> None:
    started(store, CHAIN, direct=False)
    granted(store, "a")
    overdue(store, "a")
    assert reap(store) == ["a"]
    assert run(store, "a") == ["b"]
    assert run(store, "b") == ["c"]


def test_what_a_lost_repeatable_run_still_says_does_not_count(store: Store) -> None:
    started(store, CHAIN)
    lost = granted(store, "a")
    overdue(store, "a")
    reap(store)
    assert store.tasks.renew([("t", "a", lost.token)]).lost == [("t", "a", lost.token)]
    assert store.tasks.complete("t", "a", lost.token, DONE).kind == "stale"
    assert granted(store, "a").attempts == 2
    assert types(store).count("log a") == 1


def test_a_renewed_lease_is_not_taken_back(store: Store) -> None:
    started(store, CHAIN)
    claim = granted(store, "a")
    overdue(store, "a")
    assert store.tasks.renew([("t", "a", claim.token)]).lost == []
    assert reap(store) == []
    assert status(store, "a") == "running"


def test_a_full_queue_is_never_sent_into_and_what_waits_is_seldom_looked_at(store: Store) -> None:
    """However long it is: a message more of each of ten thousand that wait would hold up all that comes after them."""
    started(store, {"a": []})
    sent, waits = [], []
    for _ in range(7):
        overdue(store, "a")
        before = store.connection.command("TIME")
        sent.append(len(reap(store, "dev")))
        score = float(store.connection.command("ZSCORE", store.keys.due, "t|a"))
        waits.append(round((score - int(before[0]) * 1000) / 3000))
    assert sent == [0] * 7
    assert waits == [8, 16, 32, 64, 64, 64, 64]


def test_what_later_messages_have_overtaken_is_lost_and_sent_again_into_a_full_queue(store: Store) -> None:
    started(store, {"a": []})
    started(store, {"a": []}, task_id="later")
    granted(store, "a", task_id="later")
    overdue(store, "a")
    assert reap(store, "dev") == [], "they became ready at the same time: its message may be the next"
    arrived = f"{store.keys.prefix}:arrived"
    ((name, ready),) = store.connection.command("HGETALL", arrived).items()
    store.connection.command("HSET", arrived, name, int(ready) + 31_000)
    overdue(store, "a")
    assert reap(store, "dev") == ["a"]


def test_what_still_waits_when_its_queue_is_empty_is_looked_at_soon(store: Store) -> None:
    """However long it was put off while the queue was full."""
    started(store, {"a": []})
    for _ in range(7):
        overdue(store, "a")
        assert reap(store, "dev") == []
    assert reap(store) == []
    now = store.connection.command("TIME")
    score = float(store.connection.command("ZSCORE", store.keys.due, "t|a"))
    assert score - int(now[0]) * 1000 <= 4000
    overdue(store, "a")
    assert reap(store) == ["a"]


def test_another_full_queue_does_not_hold_it_up(store: Store) -> None:
    started(store, {"a": []})
    overdue(store, "a")
    assert reap(store, "security") == ["a"]


def test_a_canvas_that_is_given_up_is_sent_directly(store: Store) -> None:
    assert started(store, {"a": [], "b": [], "c": ["a", "b"]}, direct=False) == []
    assert sorted(d.subtask_id for d in store.tasks.flip("t")) == ["a", "b"]
    assert store.tasks.flip("t") == []
    run(store, "a")
    assert run(store, "b") == ["c"]
    plan = store.tasks.view("t").plan
    assert plan is not None
    assert plan.delivery == "direct"


def test_a_retry_waits_for_its_time_and_then_runs(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]}, direct=False)
    claim = granted(store, "a")
    broke = Outcome(status="failed", error="no answer", error_kind="timeout", attempts=1)
    assert store.tasks.complete("t", "a", claim.token, broke, retry_in=60).deliveries == []
    assert store.tasks.complete("t", "a", claim.token, broke, retry_in=60).kind == "duplicate"
    assert (status(store, "a"), status(store)) == ("retrying", "running")
    assert refused(store, "a") == "waiting"
    assert reap(store) == []
    overdue(store, "a")
    assert reap(store) == ["a"]
    assert store.tasks.complete("t", "a", claim.token, broke, retry_in=60).kind == "duplicate"
    assert granted(store, "a").attempts == 2
    event = next(e for e in store.events.read("t") if e.type == "subtask.retrying")
    assert (event.message, event.data) == ("no answer", {"attempts": 1, "error_kind": "timeout", "retry_in": 60})


def test_a_task_tries_again_no_more_often_than_its_budget_lets_it(store: Store) -> None:
    """All subtasks together; what comes back from a process that gives it up is no failure, and counts for nothing."""
    started(store, {"a": [], "b": [], "c": ["a"]})
    broke = Outcome(status="failed", error="no answer", error_kind="timeout", attempts=1)
    assert store.tasks.complete("t", "a", granted(store, "a").token, broke, retry_in=60, most=2).kind == "ok"
    assert store.tasks.complete("t", "b", granted(store, "b").token, broke, retry_in=0).kind == "ok"
    overdue(store, "a")
    overdue(store, "b")
    assert sorted(reap(store)) == ["a", "b"]
    assert store.tasks.complete("t", "b", granted(store, "b").token, broke, retry_in=60, most=2).kind == "ok"
    claim = granted(store, "a")
    assert store.tasks.complete("t", "a", claim.token, broke, retry_in=60, most=2).kind == "spent"
    assert store.tasks.complete("t", "a", claim.token, broke, retry_in=60, most=2).kind == "duplicate"
    assert (status(store, "a"), status(store, "c")) == ("failed", "skipped")
    said = [one.message for one in store.events.read("t") if one.type == "log"]
    assert said == ["it is not tried again: 2 calls of its task were, and no more may be"]


def test_a_retry_that_falls_due_while_paused_is_sent_by_resume(store: Store) -> None:
    started(store, {"a": []})
    broke = Outcome(status="failed", error="no answer", error_kind="timeout")
    store.tasks.complete("t", "a", granted(store, "a").token, broke, retry_in=60)
    store.tasks.pause("t", "ann")
    overdue(store, "a")
    assert reap(store) == []
    assert status(store, "a") == "ready"
    assert [d.subtask_id for d in store.tasks.resume("t", "ann")] == ["a"]


def test_a_clock_that_is_set_back_damages_nothing(store: Store) -> None:
    started(store, {"a": []})
    later = int(store.connection.command("TIME")[0]) * 1000 + 3_600_000
    store.connection.command("HSET", store.keys.task("t"), "created", later)
    run(store, "a")
    assert status(store) == "completed"


def test_a_damaged_task_does_not_stop_the_reaper(store: Store) -> None:
    started(store, {"a": []}, task_id="damaged")
    started(store, {"a": []}, task_id="healthy")
    store.connection.command("HSET", store.keys.subtasks("damaged"), "s:a", "nonsense")
    overdue(store, "a", "damaged")
    overdue(store, "a", "healthy")
    assert [d.task_id for d in store.tasks.reap(10, ())] == ["healthy"]
    assert store.tasks.reap(10, ()) == []


def test_workers_that_a_subtask_takes_with_it_are_counted(store: Store) -> None:
    started(store, {"a": []})
    losses = []
    for _ in range(3):
        losses.append(granted(store, "a").losses)
        overdue(store, "a")
        reap(store)
    assert losses == [0, 1, 2]
