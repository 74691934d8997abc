"""A worker with another sealing key comes first: it is kept out where the key was made known, and stops nobody else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import EncryptionSettings, Settings
from aether_agents.store import make_key_file
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step


@pytest.fixture
def bare_lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path):
    """A laboratory without a worker yet."""
    yield from laboratory(quick(valkey, sealing_key, tmp_path), tmp_path, names=("dev",))


def other_key(lab: Lab) -> Settings:
    """The settings of a worker that was given another key."""
    path = lab.folder / "other.key"
    make_key_file(path)
    return lab.settings.model_copy(update={"encryption": EncryptionSettings(key_file=path)})


def test_it_does_not_start_where_the_key_was_made_known(bare_lab: Lab) -> None:
    bare_lab.store.key_marker.make()
    process = bare_lab.worker(settings=other_key(bare_lab), ready=False)
    assert process.wait(30) != 0
    assert "CannotOpen: this process has another sealing key" in bare_lab.log_of(0)
    assert bare_lab.store.connection.command("EXISTS", bare_lab.store.keys.catalogue) == 0


def test_what_a_worker_with_another_key_left_stops_no_right_worker(
    bare_lab: Lab, toll: Callable[[Lab, str, str], Toll]
) -> None:
    lab = bare_lab
    first = lab.worker(settings=other_key(lab))  # nobody has made the key known: it starts, and lists
    eventually(lab.store.catalogue.foreign, what="it has sealed an entry")
    lab.stop(first)
    cost = toll(lab, "a worker with another key came first", "it stops nobody else")
    lab.worker()
    eventually(lambda: not lab.store.catalogue.foreign(), what="the right worker lists the server anew")
    assert "is passed by" in lab.log_of(1)
    lab.launch([step("t", "a")], "t")
    assert cost.of(["t"]) == {"t": "completed"}
