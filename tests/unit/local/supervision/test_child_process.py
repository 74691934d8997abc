"""A child is what it says it is: its supervisor never calls a deaf one ready."""

import json
from pathlib import Path

from aether_agents.local.supervision.child_process import Child


def child(tmp_path: Path) -> Child:
    made = Child("worker", tmp_path / "log", {"delivery": {"grace": 1}}, {}, tmp_path)
    made._process = object()  # type: ignore[assignment]  # it runs
    return made


def line(**told: object) -> bytes:
    return json.dumps(told).encode() + b"\n"


def test_what_it_says_is_its_status(tmp_path: Path):
    one = child(tmp_path)
    assert one.status == "starting"
    one.hear(line(queues=["dev"]))
    assert (one.status, one.queues) == ("ready", ("dev",))
    for state in ("waits for the store", "ready", "deaf"):
        one.hear(line(state=state))
        assert one.status == state
    assert one.queues == ("dev",)


def test_it_may_wait_for_the_store_before_it_serves(tmp_path: Path):
    one = child(tmp_path)
    one.hear(line(state="waits for the store"))
    assert one.status == "waits for the store"
    one.hear(line(state="ready"))
    assert one.status == "starting"


def test_two_words_at_once_are_two_words(tmp_path: Path):
    one = child(tmp_path)
    one.hear(line(queues=["dev"]) + line(state="deaf"))
    assert (one.status, one.queues) == ("deaf", ("dev",))
