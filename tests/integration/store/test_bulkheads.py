"""Who gets the last free thread: nobody is refused for another, and nothing changes where nobody else waits."""

from collections.abc import Sequence

import pytest

from aether_agents.contracts import HighLevelTask, Outcome
from aether_agents.store import Granted, PlanningClaim, Refused, Store
from tests.integration.store.plans import DONE, overdue, plan_of, reap, status

LATE = Outcome(status="failed", error="did not answer", error_kind="timeout")


def begun(store: Store, task_id: str, names: Sequence[str], server: str, owner: str = "ann", **more: object) -> None:
    """A running task of an owner whose subtasks, all ready, call one server."""
    direct = bool(more.pop("direct", True))
    store.tasks.create(HighLevelTask(task_id=task_id, description="x", owner=owner, **more))  # type: ignore[arg-type]
    claim = store.tasks.claim_planning(task_id, limit=100)
    assert isinstance(claim, PlanningClaim)
    needs: dict[str, list[str]] = {name: [] for name in names}
    needs["z"] = list(names)
    plan = plan_of(needs, **{name: {"tool": f"{server}/say"} for name in needs})
    assert store.tasks.start(task_id, claim.token, plan, direct=direct) is not None


def claimed(store: Store, task_id: str, name: str) -> str:
    """Which subtask a message brings, or why none."""
    claim = store.tasks.claim(task_id, name, "dev")
    if isinstance(claim, Refused):
        return claim.reason
    assert isinstance(claim, Granted)
    return "/".join(claim.instead or (task_id, name))


def scarce(store: Store, whether: bool = True) -> None:
    store.tasks.when_scarce(lambda: whether)


@pytest.fixture
def scarce_store(store: Store) -> Store:
    """A store for which two calls of a server at once are enough, and whose circuits rest for a minute."""
    delivery = store.tasks._access.settings.delivery
    object.__setattr__(delivery, "per_server", 2)
    object.__setattr__(delivery, "circuit_after", 3)
    object.__setattr__(delivery, "circuit_rest", 60.0)
    scarce(store)
    return store


def lines(store: Store) -> tuple[int, int]:
    """How many entries the line and the runs have."""
    command, prefix = store.connection.command, store.keys.prefix
    return command("ZCARD", f"{prefix}:line"), command("ZCARD", f"{prefix}:runs")


def test_while_threads_are_free_everybody_gets_what_he_asks_for(scarce_store: Store) -> None:
    scarce(scarce_store, False)
    begun(scarce_store, "many", ["a", "b", "c", "d"], "slow")
    begun(scarce_store, "one", ["a"], "quick", owner="bob")
    assert [claimed(scarce_store, "many", name) for name in "abcd"] == [f"many/{name}" for name in "abcd"]
    assert claimed(scarce_store, "one", "a") == "one/a"


def test_where_nobody_else_waits_the_last_thread_is_for_whoever_asks(scarce_store: Store) -> None:
    begun(scarce_store, "many", ["a", "b", "c", "d"], "slow", direct=False)
    assert [claimed(scarce_store, "many", name) for name in "abcd"] == [f"many/{name}" for name in "abcd"]
    assert "parked|dev" not in scarce_store.counts.read()


def test_a_server_with_enough_calls_makes_way_and_gets_the_other_ones_message(scarce_store: Store) -> None:
    begun(scarce_store, "many", ["a", "b", "c", "d"], "slow")
    begun(scarce_store, "one", ["a"], "quick")
    got = [claimed(scarce_store, "many", "a"), claimed(scarce_store, "many", "b"), claimed(scarce_store, "many", "c")]
    assert got == ["many/a", "many/b", "one/a"]
    assert status(scarce_store, "c", "many") == "ready"
    assert claimed(scarce_store, "one", "a") == "many/c", "its own message was used: this one is for what was parked"
    assert scarce_store.counts.read()["parked|dev"] == 1
    assert claimed(scarce_store, "one", "a") == "leased"


def test_the_owner_with_the_least_running_goes_first(scarce_store: Store) -> None:
    begun(scarce_store, "flood", [f"n{at}" for at in range(9)], "echo", owner="ann")
    begun(scarce_store, "one", ["a"], "echo", owner="bob")
    begun(scarce_store, "two", ["a"], "echo", owner="eve")
    got = [claimed(scarce_store, "flood", f"n{at}") for at in range(4)]
    assert got[0] == "flood/n0", "nobody has less than nothing"
    assert sorted(got[1:3]) == ["one/a", "two/a"]
    assert got[3] == "flood/n3"
    assert sorted((claimed(scarce_store, "one", "a"), claimed(scarce_store, "two", "a"))) == ["flood/n1", "flood/n2"]


def test_a_lower_priority_never_goes_before_a_higher_one_of_another_owner(scarce_store: Store) -> None:
    begun(scarce_store, "urgent", ["a", "b", "c"], "echo", owner="ann", priority=9)
    begun(scarce_store, "later", ["a"], "echo", owner="bob", priority=3)
    assert [claimed(scarce_store, "urgent", name) for name in "abc"] == ["urgent/a", "urgent/b", "urgent/c"]


def test_what_is_parked_survives_everything_that_may_become_of_the_other(scarce_store: Store) -> None:
    """Its message is lost: the reaper sends the parked one. It is cancelled or paused: it is passed over."""
    begun(scarce_store, "many", ["a", "b", "c"], "slow", direct=False)
    begun(scarce_store, "one", ["a"], "quick", direct=False)
    for name in "ab":
        claimed(scarce_store, "many", name)
    assert claimed(scarce_store, "many", "c") == "one/a"
    overdue(scarce_store, "c", "many")
    assert reap(scarce_store) == ["c"]
    scarce_store.tasks.pause("many", "ann")
    assert claimed(scarce_store, "one", "a") == "leased", "what is paused gets no message"
    assert [send.subtask_id for send in scarce_store.tasks.resume("many", "ann")] == ["c"]
    assert claimed(scarce_store, "many", "c") == "many/c"
    scarce_store.tasks.cancel("many", "ann")


def test_what_is_parked_waits_for_no_back_off_when_its_queue_is_empty(scarce_store: Store) -> None:
    """The message of the other may be lost while thousands lie before it."""
    begun(scarce_store, "many", ["a", "b", "c"], "slow", direct=False)
    begun(scarce_store, "one", ["a"], "quick", direct=False)
    for name in "ab":
        claimed(scarce_store, "many", name)
    assert claimed(scarce_store, "many", "c") == "one/a"
    stale = 1000 * scarce_store.tasks._access.settings.delivery.stale
    for _ in range(6):
        overdue(scarce_store, "c", "many")
        assert reap(scarce_store, "dev") == [], "messages lie in its queue"
        seconds, micros = scarce_store.connection.command("TIME")
        now = 1000 * int(seconds) + int(micros) // 1000
        assert float(scarce_store.connection.command("ZSCORE", scarce_store.keys.due, "many|c")) <= now + stale
    overdue(scarce_store, "c", "many")
    assert reap(scarce_store) == ["c"]


def test_after_a_swap_both_canvases_go_on_directly(scarce_store: Store) -> None:
    begun(scarce_store, "many", ["a", "b", "c"], "slow", direct=False)
    begun(scarce_store, "one", ["a"], "quick", direct=False)
    grants = {name: scarce_store.tasks.claim("many", name, "dev") for name in "abc"}
    other = grants["c"]
    assert isinstance(other, Granted)
    assert other.instead == ("one", "a")
    sends = scarce_store.tasks.complete("one", "a", other.token, DONE).deliveries
    assert [(send.task_id, send.subtask_id) for send in sends] == [("one", "z")]
    scarce(scarce_store, False)
    parked = scarce_store.tasks.claim("one", "a", "dev")
    assert isinstance(parked, Granted)
    assert parked.instead == ("many", "c")
    for name in "ab":
        scarce_store.tasks.complete("many", name, grants[name].token, DONE)  # type: ignore[union-attr]
    sends = scarce_store.tasks.complete("many", "c", parked.token, DONE).deliveries
    assert [(send.task_id, send.subtask_id) for send in sends] == [("many", "z")]


def test_a_process_whose_calls_stand_takes_what_waits_for_another(scarce_store: Store) -> None:
    begun(scarce_store, "hung", ["a", "b", "c"], "slow")
    grants = [scarce_store.tasks.claim("hung", name, "dev") for name in "ab"]
    runs = [("hung", name, grant.token) for name, grant in zip("ab", grants, strict=True)]  # type: ignore[union-attr]
    assert scarce_store.tasks.take("dev", runs, 0.0, 9) is None, "only its own server and owner wait"
    begun(scarce_store, "one", ["a"], "quick", priority=2)
    begun(scarce_store, "two", ["a"], "slow", owner="bob")
    assert scarce_store.tasks.take("dev", runs, 60.0, 9) is None, "nobody has waited so long"
    assert scarce_store.tasks.take("security", runs, 0.0, 9) is None
    taken = {scarce_store.tasks.take("dev", runs, 0.0, 9).instead for _ in range(2)}  # type: ignore[union-attr]
    assert taken == {("one", "a"), ("two", "a")}
    assert scarce_store.tasks.take("dev", runs, 0.0, 9) is None
    assert claimed(scarce_store, "one", "a") == "leased"


def test_a_second_hung_server_does_not_get_every_thread_beside(scarce_store: Store) -> None:
    """Whoever runs as many as are left gets none: the next server that waits finds one."""
    begun(scarce_store, "hung", ["a", "b", "c", "d"], "slow")
    runs = [("hung", name, scarce_store.tasks.claim("hung", name, "dev").token) for name in "abcd"]  # type: ignore[union-attr]
    most = 8
    for server in ("too", "also", "quick"):
        begun(scarce_store, server, [f"n{at}" for at in range(9)], server)
        before = len(runs)
        while (left := most + 4 - len(runs)) and (claim := scarce_store.tasks.take("dev", runs, 0.0, left)):
            assert claim.instead is not None
            runs.append((*claim.instead, claim.token))
        assert len(runs) > before, f"{server} gets a thread"
    assert len(runs) < most + 4, "and there is one for the next"


def silenced(store: Store) -> None:
    """Three calls of the server `slow` time out in a row: its circuit is open."""
    begun(store, "hung", [f"n{at}" for at in range(9)], "slow")
    scarce(store, False)
    for at in range(3):
        grant = store.tasks.claim("hung", f"n{at}", "dev")
        store.tasks.complete("hung", f"n{at}", grant.token, LATE, retry_in=3_600)  # type: ignore[union-attr]


def said(store: Store, task_id: str) -> list[str]:
    return [event.message for event in store.events.read(task_id) if event.type.value == "log"]


def rested(store: Store) -> None:
    """Let the rest of the circuit be over, and the time of all that is held."""
    store.connection.command("HSET", store.keys.circuit("slow"), "till", 1)
    for name in ("n3", "n4", "n5"):
        overdue(store, name, "hung")


def test_a_circuit_opens_after_time_outs_in_a_row_and_its_calls_wait_not_in_silence(scarce_store: Store) -> None:
    silenced(scarce_store)
    assert said(scarce_store, "hung") == [
        "the server `slow` did not answer 3 calls in a row: its calls wait, one is tried every 60 s, and what has "
        "waited 60 s for it fails"
    ]
    assert [claimed(scarce_store, "hung", name) for name in ("n3", "n4")] == ["resting", "resting"]
    assert len(said(scarce_store, "hung")) == 1, "it has heard"
    begun(scarce_store, "later", ["a", "b"], "slow", owner="bob")
    assert [claimed(scarce_store, "later", name) for name in "ab"] == ["resting", "resting"]
    assert said(scarce_store, "later") == [
        "waits for the server `slow`, which did not answer 3 calls in a row: it is tried every 60 s, and what has "
        "waited 60 s for it fails"
    ], "once, whoever opened it"
    begun(scarce_store, "well", ["a", "b"], "quick")
    assert scarce_store.tasks.unanswering(["slow", "quick"]) == {"slow": 3}
    assert claimed(scarce_store, "well", "a") == "well/a"
    scarce(scarce_store)
    assert claimed(scarce_store, "hung", "n5") == "resting"
    assert reap(scarce_store) == [], "nothing is due before the rest is over"


def test_after_its_rest_one_call_is_tried_and_an_answer_sends_all_that_waits(scarce_store: Store) -> None:
    silenced(scarce_store)
    assert [claimed(scarce_store, "hung", name) for name in ("n3", "n4", "n5")] == ["resting"] * 3
    rested(scarce_store)
    (tried,) = reap(scarce_store)
    grant = scarce_store.tasks.claim("hung", tried, "dev")
    assert isinstance(grant, Granted)
    assert not grant.silence
    others = {"n3", "n4", "n5"} - {tried}
    assert [claimed(scarce_store, "hung", name) for name in others] == ["resting"] * 2, "one at a time"
    done = scarce_store.tasks.complete("hung", tried, grant.token, DONE)
    assert {one.subtask_id for one in done.deliveries} == others, "at once, not when their time comes"
    assert scarce_store.connection.command("EXISTS", scarce_store.keys.circuit("slow")) == 0
    assert scarce_store.tasks.unanswering(["slow"]) == {}
    assert said(scarce_store, "hung")[-1] == "the server `slow` answers again"
    assert {claimed(scarce_store, "hung", name) for name in others} == {f"hung/{name}" for name in others}


def test_a_circuit_that_is_tried_in_vain_rests_again_and_at_last_its_calls_fail(scarce_store: Store) -> None:
    silenced(scarce_store)
    assert [claimed(scarce_store, "hung", name) for name in ("n3", "n4", "n5")] == ["resting"] * 3
    rested(scarce_store)
    (tried,) = reap(scarce_store)
    grant = scarce_store.tasks.claim("hung", tried, "dev")
    scarce_store.tasks.complete("hung", tried, grant.token, LATE, retry_in=3_600)  # type: ignore[union-attr]
    circuit = scarce_store.keys.circuit("slow")
    assert int(scarce_store.connection.command("HGET", circuit, "till")) > 1
    others = {"n3", "n4", "n5"} - {tried}
    assert {claimed(scarce_store, "hung", name) for name in others} == {"resting"}
    scarce_store.connection.command("HSET", circuit, "wait", 0)  # as if they had waited so long
    for name in others:
        overdue(scarce_store, name, "hung")
    assert set(reap(scarce_store)) == others
    for name in others:
        given_up = scarce_store.tasks.claim("hung", name, "dev")
        assert isinstance(given_up, Granted)
        assert given_up.silence == 4, "whoever has the grant ends it, without a call"


def test_a_circuit_that_a_version_before_opened_holds_nothing(scarce_store: Store) -> None:
    begun(scarce_store, "hung", ["a"], "slow")
    scarce_store.connection.command("HSET", scarce_store.keys.circuit("slow"), "late", 7, "till", 2**52)
    scarce_store.connection.command("EXPIRE", scarce_store.keys.circuit("slow"), 60)
    assert claimed(scarce_store, "hung", "a") == "hung/a"


def test_what_the_lines_say_falsely_is_removed_and_gives_nobody_a_right(scarce_store: Store) -> None:
    """As after a worker of a version that does not keep them, or a task that was damaged."""
    begun(scarce_store, "gone", ["a"], "quick", owner="bob")
    command, prefix = scarce_store.connection.command, scarce_store.keys.prefix
    (waits,) = [one for one in command("ZRANGE", f"{prefix}:line", 0, -1) if b"|gone|" in one]
    run = scarce_store.tasks.claim("gone", "a", "dev")
    scarce_store.tasks.complete("gone", "a", run.token, DONE)  # type: ignore[union-attr]
    scarce_store.tasks.cancel("gone", "ann")
    command("ZADD", f"{prefix}:line", 0, waits, 0, waits.replace(b"r|", b"p|", 1), 0, waits.replace(b"gone", b"never"))
    command("ZADD", f"{prefix}:runs", 0, "s|dev|echo|bob|never|a", 0, "o|dev|bob|echo|gone|a")
    begun(scarce_store, "many", ["a", "b", "c", "d"], "slow")
    assert [claimed(scarce_store, "many", name) for name in "abc"] == ["many/a", "many/b", "many/c"]
    assert claimed(scarce_store, "many", "a") == "leased"
    scarce_store.tasks.cancel("many", "ann")
    for _ in range(600):
        reap(scarce_store)
    assert lines(scarce_store) == (0, 3 * 2), "what runs is told by its own end"


def test_lost_runs_and_ended_tasks_leave_nothing_in_the_lines(scarce_store: Store) -> None:
    begun(scarce_store, "one", ["a", "b"], "echo")
    assert lines(scarce_store) == (2, 0)
    claimed(scarce_store, "one", "a")
    assert lines(scarce_store) == (1, 2)
    overdue(scarce_store, "a", "one")
    assert reap(scarce_store) == ["a"]
    assert lines(scarce_store) == (2, 0)
    for name in "abz":
        grant = scarce_store.tasks.claim("one", name, "dev")
        scarce_store.tasks.complete("one", name, grant.token, DONE)  # type: ignore[union-attr]
    assert lines(scarce_store) == (0, 0)
