"""The store: all state, in Redis or Valkey, changed only by the functions of one Lua library."""

from aether_agents.contracts.server import CatalogueEntry as CatalogueEntry
from aether_agents.contracts.specialist import PLANNER as PLANNER
from aether_agents.store.client.encoding import bucket_of as bucket_of
from aether_agents.store.client.head import Head as Head
from aether_agents.store.client.keys import Keys as Keys
from aether_agents.store.client.replies import Accepted as Accepted
from aether_agents.store.client.replies import Completed as Completed
from aether_agents.store.client.replies import Delivery as Delivery
from aether_agents.store.client.replies import Fanned as Fanned
from aether_agents.store.client.replies import Granted as Granted
from aether_agents.store.client.replies import PlanningClaim as PlanningClaim
from aether_agents.store.client.replies import Refusal as Refusal
from aether_agents.store.client.replies import Refused as Refused
from aether_agents.store.client.replies import Renewal as Renewal
from aether_agents.store.client.replies import RunKey as RunKey
from aether_agents.store.client.replies import Unopened as Unopened
from aether_agents.store.client.replies import WorkerInfo
from aether_agents.store.client.sealing import Keyring as Keyring
from aether_agents.store.client.sealing import Sealer as Sealer
from aether_agents.store.client.sealing import add_key as add_key
from aether_agents.store.client.sealing import load_keyring as load_keyring
from aether_agents.store.client.sealing import make_key_file
from aether_agents.store.interventions.questions import AGAIN as AGAIN
from aether_agents.store.interventions.questions import APPROVE as APPROVE
from aether_agents.store.interventions.questions import DENY as DENY
from aether_agents.store.interventions.questions import FAIL as FAIL
from aether_agents.store.interventions.questions import PROMPT_MAX as PROMPT_MAX
from aether_agents.store.interventions.questions import PROVIDE as PROVIDE
from aether_agents.store.interventions.questions import RETRY as RETRY
from aether_agents.store.interventions.questions import SKIP as SKIP
from aether_agents.store.interventions.questions import binding as binding
from aether_agents.store.store import Store, open_store
from aether_agents.store.system.schedules import Schedules
from aether_agents.store.system.schedules import owner_of as owner_of
from aether_agents.store.system.schedules import schedule_of as schedule_of
from aether_agents.store.tasks.steering import Brake
from aether_agents.store.tasks.subtask_runs import epoch_of as epoch_of

__all__ = [
    "Brake",
    "Schedules",
    "Store",
    "WorkerInfo",
    "make_key_file",
    "open_store",
]
