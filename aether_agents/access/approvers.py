"""Approvers: who may say yes to what a task asks. Asked when a yes is given, and when one of an earlier task counts."""

from collections.abc import Iterable
from typing import cast

from aether_agents.contracts import HighLevelTask, Role
from aether_agents.process.local_journal import login
from aether_agents.settings.policy import PolicySettings
from aether_agents.store import Store, schedule_of

#: The owners of what was asked at this machine, at a terminal or by an editor: whoever is logged in there.
_HERE = ("local", "mcp")


def refusal(policy: PolicySettings, task: HighLevelTask, people: Iterable[str], role: str, adder: str = "") -> str:
    """Why a yes of these people does not count for a task; empty if it does.

    Args:
        policy: who may approve.
        task: the task that asks.
        people: who says yes, together.
        role: the role of who said it last.
        adder: who added the schedule that the task is of, if a person did.
    """
    if cast("Role", role) not in policy.approver_roles:
        return f"{role or 'who has no role'} may not approve here: ask a {' or '.join(policy.approver_roles)}"
    own = {task.owner, adder, *task.asked_by, task.rerun.by if task.rerun else ""} - {""}
    if own & {*_HERE, login()}:  # one person has these names
        own |= {*_HERE, login()}
    asked = next((name for name in people if name in own), "")
    if policy.four_eyes and asked:
        return f"{asked} asked for this, and who asks may not approve here: somebody else has to"
    return ""


def voter(name: str) -> str:
    """Whose yes it is, where several are wanted: at the page and at the terminal of a machine sits the same person."""
    return login() if name in _HERE else name


def adder_of(store: Store, task: HighLevelTask) -> str:
    """Who added the schedule that owns a task, removed or not; nobody where a person or the settings asked."""
    if task.added_by:
        return task.added_by
    schedule = schedule_of(task.owner)  # of a version before: known while it is there
    added = store.schedules.added().get(schedule) if schedule is not None else None
    return added.owner if added else ""
