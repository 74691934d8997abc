"""Approvals: who may say yes, how many have to, and what an approver may change about a call."""

from aether_agents.access.approvers import refusal
from aether_agents.access.roles import Act, require
from aether_agents.contracts import (
    RISK_ORDER,
    Answer,
    HighLevelTask,
    Intervention,
    PlannedSubtask,
    Risk,
    Role,
    asks,
    find,
)
from aether_agents.errors import InvalidTask, NotAllowed, WrongStatus
from aether_agents.execution.calls.references import needed, visible
from aether_agents.settings.model import Settings
from aether_agents.settings.policy import PolicySettings
from aether_agents.store import APPROVE, Store, binding

#: Questions to which a yes lets a call be made.
_APPROVALS = ("approval", "review")


def require_approver(
    policy: PolicySettings, task: HighLevelTask, asked: Intervention, answer: Answer, role: Role, adder: str = ""
) -> None:
    """Make sure that somebody may give an answer. `adder`: who added the schedule that asked, if one did.

    Raises:
        NotAllowed: his role may not, or he asked for it himself.
    """
    of_planning = asked.subtask_id is None and asked.kind in ("input", "choice", "confirmation")
    act: Act = "act" if of_planning else "approve"  # "it may have run: again?" weighs as much as the first yes
    require(role, act, own=task.owner == answer.by)
    says_no = answer.response in ("deny", "fail", "skip", "cancel")
    if of_planning or says_no:
        return
    if why := refusal(policy, task, [answer.by], role, adder):
        raise NotAllowed(why)


def wanted(policy: PolicySettings, store: Store, task_id: str, asked: Intervention, answer: Answer) -> int:
    """How many different people have to say yes."""
    if policy.approvers == 1 or asked.kind not in _APPROVALS or answer.response != APPROVE:
        return 1
    if asked.subtask_id is not None:
        subtask = store.tasks.subtask(task_id, asked.subtask_id)
        risks = [asked.review.risk if asked.review else subtask.risk if subtask else Risk.DESTRUCTIVE]
    else:
        plan = store.tasks.plan(task_id)
        risks = [one.risk for one in plan.subtasks] if plan else [Risk.DESTRUCTIVE]
    highest = max(risks, key=RISK_ORDER.index)
    return policy.approvers if asks(highest, "auto", policy.approvers_from) else 1


def changed(settings: Settings, store: Store, task_id: str, asked: Intervention, answer: Answer) -> str | None:
    """What a yes with changed arguments is a yes to: the call as changed. None where nothing is.

    Where several have to say yes, it is bound to nothing: the call as changed is asked about anew.

    Raises:
        InvalidTask: they do not fit the tool, or are expressions.
        WrongStatus: this question is not about a call.
    """
    if not answer.changes:
        return None
    # Loaded when it is needed: checks of schemas cost every start, and few approvers change arguments.
    from aether_agents.execution.calls.argument_check import faults  # noqa: PLC0415

    subtask = store.tasks.subtask(task_id, asked.subtask_id) if asked.subtask_id else None
    if asked.kind != "approval" or answer.response != APPROVE or subtask is None or subtask.tool is None:
        raise WrongStatus(f"`{asked.id}` is not a yes to a call: its arguments cannot be changed")
    if find(dict(answer.changes)):
        raise InvalidTask("changed arguments are values: they cannot refer to results or secrets")
    schema = _schema(store, subtask)
    known = schema.get("properties")
    if isinstance(known, dict) and (strange := [name for name in answer.changes if name not in known]):
        raise InvalidTask(f"`{subtask.tool}` has no argument `{strange[0]}`; it has {', '.join(known) or 'none'}")
    after = subtask.model_copy(update={"args": {**subtask.args, **answer.changes}})
    seen = visible(after, store.tasks.outcomes(task_id, needed(after)))
    if wrong := faults(seen, schema):
        raise InvalidTask(f"`{subtask.tool}` does not take that: {'; '.join(wrong)}")
    if wanted(settings.policy, store, task_id, asked, answer) > 1:
        return ""
    return binding(subtask.tool, subtask.pin, seen)


def _schema(store: Store, subtask: PlannedSubtask) -> dict[str, object]:
    server, _, name = (subtask.tool or "").partition("/")
    entry = store.catalogue.entries().get(server)
    tool = next((one for one in entry.tools if one.name == name), None) if entry else None
    if tool is None:
        raise InvalidTask(f"`{subtask.tool}` is not live: its arguments cannot be changed now")
    return dict(tool.input_schema)
