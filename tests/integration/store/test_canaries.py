"""The look after each test finds what a worker wrote in clear: arguments, and results, which no list of tasks has."""

from aether_agents.contracts import Outcome
from aether_agents.store import Store
from tests.integration.store.plans import run, started
from tests.unsealed import unsealed


def test_a_result_that_stands_in_clear_is_found(store: Store) -> None:
    said = {"a": "an-argument-of-this-very-call", "b": "a-result-of-this-very-call"}
    started(store, {"a": [], "b": []}, a={"args": {"text": said["a"]}})
    run(store, "b", Outcome(status="completed", output={"said": said["b"]}))
    assert unsealed(store) == []
    key = f"{store.keys.prefix}:worker:leaky"
    for text in said.values():
        store.connection.command("SET", key, f"… {text} …", "PX", 60_000)
        assert unsealed(store) == [f"{key}: {text}"]
    store.connection.command("DEL", key)
    store.tasks.cancel("t", "ann")
