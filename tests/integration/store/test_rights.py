"""A server that takes one command or one key from our user, while work is under way: nothing is done by halves.

A server does not undo what a function wrote before a command of it was refused. So each function that may not do all
that it might is refused as a whole, with the names of what is missing; later everything goes on as if it had waited.
"""

import re
from collections.abc import Callable, Iterator

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Intervention
from aether_agents.errors import StoreRefuses
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from aether_agents.store.client.lua_library import render
from tests.integration.store.plans import DONE, granted, overdue, plan_of, planned, reap, started, status, subtask

USED = sorted(set(re.findall(r"redis\.call\('([A-Z]+)'", render()[1])))
QUESTION = Intervention(id="c.0", kind="approval", prompt="Go on?", choices=("approve", "deny"))

Act = Callable[[Store, dict[str, int]], object]
ACTS: dict[str, Act] = {
    "complete": lambda s, token: s.tasks.complete("t", "a", token["a"], DONE),
    "retry": lambda s, token: s.tasks.complete("t", "a", token["a"], DONE, retry_in=1),
    "fan": lambda s, token: s.tasks.fan("t", "c", token["c"], [subtask("c#0"), subtask("c#1")], window=1),
    "ask": lambda s, token: s.tasks.ask_subtask("t", "c", token["c"], QUESTION),
    "claim": lambda s, _: s.tasks.claim("t", "d", "dev"),
    "take": lambda s, token: s.tasks.take("dev", [("t", "a", token["a"])], 0, 9),
    "progress": lambda s, token: s.tasks.progress("t", "a", token["a"], 0.5),
    "renew": lambda s, token: s.tasks.renew([("t", "a", token["a"])]),
    "reap": lambda s, _: s.tasks.reap(100, ()),
    "pause": lambda s, _: s.tasks.pause("t", "ann"),
    "cancel": lambda s, _: s.tasks.cancel("t", "ann"),
    "answer": lambda s, _: s.tasks.answer("t", Answer(intervention_id="w.1", response="retry")),
    "create": lambda s, _: s.tasks.create(HighLevelTask(task_id="new", description="do it")),
    "claim planning": lambda s, _: s.tasks.claim_planning("next", limit=9),
    "start": lambda s, token: s.tasks.start("p", token["p"], plan_of({"z": []}), direct=True),
    "beat": lambda s, _: s.presence.beat("w", "worker", ("dev",), 1, witness="w", sure=False),
}


@pytest.fixture
def limited(settings: Settings, store: Store) -> Iterator[Store]:
    """A second way into the same store, of a user whose rights can be taken."""
    rights(store, "reset", "on", "nopass", "~*", "&*", "+@all")
    url = settings.broker.url or ""
    assert url.startswith("unix://")
    broker = settings.broker.model_copy(update={"url": f"unix://limited:none@{url.removeprefix('unix://')}"})
    with open_store(settings.model_copy(update={"broker": broker})) as opened:
        yield opened
    store.connection.command("ACL", "DELUSER", "limited")


def rights(store: Store, *rules: str) -> None:
    """Change what the user of `limited` may do."""
    store.connection.command("ACL", "SETUSER", "limited", *rules)


READ = {
    b"string": ("GET",),
    b"hash": ("HGETALL",),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", 0, -1, "WITHSCORES"),
    b"stream": ("XRANGE", "-", "+"),
}


def held(store: Store) -> dict[bytes, object]:
    """All that the store holds, and when it expires."""
    command, keys, cursor = store.connection.command, set[bytes](), 0
    while True:
        cursor, page = command("SCAN", cursor, "MATCH", f"{store.keys.prefix}:*", "COUNT", 10_000)
        keys |= set(page)
        if not cursor:
            break
    words = {key: READ[command("TYPE", key)] for key in keys}
    return {key: (command(word[0], key, *word[1:]), command("PEXPIRETIME", key)) for key, word in words.items()}


def under_way(store: Store) -> dict[str, int]:
    """Tasks in many states: gives the tokens of what runs."""
    started(store, {"a": [], "b": ["a"], "c": [], "d": [], "w": []}, w={"repeatable": False}, c={"for_each": [1, 2]})
    tokens = {name: granted(store, name).token for name in ("a", "c", "w")}
    overdue(store, "w")
    reap(store)
    overdue(store, "w")  # nothing is due twice
    tokens["p"] = planned(store, "p").token
    assert store.tasks.create(HighLevelTask(task_id="next", description="do it"))
    overdue(store, "d")
    return tokens


def finish(store: Store, tokens: dict[str, int]) -> None:
    """What is under way ends."""
    store.tasks.complete("t", "w", tokens["w"], DONE)
    for name in ("a", "c"):
        assert store.tasks.complete("t", name, tokens[name], DONE).kind == "ok"
    for name in ("b", "d"):
        assert store.tasks.complete("t", name, granted(store, name).token, DONE).kind == "ok"
    assert status(store) == "completed"


@pytest.mark.parametrize("command", USED)
def test_a_function_that_may_not_use_one_command_does_nothing_and_says_which(
    store: Store, limited: Store, command: str
) -> None:
    tokens = under_way(limited)
    before = held(store)
    rights(store, f"-{command.lower()}")
    for act in ACTS.values():
        with pytest.raises(StoreRefuses, match=rf"(?i)\b{command}\b.*permission"):
            act(limited, tokens)
    assert held(store) == before
    rights(store, f"+{command.lower()}")
    finish(limited, tokens)


@pytest.mark.parametrize("kinds", ["-@sortedset", "-@stream", "-@hash", "-@write", "-@keyspace", "-@set"])
def test_the_same_of_a_whole_kind_of_commands(store: Store, limited: Store, kinds: str) -> None:
    tokens = under_way(limited)
    before = held(store)
    rights(store, kinds)
    for act in ACTS.values():
        with pytest.raises(StoreRefuses, match="permission"):
            act(limited, tokens)
    assert held(store) == before
    rights(store, "+@all")
    finish(limited, tokens)


@pytest.mark.parametrize(
    "patterns",
    [
        ("~{0}:task:*", "~{0}:key", "~{0}:libraries"),
        ("%R~{0}:due", "~{0}:[a-ce-z]*"),
        ("~{0}:[a-qs-z]*", "%RW~{0}:recent"),
        ("%R~*",),
        ("%W~*",),
    ],
    ids=["tasks alone", "due is read only", "no runs", "read only", "write only"],
)
def test_a_function_that_may_not_touch_one_key_does_nothing_and_says_so(
    store: Store, limited: Store, patterns: tuple[str, ...]
) -> None:
    tokens = under_way(limited)
    before = held(store)
    rights(store, "resetkeys", *(pattern.format(store.keys.prefix) for pattern in patterns))
    for act in ACTS.values():
        with pytest.raises(StoreRefuses, match="permission"):
            act(limited, tokens)
    assert held(store) == before
    rights(store, "~*")
    finish(limited, tokens)


def test_a_server_that_runs_out_of_memory_refuses_as_a_whole(store: Store) -> None:
    tokens = under_way(store)
    before = held(store)
    store.connection.command("CONFIG", "SET", "maxmemory", 1)
    try:
        for act in ACTS.values():
            with pytest.raises(StoreRefuses, match="maxmemory"):
                act(store, tokens)
        assert held(store) == before
    finally:
        store.connection.command("CONFIG", "SET", "maxmemory", 0)
    finish(store, tokens)


def test_what_had_lost_its_place_in_the_index_is_found_and_put_right(store: Store) -> None:
    """A version before left such; so would a fault of ours."""
    started(store, {"a": [], "b": ["a"], "c": [], "d": []}, c={"repeatable": False})
    tokens = {name: granted(store, name).token for name in ("a", "c")}
    overdue(store, "?")
    for name in ("a", "c", "d"):
        store.connection.command("ZREM", store.keys.due, f"t|{name}")
    reap(store)
    found = {name: store.connection.command("ZSCORE", store.keys.due, f"t|{name}") for name in ("a", "c", "d")}
    assert all(found.values()), found
    for name in ("a", "c", "d"):
        overdue(store, name)
    assert sorted(reap(store)) == ["a", "d"]
    assert [status(store, name) for name in ("a", "c", "d")] == ["ready", "waiting_user_input", "ready"]
    assert store.tasks.complete("t", "c", tokens["c"], DONE).kind == "ok"
    for name in ("a", "b", "d"):
        assert store.tasks.complete("t", name, granted(store, name).token, DONE).kind == "ok"
    assert status(store) == "completed"
