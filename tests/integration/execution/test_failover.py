"""A fail-over under a worker and a beat: both go on with the next primary, in the same processes."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from aether_agents.errors import StoreUnavailable
from aether_agents.process.broker_address import checked
from aether_agents.settings.model import (
    BrokerSettings,
    DeliverySettings,
    EncryptionSettings,
    ScheduleSettings,
    Settings,
)
from tests.conftest import eventually
from tests.integration.beat.test_beat import beating
from tests.integration.execution.conftest import laboratory
from tests.integration.execution.lab import Lab, step
from tests.integration.store.test_sentinel import PASSWORD, Watched

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A primary with a replica, and the sentinel that watches them."""
    folder = tmp_path / "stores"
    folder.mkdir()
    with ExitStack() as stack:
        yield Watched(folder, stack)


@pytest.fixture
def lab(watched: Watched, tmp_path: Path, sealing_key: Path) -> Iterator[Lab]:
    """A laboratory whose address names the sentinel."""
    url = checked(f"sentinel://:{PASSWORD}@127.0.0.1:{watched.sentinel}/0?master_name=ours")
    settings = Settings(
        broker=BrokerSettings(url=url, prefix=f"t{uuid4().hex[:10]}"),
        encryption=EncryptionSettings(key_file=sealing_key),
        delivery=DeliverySettings(lease=4, stale=1, pump=0.1, concurrency=4, grace=2),
        schedules={"often": ScheduleSettings(every=1, task="look")},
        home=tmp_path / "home",
        project=tmp_path,
    )
    yield from laboratory(settings, tmp_path, names=("dev",))


def count(lab: Lab) -> int:
    """Tasks that beat has fired; none are seen while nobody answers."""
    try:
        return sum(task.owner == "schedule:often" for task in lab.store.tasks.recent(200))
    except StoreUnavailable:
        return 0


def test_worker_and_beat_go_on_with_the_next_primary(watched: Watched, lab: Lab, tmp_path: Path) -> None:
    worker, log, gate = lab.worker(["dev"]), tmp_path / "beat.log", tmp_path / "open"
    with beating(lab.settings, log) as beat:
        eventually(lambda: count(lab), what="beat fires")
        plan = [step("over", "a", tool="gate", args={"path": str(gate), "key": "over/a"}), step("over", "b", ["a"])]
        lab.launch(plan, "over")
        eventually(lambda: lab.calls().started["over/a"], what="its first call runs")
        eventually(watched.follows, what="the replica has all that was written")
        watched.first.kill()
        watched.first.wait()
        eventually(lambda: count(lab), within=60, what="the next primary answers")
        gate.touch()
        assert lab.ended("over", within=60) == "completed"
        assert lab.calls().started["over/b"] == 1
        lab.launch([step("after", "a"), step("after", "b", ["a"])], "after")
        assert lab.ended("after", within=60) == "completed"
        before = count(lab)
        eventually(lambda: count(lab) > before, within=60, what="beat fires again")
        assert (worker.poll(), beat.poll()) == (None, None), "nobody had to be started again"
    assert "s3cr" not in lab.log_of() + log.read_text()
