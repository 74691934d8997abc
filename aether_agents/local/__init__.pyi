from aether_agents.local.lease import Lease as Lease
from aether_agents.local.stack import Stack as Stack
from aether_agents.local.state import ProcessInfo as ProcessInfo
