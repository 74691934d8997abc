"""Small plans for the tests of the store."""

from collections.abc import Mapping, Sequence
from typing import Any

from aether_agents.contracts import HighLevelTask, Outcome, Plan, PlannedSubtask, Risk
from aether_agents.store import Delivery, Granted, PlanningClaim, Store

DONE = Outcome(status="completed", output={"ok": True})
FAILED = Outcome(status="failed", error="it broke", error_kind="tool_error")


def subtask(name: str, needs: Sequence[str] = (), **more: Any) -> PlannedSubtask:
    """A subtask of the dev specialist, repeatable unless it is said otherwise."""
    given = {"tool": "echo/say", "specialist": "dev", "risk": Risk.READ, "repeatable": True, **more}
    return PlannedSubtask(id=name, needs=tuple(needs), **given)


def plan_of(needs: Mapping[str, Sequence[str]], **more: Mapping[str, Any]) -> Plan:
    """A plan from what each subtask needs; `more` has further fields by subtask."""
    nodes = tuple(subtask(name, need, **more.get(name, {})) for name, need in needs.items())
    return Plan(name="test", description="a test", origin="file", subtasks=nodes)


def planned(store: Store, task_id: str = "t", limit: int = 100, **fields: Any) -> PlanningClaim:
    """A new task, claimed for planning."""
    assert store.tasks.create(HighLevelTask(task_id=task_id, description="do it", **fields))
    claim = store.tasks.claim_planning(task_id, limit=limit)
    assert isinstance(claim, PlanningClaim)
    return claim


def started(
    store: Store, needs: Mapping[str, Sequence[str]], *, direct: bool = True, task_id: str = "t", **more: Any
) -> list[Delivery]:
    """A running task with this plan; gives what is to be sent."""
    claim = planned(store, task_id)
    sends = store.tasks.start(task_id, claim.token, plan_of(needs, **more), direct=direct)
    assert sends is not None
    return sends


def granted(store: Store, name: str, task_id: str = "t", queue: str = "dev") -> Granted:
    """A claim that must be granted."""
    claim = store.tasks.claim(task_id, name, queue)
    assert isinstance(claim, Granted), claim
    return claim


def refused(store: Store, name: str, task_id: str = "t", queue: str = "dev") -> str:
    """Why a claim is refused."""
    claim = store.tasks.claim(task_id, name, queue)
    assert not isinstance(claim, Granted)
    return claim.reason


def run(store: Store, name: str, outcome: Outcome = DONE, task_id: str = "t") -> list[str]:
    """Claim and complete a subtask; gives the subtasks to send."""
    done = store.tasks.complete(task_id, name, granted(store, name, task_id).token, outcome)
    assert done.kind == "ok"
    return [send.subtask_id for send in done.deliveries]


def overdue(store: Store, name: str = "", task_id: str = "t") -> None:
    """Let the time of a step run out: its lease, its retry, or its wait as a ready one."""
    store.connection.command("ZADD", store.keys.due, "XX", 0, f"{task_id}|{name}")


def reap(store: Store, *busy: str) -> list[str]:
    """One round of the reaper; gives the subtasks to send."""
    return [send.subtask_id for send in store.tasks.reap(100, busy)]


def status(store: Store, name: str = "", task_id: str = "t") -> str:
    """The status of a task or of one of its subtasks."""
    view = store.tasks.view(task_id)
    return next(one.status.value for one in view.subtasks if one.id == name) if name else view.status.value


def types(store: Store, task_id: str = "t") -> list[str]:
    """The types of all events so far, with their subtask."""
    return [f"{e.type.value} {e.subtask_id}" if e.subtask_id else e.type.value for e in store.events.read(task_id)]
