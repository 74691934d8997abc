"""A store that can be stopped and started again, with nobody who works there."""

from typing import NamedTuple

from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import Settings
from aether_agents.store import open_store


class Away(NamedTuple):
    """A store that can be stopped, and settings to reach it; nobody works there."""

    server: ValkeyServer
    settings: Settings

    def end(self, task_id: str) -> None:
        """Start it again, and end a task there."""
        self.server.start()
        with open_store(self.settings) as store:
            orchestrator = Orchestrator(self.settings, store)
            orchestrator.cancel(task_id, reason="over")
            orchestrator.close()
