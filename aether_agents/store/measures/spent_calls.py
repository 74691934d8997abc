"""Calls against limits that stop: counted before one is made, given back where it was not sent, for all workers."""

from typing import NamedTuple

from aether_agents.store.client.store_client import StorePart

#: Money is counted in millionths, so that sums are exact.
_MILLIONTHS = 1_000_000


class Bounds(NamedTuple):
    """What the next call of a tool may not exceed; 0 stands for any."""

    server: int = 0  #: calls of its server in a UTC day
    all_servers: int = 0  #: calls of all servers in a UTC day
    owner: int = 0  #: calls for one person in a UTC day
    task: int = 0  #: calls of one task
    owner_cost: float = 0  #: cost of one person's calls in a UTC day
    task_cost: float = 0  #: cost of one task's calls


class Spent(NamedTuple):
    """A call that was counted, or why it was not."""

    day: int  #: UTC days since 1970
    full: str  #: the field of `Bounds` that is spent, if one is


#: As the store calls what is spent.
_NAMES = {"server": "server", "all": "all_servers"}


class SpentCalls(StorePart):
    """What calls take, day by day, UTC, by the store's clock."""

    def spend(self, task_id: str, server: str, cost: float, bounds: Bounds, *, whatever: bool = False) -> Spent:
        """Count a call, unless that is more than a bound lets; with `whatever` it is counted all the same.

        Raises:
            StoreUnavailable: the store is away; nothing was counted.
        """
        told = self._access.call("spend", task_id, server, _counted(cost), int(whatever), *_numbers(bounds))
        full = told[1].decode()
        return Spent(int(told[0]), _NAMES.get(full, full))

    def give_back(self, task_id: str, server: str, cost: float, bounds: Bounds, day: int) -> None:
        """Say that a call which was counted that day was not sent.

        Raises:
            StoreUnavailable: the store is away; it counts as made.
        """
        self._access.call("unspend", task_id, server, _counted(cost), day, *_numbers(bounds))


def _counted(money: float) -> int:
    return round(money * _MILLIONTHS)


def _numbers(bounds: Bounds) -> list[int]:
    return [*bounds[:4], _counted(bounds.owner_cost), _counted(bounds.task_cost)]
