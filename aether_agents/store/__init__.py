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
from aether_agents.store.system.schedules import Schedules, owner_of, schedule_of
from aether_agents.store.tasks.steering import Brake
from aether_agents.store.tasks.subtask_runs import epoch_of

#: What another program may import. The other names above are for the rest of this package only.
__all__ = [
    "Brake",
    "Schedules",
    "Store",
    "WorkerInfo",
    "make_key_file",
    "open_store",
]
