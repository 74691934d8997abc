"""CallLimits: counts each call in the store before it is made, and lets none be made that a limit does not."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Protocol

from aether_agents.errors import LimitReached, StoreUnavailable
from aether_agents.execution.delivery.leases import Lease
from aether_agents.settings.model import Settings
from aether_agents.settings.upkeep import ALL_SERVERS
from aether_agents.store.measures.spent_calls import Bounds, Spent

log = logging.getLogger(__name__)

#: Runs that are remembered as begun: more than any process has under way.
_BEGUN = 1_000

GiveBack = Callable[[], None]

_FULL = {
    "server": "{server} may be called {most} times a day (`alerts.budgets`, `stop`): it goes on at midnight, UTC",
    "all_servers": "tools may be called {most} times a day (`alerts.budgets`, `stop`): it goes on at midnight, UTC",
    "owner": "one person may call tools {most} times a day (`limits.calls_per_owner`): it goes on at midnight, UTC",
    "task": "a task may call tools {most} times (`limits.calls_per_task`): `aether-agent retry` counts anew",
    "owner_cost": "one person's calls may cost {most} a day (`limits.cost_per_owner`): it goes on at midnight, UTC",
    "task_cost": "the calls of a task may cost {most} (`limits.cost_per_task`): `aether-agent retry` counts anew",
}


class Counting(Protocol):
    """Counts calls for all workers; `store.spent` is one."""

    def spend(self, task_id: str, server: str, cost: float, bounds: Bounds, *, whatever: bool = False) -> Spent:
        """Count a call, unless that is more than a bound lets."""

    def give_back(self, task_id: str, server: str, cost: float, bounds: Bounds, day: int) -> None:
        """Say that a call which was counted was not sent."""


class CallLimits:
    """For one process. Costs nothing where no limit applies. Thread-safe."""

    def __init__(self, settings: Settings, spent: Counting, ask: Callable[[Callable[[], Any]], Any]) -> None:
        """`ask` waits for a store that is away."""
        self._limits, self._spent, self._ask = settings.limits, spent, ask
        self._stops = settings.alerts.budgeted(stopping=True)
        self._begun: OrderedDict[Lease, None] = OrderedDict()

    def reserve(self, lease: Lease, tool: str) -> GiveBack:
        """Count a call of `server/tool`. What it gives says that the call was not sent.

        Further calls of a run that has begun are counted and never refused: they read back what its first one did.

        Raises:
            LimitReached: it must not be made.
        """
        server = tool.partition("/")[0]
        bounds, cost = self._bounds(server), _cost(self._limits.costs, tool)
        if not any(bounds):
            return _nothing
        begun = lease in self._begun
        spent = self._ask(lambda: self._spent.spend(lease.task_id, server, cost, bounds, whatever=begun))
        if spent.full:
            most = getattr(bounds, spent.full)
            raise LimitReached(
                f"`{tool}` was not called: " + _FULL[spent.full].format(server=f"`{server}`", most=f"{most:g}")
            )
        self._begun[lease] = None
        if len(self._begun) > _BEGUN:
            self._begun.popitem(last=False)
        return lambda: self._give_back(lease, server, cost, bounds, spent.day)

    def _bounds(self, server: str) -> Bounds:
        ours = self._limits
        stops = self._stops.get(server, 0), self._stops.get(ALL_SERVERS, 0)
        return Bounds(*stops, ours.calls_per_owner, ours.calls_per_task, ours.cost_per_owner, ours.cost_per_task)

    def _give_back(self, lease: Lease, server: str, cost: float, bounds: Bounds, day: int) -> None:
        self._begun.pop(lease, None)
        try:
            self._spent.give_back(lease.task_id, server, cost, bounds, day)
        except StoreUnavailable as error:
            log.info("a call that was not sent counts as made: %s", error)


def _cost(costs: Mapping[str, float], tool: str) -> float:
    return next((cost for pattern, cost in costs.items() if fnmatchcase(tool, pattern)), 0.0)


def _nothing() -> None:
    pass
