"""A worker is deaf when it takes nothing for a minute's looks, though it could and should."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aether_agents.errors import StoreRefuses, StoreUnavailable
from aether_agents.execution.delivery.outage import Outage
from aether_agents.execution.worker.watchdog import LOOKS, Watchdog
from aether_agents.settings.model import DeliverySettings, Settings


class Bench:
    """A watchdog over stand-ins, and what it sees."""

    def __init__(self, **delivery: Any) -> None:
        self.lying = 3
        self.fault: StoreUnavailable | None = None
        self.told: list[str] = []
        self.outage = Outage()
        store = SimpleNamespace(
            busy=lambda queues: {queues[0]} if self.lying else set(),
            backlog=lambda queues: {queues[0]: self.lying},
            try_to_write=self.write,
        )
        broker: Any = SimpleNamespace(store=lambda: store, outage=self.outage)
        settings = Settings(delivery=DeliverySettings(**delivery))
        self.dog = Watchdog(settings, broker, ["dev"], grace=2.0, tell=self.told.append)

    def write(self, _queues: object = ()) -> None:
        if self.fault is not None:
            raise self.fault

    def look(self, times: int = 1) -> str:
        for _ in range(times):
            self.dog.look()
        return self.dog.state


def test_it_takes_all_looks_of_a_minute():
    bench = Bench()
    assert bench.look(LOOKS - 1) == "ready"
    assert bench.look() == "deaf"
    assert bench.told == ["deaf"]


def test_one_message_taken_begins_the_minute_anew():
    bench = Bench()
    bench.look(LOOKS - 1)
    bench.dog._took(None)
    assert bench.look(LOOKS) == "ready"
    assert bench.look() == "deaf"


def test_so_does_an_empty_queue():
    bench = Bench()
    bench.look(LOOKS - 1)
    bench.lying = 0
    bench.look()
    bench.lying = 1
    assert bench.look(LOOKS - 1) == "ready"


def test_so_do_threads_that_are_all_busy(monkeypatch: pytest.MonkeyPatch):
    bench = Bench()
    monkeypatch.setattr(Watchdog, "_free", lambda _: False)
    assert bench.look(3 * LOOKS) == "ready"


@pytest.mark.parametrize("fault", [StoreRefuses("full"), StoreUnavailable("gone")])
def test_a_store_that_takes_no_writes_is_waited_for(fault: StoreUnavailable):
    bench = Bench()
    bench.fault = fault
    assert bench.look(3 * LOOKS) == "waits for the store"
    bench.fault = None
    bench.outage.over()
    assert bench.look(LOOKS - 1) == "ready"
    assert bench.told == ["waits for the store", "ready"]


def test_so_is_one_that_takes_some_writes_and_refuses_others():
    bench = Bench()
    for _ in range(3 * LOOKS):
        bench.outage.trouble(StoreRefuses("no permission for HSET"))
        assert bench.look() == "waits for the store"
        bench.outage.over()  # the next write it takes
    assert bench.look(LOOKS - 1) == "ready"
    assert bench.look() == "deaf"


def test_it_can_be_told_that_no_worker_is_deaf():
    assert Bench(deaf_after=0).look(10 * LOOKS) == "ready"


def test_a_file_is_touched_while_all_is_well_only(tmp_path: Path):
    alive = tmp_path / "alive"
    bench = Bench(alive_file=alive)
    bench.look()
    assert alive.exists()
    alive.unlink()
    bench.look(LOOKS)
    alive.unlink(missing_ok=True)
    bench.look()
    assert not alive.exists()
