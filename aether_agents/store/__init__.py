"""The store: all state, in Redis or Valkey, changed only by the functions of one Lua library."""

from aether_agents.store.replies import (
    PLANNER,
    CatalogueEntry,
    Completed,
    Delivery,
    Fanned,
    Granted,
    PlanningClaim,
    Refusal,
    Refused,
    WorkerInfo,
)

__all__ = [
    "PLANNER",
    "CatalogueEntry",
    "Completed",
    "Delivery",
    "Fanned",
    "Granted",
    "PlanningClaim",
    "Refusal",
    "Refused",
    "WorkerInfo",
]
