"""What it costs that the store cannot forget a claim: unrepeatable calls in a row, side by side."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import PlannedSubtask
from aether_agents.settings.model import DeliverySettings
from tests.benchmarks.bench_delivery import ours, ratios
from tests.benchmarks.conftest import Measured
from tests.integration.execution.conftest import laboratory
from tests.integration.execution.lab import Lab, step
from tests.integration.store.older import Older

STEPS = 20


@pytest.fixture(scope="module")
def labs(sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lab]]:
    """A laboratory with one worker for each way."""
    with ExitStack() as opened:
        yield {
            name: opened.enter_context(_lab(sealing_key, tmp_path_factory.mktemp("confirm"), fsync, confirm))
            for name, fsync, confirm in (
                ("bare", "everysec", "off"),
                ("everysec", "everysec", "auto"),
                ("always", "always", "auto"),
            )
        }


@contextmanager
def _lab(key: Path, folder: Path, fsync: str, confirm: str) -> Iterator[Lab]:
    server = Older(folder, "--appendfsync", fsync)
    try:
        delivery = DeliverySettings.model_validate({"concurrency": 4, "confirm": confirm})
        for lab in laboratory(server.settings(key, folder, delivery=delivery), folder, names=("dev",)):
            lab.worker(["dev"])
            _in_line(lab)()
            yield lab
    finally:
        server.end()


def _in_line(lab: Lab) -> Callable[[], None]:
    def plan(task: str) -> list[PlannedSubtask]:
        return [
            step(task, f"s{at}", [f"s{at - 1}"] if at else [], args={"message": "m"}, repeatable=False)
            for at in range(STEPS)
        ]

    return ours(lab, plan, direct=True)


def test_unrepeatable_calls(labs: dict[str, Lab], measured: Measured) -> None:
    found = ratios({name: _in_line(lab) for name, lab in labs.items()})
    way = labs["everysec"].store.durability.way().disk or "WAITAOF does not wait here"
    shown = f"{found['everysec']:.2f} ({way})"
    measured(f"{STEPS} unrepeatable, everysec, confirm auto ÷ off", "reported", shown, met=True)
    measured(f"{STEPS} unrepeatable, always ÷ everysec, off", "reported", f"{found['always']:.2f}", met=True)
