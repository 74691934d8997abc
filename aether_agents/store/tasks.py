"""Tasks: all that can be done to one, and all that can be seen of one."""

from aether_agents.store.control import Control
from aether_agents.store.planning import PlanningSteps
from aether_agents.store.roster import Roster
from aether_agents.store.runs import Runs
from aether_agents.store.undoing import Undoings


class Tasks(PlanningSteps, Runs, Control, Undoings, Roster):
    """The state of tasks. Every change is one Lua function that checks it, makes it and appends its event."""
