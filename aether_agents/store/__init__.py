"""The store: all state, in Redis or Valkey, changed only by the functions of one Lua library."""

from aether_agents.contracts.server import CatalogueEntry
from aether_agents.contracts.specialist import PLANNER
from aether_agents.store.client.encoding import bucket_of
from aether_agents.store.client.head import Head
from aether_agents.store.client.keys import Keys
from aether_agents.store.client.replies import (
    Accepted,
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
from aether_agents.store.client.sealing import Keyring, Sealer, add_key, load_keyring, make_key_file
from aether_agents.store.interventions.questions import (
    AGAIN,
    APPROVE,
    DENY,
    FAIL,
    PROMPT_MAX,
    PROVIDE,
    RETRY,
    SKIP,
    binding,
)
from aether_agents.store.store import Store, open_store
from aether_agents.store.system.schedules import owner_of, schedule_of
from aether_agents.store.tasks.subtask_runs import epoch_of

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
    "Head",
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
    "load_keyring",
    "make_key_file",
    "open_store",
    "owner_of",
    "schedule_of",
]
