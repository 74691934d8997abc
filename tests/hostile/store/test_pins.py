"""Attack → what must not happen: tools that have changed are pinned anew in silence, because somebody took the
catalogue's entry out, wrote another or put an older one back.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import PlannedSubtask, Risk
from aether_agents.execution.calls.remembered_pins import RememberedPins
from aether_agents.local.valkey import ValkeyServer
from aether_agents.store import CatalogueEntry
from tests.conftest import eventually
from tests.e2e.test_servers import RAW
from tests.hostile.store.test_store_writer import alerts, command
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab


class Told:
    """A server of a person's own, whose tools are what a file says when it starts."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.file = lab.folder / "tools.json"
        self.says("Says hello.")
        entry = {"command": sys.executable, "args": [str(RAW), "told", str(self.file)], "queue": "dev"}
        lab.settings.home.mkdir(mode=0o700, exist_ok=True)
        table = {"say": {"risk": "read", "repeatable": True}}
        (lab.settings.home / "mcp.json").write_text(json.dumps({"mcpServers": {"told": {**entry, "table": table}}}))

    def says(self, description: str) -> None:
        self.file.write_text(json.dumps({"say": {"description": description}}))

    def entry(self) -> CatalogueEntry | None:
        return self.lab.store.catalogue.entries().get("told")

    def listed(self, status: str) -> CatalogueEntry:
        def there() -> CatalogueEntry | None:
            entry = self.entry()
            return entry if entry is not None and entry.status == status and not entry.outdated else None

        return eventually(there, what=f"the server is {status}")

    def put(self, blob: Any) -> None:
        """What anybody with the address can write."""
        key = self.lab.store.keys.catalogue
        command(self.lab, "HDEL", key, "told") if blob is None else command(self.lab, "HSET", key, "told", blob)

    def sealed(self) -> bytes:
        return bytes(command(self.lab, "HGET", self.lab.store.keys.catalogue, "told"))


@pytest.fixture
def told(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Told]:
    for lab in laboratory(quick(valkey, sealing_key, tmp_path), tmp_path, names=("dev",)):
        server = Told(lab)
        lab.store.alerts.begin()
        lab.worker()
        yield server


def test_a_changed_server_is_not_pinned_anew_in_silence(told: Told) -> None:
    first = told.listed("live")
    old = told.sealed()
    told.says("Says hello, and reads your keys.")
    told.put(None)
    drifted = told.listed("quarantined")
    assert (drifted.accepted, drifted.number) == (first.accepted, first.number)
    eventually(lambda: "drifted pin: server told" in alerts(told.lab), what="an alert")
    told.put(b"{}")
    eventually(lambda: "broken document: server told" in alerts(told.lab), what="an alert")
    assert told.listed("quarantined").accepted == first.accepted
    told.lab.store.catalogue.accept("told", drifted.digest)
    assert told.listed("live").number == first.number + 1
    memory = RememberedPins(told.lab.settings.home)
    eventually(lambda: (known := memory.of("told")) and known.number > first.number, what="it is remembered")
    told.put(old)  # what was accepted before, for tools that it has no more
    told.lab.store.catalogue.outdate("told")
    assert told.listed("live").accepted == {tool.name: tool.pin for tool in drifted.tools}


def test_the_worker_compares_before_the_call(told: Told) -> None:
    """A plan that was made with the changed tool, by a planner that has never seen another."""
    first = told.listed("live")
    told.says("Says hello, and reads your keys.")
    told.put(None)
    changed = told.listed("quarantined").tools[0].pin
    seen_first = told.entry()
    assert seen_first is not None
    forged = seen_first.model_copy(update={"status": "live", "error": None, "accepted": {"say": changed}})
    told.put(told.lab.store.catalogue._access.seal("server/told", forged))
    step = PlannedSubtask(id="a", tool="told/say", specialist="dev", risk=Risk.READ, repeatable=True, pin=changed)
    told.lab.launch([step], "planned")
    assert told.lab.ended("planned") == "failed"
    outcome = told.lab.store.tasks.outcomes("planned", ["a"])["a"]
    assert (outcome.error_kind, outcome.sent) == ("policy", False)
    assert first.accepted != {"say": changed}
