"""A child is what it says it is: its supervisor never calls a deaf one ready."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from aether_agents.local.supervision.child_process import ChildProcess


def child(tmp_path: Path) -> ChildProcess:
    made = ChildProcess("worker", tmp_path / "log", {"delivery": {"grace": 1, "deaf_after": 60}}, {}, tmp_path)
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


def test_one_that_gives_no_sign_of_life_is_killed_and_a_word_cut_in_two_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: killed.append(group))
    one = child(tmp_path)
    one._process = SimpleNamespace(pid=7)  # type: ignore[assignment]
    for _ in range(100):
        one.listen(1.0)  # it loads its code: nobody expects a word of it
    one.hear(line(queues=["dev"])[:9])
    one.hear(line(queues=["dev"])[9:] + b"{}\n")
    for _ in range(5):
        for _ in range(59):
            one.listen(1.0)
        one.hear(b"{}\n")
    assert (killed, one.status) == ([], "ready")
    for _ in range(61):
        one.listen(1.0)
    assert killed == [7]
