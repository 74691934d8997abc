"""Producers: one a thread however deep the nesting, and no acquire that may wait for ever. On a pool of one."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kombu.resource import Resource

from aether_agents.celery_app import producers
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.sender import BATCH_FROM, Sender
from aether_agents.store import Delivery
from tests.integration.execution.lab import Lab, step


@pytest.fixture
def sender(lab: Lab) -> Iterator[Sender]:
    """A sender whose pool has one producer and one connection."""
    sender = Sender.to(lab.settings.model_copy(update={"delivery": lab.settings.delivery}))
    sender._app.conf.broker_pool_limit = 1
    sender._app.pool.limit = 1
    yield sender
    sender.close()


@pytest.fixture
def acquires(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The bound of every acquire of any pool of kombu's; None where there is none."""
    bounds: list[float | None] = []
    acquire = Resource.acquire

    def noted(self: Resource, block: bool = False, timeout: float | None = None) -> Any:
        bounds.append(timeout if block else 0.0)
        return acquire(self, block=block, timeout=timeout or 5)  # what has no bound fails here, and does not hang

    monkeypatch.setattr(Resource, "acquire", noted)
    return bounds


def nested(task_id: str) -> list[Any]:
    arms = [
        step(task_id, f"{arm}{at}", needs)
        for at in (0, 1)
        for arm, needs in (("r", ()), ("w", ()), ("q", (f"r{at}",)), ("p", (f"r{at}",)))
    ]
    return [*arms, step(task_id, "z", [one.id for one in arms]), step(task_id, "x")]


def test_a_nested_canvas_goes_through_one_producer_and_every_acquire_has_a_bound(
    lab: Lab, sender: Sender, acquires: list[float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "sender", sender)
    assert lab.launch(nested("one"), "one") == "canvas"
    sender.send([Delivery("one", f"nobody{at}", "dev") for at in range(BATCH_FROM)])
    assert lab.ended("one") == "completed"
    assert acquires
    assert None not in acquires


def test_who_finds_no_producer_says_so_in_time(lab: Lab, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producers, "TIMEOUT", 0.2)
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with sender._app.producer_or_acquire():
            taken.set()
            leave.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    try:
        with pytest.raises(StoreUnavailable, match="no producer was free"):
            sender.send([Delivery("none", "a", "dev")])
        with pytest.raises(StoreUnavailable, match="no producer was free"):
            sender.launch(sender.seam("dev", 5))
    finally:
        leave.set()
        holder.join()


def test_the_heartbeat_sends_while_every_producer_is_taken(lab: Lab, sender: Sender) -> None:
    own = producers.OwnProducer(sender._app)
    with sender._app.producer_or_acquire():
        thread = threading.Thread(target=Sender(sender._app, own).send, args=([Delivery("none", "a", "dev")],))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    own.close()
