"""A halted task only closes: the table of every function on a task that is being cancelled while `a` runs."""

from collections.abc import Callable

import pytest

from aether_agents.contracts import Answer, Intervention, Outcome
from aether_agents.errors import WrongStatus
from aether_agents.store import Refused, Store
from tests.integration.store.plans import DONE, FAILED, granted, overdue, plan_of, reap, started, status, subtask, types

QUESTION = Intervention(id="a.0", kind="approval", prompt="Go on?", choices=("approve", "deny"))
Act = Callable[[Store, int], object]

#: What is done, what it answers, and what `a` is afterwards.
TABLE: dict[str, tuple[Act, object, str]] = {
    "claim": (lambda s, _: s.tasks.claim("t", "a", "dev"), Refused("halted"), "running"),
    "claim another": (lambda s, _: s.tasks.claim("t", "b", "dev"), Refused("done"), "running"),
    "claim planning": (lambda s, _: s.tasks.claim_planning("t", limit=9), Refused("halted"), "running"),
    "start": (lambda s, k: s.tasks.start("t", k, plan_of({"z": []}), direct=True), None, "running"),
    "save": (lambda s, k: s.tasks.save_plan("t", k, plan_of({"z": []})), False, "running"),
    "ask": (lambda s, k: s.tasks.ask("t", k, QUESTION), False, "running"),
    "fail planning": (lambda s, k: s.tasks.fail_planning("t", k, "no", "no"), False, "running"),
    "complete": (lambda s, k: s.tasks.complete("t", "a", k, DONE).kind, "ok", "completed"),
    "fail": (lambda s, k: s.tasks.complete("t", "a", k, FAILED).kind, "ok", "failed"),
    "retry": (lambda s, k: s.tasks.complete("t", "a", k, FAILED, retry_in=1).kind, "ok", "cancelled"),
    "fan": (lambda s, k: s.tasks.fan("t", "a", k, [subtask("a#0")], window=None).kind, "halted", "cancelled"),
    "ask subtask": (lambda s, k: s.tasks.ask_subtask("t", "a", k, QUESTION), False, "cancelled"),
    "renew": (lambda s, k: s.tasks.renew([("t", "a", k)]).lost == [("t", "a", k)], True, "running"),
    "flip": (lambda s, _: s.tasks.flip("t"), [], "running"),
    "progress": (lambda s, k: s.tasks.progress("t", "a", k, 0.5), True, "running"),
    "log": (lambda s, _: s.tasks.log("t", "said"), True, "running"),
    "lease lost": (lambda s, _: (overdue(s, "a"), reap(s))[1], [], "cancelled"),
}

RAISES: dict[str, Callable[[Store], object]] = {
    "pause": lambda s: s.tasks.pause("t", "ann"),
    "resume": lambda s: s.tasks.resume("t", "ann"),
    "cancel": lambda s: s.tasks.cancel("t", "ann"),
    "answer": lambda s: s.tasks.answer("t", Answer(intervention_id="w.1", response="approve")),
}

NEEDS: dict[str, list[str]] = {"a": [], "b": ["a"], "w": []}


def halted(store: Store) -> int:
    """A task that is being cancelled while `a` runs; gives the token of that run."""
    started(store, NEEDS, a={"repeatable": False}, w={"needs_approval": True})
    token = granted(store, "a").token
    assert store.tasks.cancel("t", "ann") == ["a"]
    return token


@pytest.mark.parametrize("name", TABLE)
def test_a_halted_task_only_closes(store: Store, name: str) -> None:
    act, answer, after = TABLE[name]
    token = halted(store)
    assert act(store, token) == answer
    assert status(store, "a") == after
    assert status(store) == ("running" if after == "running" else "cancelled")
    assert [status(store, other) for other in "bw"] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("name", RAISES)
def test_people_are_told_that_it_is_being_ended(store: Store, name: str) -> None:
    halted(store)
    with pytest.raises(WrongStatus):
        RAISES[name](store)
    assert status(store) == "running"


@pytest.mark.parametrize("name", [*TABLE, *RAISES])
def test_nothing_follows_the_event_that_ends_a_task(store: Store, name: str) -> None:
    token = halted(store)
    store.tasks.complete("t", "a", token, Outcome(status="cancelled"))
    events = types(store)
    assert events[-1] == "task.cancelled"
    act = TABLE[name][0] if name in TABLE else lambda s, _: RAISES[name](s)
    try:
        act(store, token)
        act(store, token + 1)
    except WrongStatus:
        assert name in RAISES
    assert types(store) == events
    assert status(store) == "cancelled"
    assert status(store, "a") == "cancelled"
