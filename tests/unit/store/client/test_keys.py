"""The names of keys: which task owns one, and which may stay."""

import pytest

from aether_agents.store.client.keys import PRIORITY_MARK, Keys

KEYS = Keys("aether")


@pytest.mark.parametrize("name", ["task", "subtasks", "events", "waiting"])
def test_every_key_of_a_task_names_its_owner_and_is_not_permanent(name: str) -> None:
    key = getattr(KEYS, name)("a1_b-2")
    assert KEYS.owner(key) == "a1_b-2"
    assert not KEYS.is_permanent(key)


@pytest.mark.parametrize("key", [KEYS.due, KEYS.recent, KEYS.catalogue, KEYS.libraries])
def test_the_short_list_stays(key: str) -> None:
    assert KEYS.is_permanent(key)
    assert KEYS.owner(key) is None


@pytest.mark.parametrize(
    "key", [KEYS.workers, KEYS.worker("dev@host"), KEYS.calls(20_000), KEYS.lasted("a/b"), "aether:odd", "other:due"]
)
def test_nothing_else_does(key: str) -> None:
    assert not KEYS.is_permanent(key)


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("_kombu.binding.celery", True),
        ("unacked", True),
        ("unacked_index", True),
        ("unacked_mutex", True),
        ("dev", True),
        (f"dev{PRIORITY_MARK}3", True),
        ("celery-task-meta-1f3a", False),
        ("celery-taskset-meta-1f3a.j", False),
    ],
)
def test_of_celerys_keys_queues_and_bindings_stay(name: str, stays: bool) -> None:
    assert KEYS.is_permanent(f"aether:celery:{name}") is stays


def test_a_queue_of_a_priority_is_named_as_kombu_names_it() -> None:
    assert KEYS.queue("dev") == "aether:celery:dev"
    assert KEYS.queue("dev", 6) == "aether:celery:dev\x06\x166"
