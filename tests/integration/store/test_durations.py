"""How long calls took: bounded, and forgotten when a tool is called no more."""

from aether_agents.store import Store
from aether_agents.store.measures.durations import KEPT, REMEMBERED


def test_the_last_calls_of_a_tool_are_remembered_for_a_time(store: Store) -> None:
    store.durations.add({})
    store.durations.add({"a/do": [1_000, 3_000]})
    assert store.durations.of(["a/do", "a/never", "a/do"]) == {}  # two calls say nothing
    store.durations.add({"a/do": [2_000] * 3})
    found = store.durations.of(["a/do"])["a/do"]
    assert (found.p50, found.p90, found.count) == (2, 3, 5)
    store.durations.add({"a/do": list(range(REMEMBERED + 100))})
    assert store.durations.of(["a/do"])["a/do"].count == REMEMBERED
    assert 0 < store.connection.command("TTL", store.keys.lasted("a/do")) <= KEPT
    assert store.durations.of_template("none") is None
