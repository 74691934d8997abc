"""The store: all state, in Redis or Valkey, changed only by the functions of one Lua library."""

from aether_agents.store.buckets import bucket_of
from aether_agents.store.keys import Keys
from aether_agents.store.questions import AGAIN, APPROVE, DENY, FAIL, PROMPT_MAX, PROVIDE, RETRY, SKIP, binding
from aether_agents.store.replies import (
    PLANNER,
    Accepted,
    CatalogueEntry,
    Completed,
    Delivery,
    Fanned,
    Granted,
    PlanningClaim,
    Refusal,
    Refused,
    Renewal,
    RunKey,
    Unopened,
    WorkerInfo,
)
from aether_agents.store.runs import epoch_of
from aether_agents.store.schedules import owner_of, schedule_of
from aether_agents.store.sealing import Keyring, Sealer, add_key, make_key_file
from aether_agents.store.store import Store, open_store

__all__ = [
    "AGAIN",
    "APPROVE",
    "DENY",
    "FAIL",
    "PLANNER",
    "PROMPT_MAX",
    "PROVIDE",
    "RETRY",
    "SKIP",
    "Accepted",
    "CatalogueEntry",
    "Completed",
    "Delivery",
    "Fanned",
    "Granted",
    "Keyring",
    "Keys",
    "PlanningClaim",
    "Refusal",
    "Refused",
    "Renewal",
    "RunKey",
    "Sealer",
    "Store",
    "Unopened",
    "WorkerInfo",
    "add_key",
    "binding",
    "bucket_of",
    "epoch_of",
    "make_key_file",
    "open_store",
    "owner_of",
    "schedule_of",
]
