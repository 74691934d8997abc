"""RefusedAccess: a token or a proxy's secret that is not ours is told to whoever watches, once a minute by address."""

import logging
import time
from functools import partial

from aether_agents.agentserver.service.backend import Backend
from aether_agents.agentserver.service.service import Service
from aether_agents.errors import AetherError

log = logging.getLogger(__name__)

#: Seconds until the same is told again, and how many addresses are remembered for that.
EVERY, MOST = 60.0, 1_000


class RefusedAccess:
    """For one server. What cannot be told to others is in its log."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._told: dict[str, float] = {}

    async def refused(self, address: str, what: str) -> None:
        """Somebody at an address showed something that is not ours."""
        now = time.monotonic()
        if now - self._told.get(address, float("-inf")) < EVERY:
            return
        if len(self._told) > MOST:
            self._told.clear()
        self._told[address] = now
        try:
            await self._service.call(partial(_suspect, address, what))
        except AetherError as error:
            log.error("security: refused token: %s: %s (%s)", address, what, error)  # noqa: TRY400 - it says all


def _suspect(address: str, what: str, backend: Backend) -> None:
    backend.store.alerts.suspect("refused token", address, what)
