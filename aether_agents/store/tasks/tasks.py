"""Tasks: all that can be done to one, and all that can be seen of one."""

from aether_agents.store.tasks.control import Control
from aether_agents.store.tasks.open_tasks import Roster
from aether_agents.store.tasks.planner_step import PlanningSteps
from aether_agents.store.tasks.subtask_runs import Runs
from aether_agents.store.tasks.undo_links import Undoings


class Tasks(PlanningSteps, Runs, Control, Undoings, Roster):
    """The state of tasks. Every change is one Lua function that checks it, makes it and appends its event."""
