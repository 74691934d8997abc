"""The sender: what it sends, and what it does when the broker or Celery says no."""

from typing import Any

import pytest
from celery.canvas import Signature
from kombu.exceptions import OperationalError

from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.sender import BATCH_FROM, Sender
from aether_agents.settings.model import BrokerSettings, Settings
from aether_agents.store import Delivery
from tests.unit.execution.fakes import subtask

SETTINGS = Settings(broker=BrokerSettings(url="redis://127.0.0.1:1/0"))


class Producer:
    """A producer, its pool, and its batch: it counts the batches that were opened."""

    def __init__(self, *, batches: bool) -> None:
        self.opened = 0
        if batches:
            self.batch = self._batch

    def _batch(self) -> "Producer":
        self.opened += 1
        return self

    def acquire(self, block: bool, timeout: float) -> "Producer":
        return self

    def __enter__(self) -> "Producer":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Wire:
    """A sender whose messages go nowhere but into a list."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, batches: bool = True) -> None:
        self.sender = Sender.to(SETTINGS)
        self.producer = Producer(batches=batches)
        self.sent: list[tuple[str, tuple[str, ...], dict[str, Any]]] = []
        monkeypatch.setattr(type(self.sender._app), "producer_pool", self.producer)
        monkeypatch.setattr(self.sender._app, "send_task", self.note)

    def note(self, name: str, args: tuple[str, ...], producer: object, **options: Any) -> None:
        self.sent.append((name, args, options))


def test_a_subtask_goes_to_its_specialist_and_a_task_to_the_planner(monkeypatch: pytest.MonkeyPatch):
    wire = Wire(monkeypatch)
    wire.sender.send([Delivery("t", "a", "dev", 9), Delivery("t", "", "planner")])
    assert [(name, args, options["queue"], options["priority"]) for name, args, options in wire.sent] == [
        ("dev.run_subtask", ("t", "a"), "dev", 0),
        ("planner.open_task", ("t",), "planner", 4),
    ]
    assert all(options["ignore_result"] for _, _, options in wire.sent)


@pytest.mark.parametrize(
    ("count", "batches", "opened"), [(BATCH_FROM - 1, True, 0), (BATCH_FROM, True, 1), (50, False, 0)]
)
def test_many_messages_go_together_where_kombu_can(
    monkeypatch: pytest.MonkeyPatch, count: int, batches: bool, opened: int
):
    wire = Wire(monkeypatch, batches=batches)
    wire.sender.send([Delivery("t", f"s{at}", "dev") for at in range(count)])
    assert (len(wire.sent), wire.producer.opened) == (count, opened)


def test_nothing_to_send_needs_no_broker():
    Sender.to(SETTINGS).send([])


@pytest.mark.parametrize("error", [AttributeError("options"), TypeError("x"), RecursionError("deep")])
def test_a_canvas_that_celery_refuses_is_a_value(monkeypatch: pytest.MonkeyPatch, error: Exception):
    def refuse(self: Signature) -> None:
        raise error

    monkeypatch.setattr(Signature, "apply_async", refuse)
    sender = Wire(monkeypatch).sender
    assert sender.launch(sender.seam("dev", 5)) is False


def test_a_broker_that_is_away_is_no_refusal(monkeypatch: pytest.MonkeyPatch):
    def away(self: Signature) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(Signature, "apply_async", away)
    sender = Wire(monkeypatch).sender
    with pytest.raises(StoreUnavailable, match="aether-agent up"):
        sender.launch(sender.seam("dev", 5))


def test_a_canvas_carries_the_priority_of_its_task():
    canvas = Sender.to(SETTINGS).canvas("t", [subtask(), subtask(id="b", needs=("a",))], priority=9, limit=100)
    assert canvas is not None
    assert [task.options["priority"] for task in canvas.tasks] == [0, 0]
