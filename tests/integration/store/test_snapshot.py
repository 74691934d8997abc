"""Snapshots: what a prefix holds, taken while tasks are open, is right under another one, and counts as older."""

from collections.abc import Iterator

import pytest

from aether_agents.contracts import Answer, Intervention, Outcome
from aether_agents.settings.model import Settings
from aether_agents.store import Granted, Store, open_store
from tests.conftest import eventually, leaks
from tests.integration.store.plans import DONE, granted, overdue, reap, run, started, status

ONCE = {"repeatable": False}


@pytest.fixture
def other(settings: Settings) -> Iterator[Store]:
    """An empty store on the same server, as another AETHER_HOME has it."""
    broker = settings.broker.model_copy(update={"prefix": f"{settings.broker.prefix}b"})
    home = settings.home.with_name("other")
    delivery = settings.delivery.model_copy(update={"lease": 0.2})  # what ran has so long to say that it does
    with open_store(settings.model_copy(update={"broker": broker, "home": home, "delivery": delivery})) as opened:
        yield opened
        for view in opened.tasks.recent():
            if view.finished_at is None:
                opened.tasks.cancel(view.task_id, "ann")
        assert leaks(opened) == []


def fill(store: Store) -> None:
    """A task that has ended, one that waits for a person, two that run, one of which must not run twice."""
    started(store, {"a": []}, task_id="done")
    run(store, "a", task_id="done")
    started(store, {"a": [], "b": ["a"]}, task_id="asks")
    claim = granted(store, "a", "asks")
    store.tasks.ask_subtask("asks", "a", claim.token, Intervention(id="", kind="approval", prompt="Go on?"))
    started(store, {"a": [], "b": ["a"]}, task_id="runs")
    granted(store, "a", "runs")
    started(store, {"a": [], "b": ["a"]}, task_id="once", a=ONCE)
    granted(store, "a", "once")
    started(store, {"a": [], "b": ["a"]}, task_id="next", a=ONCE)


def looked(store: Store, task: str) -> list[str]:
    """What the reaper sends once the lease of a task's first subtask is over."""
    overdue(store, "a", task)
    return reap(store)


def test_each_task_is_right_after_a_restore(store: Store, other: Store) -> None:
    fill(store)
    records = list(store.snapshot.records())
    assert len({record.name for record in records}) == len(records)
    assert other.snapshot.empty()
    assert other.snapshot.put(records) == len(records)
    assert not other.snapshot.empty()
    assert other.snapshot.held().tasks == {"completed": 1, "waiting_user_input": 1, "running": 3}

    assert status(other, task_id="done") == "completed"
    (question,) = other.tasks.view("asks").interventions
    assert other.tasks.answer("asks", Answer(intervention_id=question.id, response="approve"))
    assert granted(other, "a", "asks").answered

    eventually(lambda: "a" in looked(other, "runs"), what="what may run twice goes on")
    assert isinstance(other.tasks.claim("runs", "a", "dev"), Granted)

    eventually(lambda: looked(other, "once") or other.tasks.view("once").interventions, what="it is asked about")
    (doubt,) = other.tasks.view("once").interventions
    assert "may have run" in doubt.prompt, "what must not run twice is asked about"
    assert status(store, "a", "once") == "running", "the one that it was taken of goes on for itself"
    for task in ("asks", "runs", "once", "next"):
        store.tasks.cancel(task, "ann")


def test_a_late_word_of_the_life_before_counts_in_neither(store: Store, other: Store) -> None:
    """The same server is another epoch: the token of a run before the restore is not that of a run after it."""
    started(store, {"a": []}, task_id="runs")
    before = granted(store, "a", "runs").token
    other.snapshot.put(list(store.snapshot.records()))
    eventually(lambda: "a" in looked(other, "runs"))
    after = granted(other, "a", "runs").token
    assert before != after
    assert other.tasks.complete("runs", "a", before, Outcome(status="completed")).kind == "stale"
    assert other.tasks.complete("runs", "a", after, DONE).kind == "ok"
    store.tasks.cancel("runs", "ann")


def test_tasks_that_end_and_come_while_it_is_taken_are_whole(store: Store, other: Store) -> None:
    for number in range(5):
        started(store, {"a": []}, task_id=f"t{number}")
    run(store, "a", task_id="t0")
    taken = store.snapshot.records()
    first = next(taken)
    run(store, "a", task_id="t1")
    started(store, {"a": []}, task_id="later")
    assert first.name
    other.snapshot.put([first, *taken])
    assert other.snapshot.held().tasks == {"running": 4, "completed": 2}
    for number in (2, 3, 4):
        store.tasks.cancel(f"t{number}", "ann")
    store.tasks.cancel("later", "ann")


def test_a_yes_to_what_an_older_store_asks_is_a_yes_to_that_it_may_have_run(store: Store, other: Store) -> None:
    """The question says so, and there is no second one: it ends by this yes, however soon it is given."""
    for task in ("soon", "late"):
        started(store, {"a": [], "b": ["a"]}, task_id=task, a=ONCE, b=ONCE)
        claim = granted(store, "a", task)
        store.tasks.ask_subtask(task, "a", claim.token, Intervention(id="", kind="approval", prompt="Go on?"))
    other.snapshot.put(list(store.snapshot.records()))
    for asked in (store, other):
        told = [asked.tasks.view(task).interventions[0].prompt for task in ("soon", "late")]
        assert ["may have run" in one for one in told] == [asked is other] * 2, "only the one that came back older"
    for task in ("soon", "late"):
        if task == "late":
            eventually(lambda: other.tasks.claim("soon", "a", "dev"), what="the time to tell is over")
        (question,) = other.tasks.view(task).interventions
        other.tasks.answer(task, Answer(intervention_id=question.id, response="approve"))
        for step in ("a", "b"):
            claims: list[object] = []
            eventually(
                lambda step=step, task=task, claims=claims: (
                    claims.append(other.tasks.claim(task, step, "dev")) or isinstance(claims[-1], Granted)
                ),
                what=f"{step} of {task} runs",
            )
            assert isinstance(claims[-1], Granted)
            assert other.tasks.complete(task, step, claims[-1].token, DONE).kind == "ok"
        assert other.tasks.view(task).status.value == "completed"
        store.tasks.cancel(task, "ann")


def test_a_yes_of_a_life_before_does_not_count_for_the_next(store: Store, other: Store) -> None:
    """Who said yes before the store came back older was not told that it may have run: that is asked."""
    started(store, {"a": []}, task_id="once", a=ONCE)
    claim = granted(store, "a", "once")
    store.tasks.ask_subtask("once", "a", claim.token, Intervention(id="", kind="approval", prompt="Go on?"))
    (question,) = store.tasks.view("once").interventions
    store.tasks.answer("once", Answer(intervention_id=question.id, response="approve"))
    other.snapshot.put(list(store.snapshot.records()))
    eventually(lambda: other.tasks.claim("once", "a", "dev") and other.tasks.view("once").interventions)
    assert "may have run" in other.tasks.view("once").interventions[0].prompt
    store.tasks.cancel("once", "ann")
