from aether_agents.local.stack import Stack as Stack
from aether_agents.local.stack_lease import Lease as Lease
from aether_agents.local.supervision.state_file import ProcessInfo as ProcessInfo
