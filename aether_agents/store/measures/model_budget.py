"""The budget of a day for language models, shared by all planners: reserved before one is asked, corrected after."""

from typing import NamedTuple

from aether_agents.store.client.store_client import StorePart

#: Money is counted in millionths, so that sums are exact.
_MILLIONTHS = 1_000_000


class Reserved(NamedTuple):
    """What was reserved of a day, or that it was not."""

    day: int  #: UTC days since 1970
    tokens: int  #: of that day, with what was reserved
    money: float  #: the same
    granted: bool


class ModelBudget(StorePart):
    """What language models take, day by day, UTC, by the store's clock."""

    def reserve(self, tokens: int, money: float, *, most_tokens: int, most_money: float) -> Reserved:
        """Reserve what asking may take at most, unless that is more than is left of the day; 0 stands for any.

        Raises:
            StoreUnavailable: the store is away; nothing was reserved.
        """
        told = self._access.call("model_reserve", tokens, _counted(money), most_tokens, _counted(most_money))
        day, so_far, cost, refused = map(int, told)
        return Reserved(day, so_far, cost / _MILLIONTHS, not refused)

    def settle(self, day: int, tokens: int, money: float) -> None:
        """Say by how much a reservation was wrong: below zero where less was taken.

        Raises:
            StoreUnavailable: the store is away; what was reserved counts as taken.
        """
        self._access.call("model_settle", day, tokens, _counted(money))


def _counted(money: float) -> int:
    return round(money * _MILLIONTHS)
