"""A key of ours holds what does not belong there: workers wait, say so once, and go on when it was moved away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.errors import StoreRefuses
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, sealing_key: Path) -> Iterator[Lab]:
    """One worker, which would soon be deaf, on a server of its own."""
    folder = tmp_path_factory.mktemp("wrong")
    with ValkeyServer(folder / "valkey") as server:
        delivery = DeliverySettings(lease=4, stale=0.5, pump=0.2, concurrency=4, deaf_after=1.5, grace=2)
        settings = quick(server, sealing_key, folder).model_copy(update={"delivery": delivery})
        for lab in laboratory(settings, folder, names=("dev",)):
            lab.worker(["dev"])
            yield lab


@pytest.mark.parametrize("name", ["celery:dev", "celery:unacked", "due", "runs", "active"])
def test_a_key_of_a_wrong_type_is_waited_for_and_said_once(
    lab: Lab, toll: Callable[[Lab, str, str], Toll], name: str
) -> None:
    store, task_id = lab.store, name.replace(":", "-")
    gate, key = lab.folder / f"{task_id}.gate", f"{store.keys.prefix}:{name}"
    lab.launch(
        [step(task_id, "a", tool="gate", args={"path": str(gate), "key": f"{task_id}/a"}, repeatable=False)], task_id
    )
    eventually(lambda: lab.calls().started[f"{task_id}/a"], what="it runs")
    said = lab.log_of().count(" WARNING ")
    if store.connection.command("EXISTS", key):
        store.connection.command("RENAME", key, f"{key}.kept")
    store.connection.command("SET", key, "not ours")
    gate.touch()
    lost = f"{key} holds a string"
    with pytest.raises(StoreRefuses, match=lost):
        store.try_to_write(["dev"])
    assert [
        one for one in store.key_types.wrong(["dev"]) if one.startswith(lost) and f"RENAME {key} {key}.moved" in one
    ]
    seen = store.connection.command("TIME")[0]
    eventually(lambda: store.connection.command("TIME")[0] > seen + 3, what="twice as long as it takes to be deaf")
    store.connection.command("DEL", key)
    if store.connection.command("EXISTS", f"{key}.kept"):
        store.connection.command("RENAME", f"{key}.kept", key)
    cost = toll(lab, f"key of a wrong type: {name}, 3 s", "workers go on")
    assert cost.of([task_id], within=30) == {task_id: "completed"}
    lab.launch([step(f"{task_id}-after", "a")], f"{task_id}-after")
    assert lab.ended(f"{task_id}-after", within=30) == "completed"
    assert lab.calls().started[f"{task_id}/a"] == 1
    assert lab.workers[0].poll() is None
    assert lab.log_of().count(" WARNING ") - said <= 3, lab.log_of()[-3000:]
