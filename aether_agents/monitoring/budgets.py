"""Budgets: how many calls of tools an MCP server should need in a UTC day, against how many there were.

Somebody is told. Those that stop calls are kept where calls are made (`execution/delivery/call_limits.py`).
"""

from collections.abc import Mapping
from typing import NamedTuple

from aether_agents.settings.upkeep import ALL_SERVERS


class Spending(NamedTuple):
    """A budget, and what is gone of it today."""

    server: str  #: its name, or `all servers`
    calls: int  #: since midnight, UTC; those that failed count too
    budget: int

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.calls >= self.budget


def spending(budgets: Mapping[str, int], calls: Mapping[str, int]) -> list[Spending]:
    """Every budget against the calls of today by server; a server that was not called has spent nothing."""
    known = {**calls, ALL_SERVERS: sum(calls.values())}
    return [Spending(server, known.get(server, 0), budget) for server, budget in sorted(budgets.items())]
