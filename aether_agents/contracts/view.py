"""What a reader sees of a task: its state, its result when it has ended, what it left, what undoing it would do."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from pydantic import Field

from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.intervention import Intervention
from aether_agents.contracts.outcome import ErrorKind, Outcome
from aether_agents.contracts.plan import Delivery, Origin, PlannedSubtask, Template, Understood
from aether_agents.contracts.status import SubtaskStatus, TaskStatus
from aether_agents.contracts.tool import Risk

_DENIED = re.compile(r"^(?:\S+: )?denied by (.+?)(?:: .*)?$", re.DOTALL)


def denied_by(error: str | None) -> str:
    """Who said no, where that is why something ended; empty otherwise."""
    found = _DENIED.match(error or "")
    return found.group(1) if found else ""


Conclusion = Literal["pass", "fail", "inconclusive"]
Severity = Literal["critical", "high", "medium", "low", "info"]
#: What `--fail-on` may name: a severity and all above it, or everything that is no pass.
FailOn = Literal["critical", "high", "medium", "low", "info", "inconclusive"]

CONCLUSIONS: tuple[Conclusion, ...] = get_args(Conclusion)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
#: Severities that are named beside a status.
_NAMED = 2


class Verdict(Contract):
    """The result of a task by what its tools concluded."""

    status: Conclusion = Field(description="The worst conclusion: `fail`, `inconclusive`, `pass`.")
    findings: dict[Severity, int] = Field(default_factory=dict, description="Findings by severity; none are left out.")

    @property
    def words(self) -> str:
        """The verdict as it stands beside a status: `2 high findings`."""
        grave = [(severity, self.findings[severity]) for severity in SEVERITIES[:-1] if severity in self.findings]
        if self.status == "pass" or not grave:
            return {"pass": "pass", "fail": "failed", "inconclusive": "inconclusive"}[self.status]
        named = ", ".join(f"{count} {severity}" for severity, count in grave[:_NAMED])
        return f"{named} finding{'' if grave[:_NAMED][-1][1] == 1 else 's'}"

    def reaches(self, bound: FailOn) -> bool:
        """Whether it is as bad as a bound, or worse. A failure without findings is as bad as any."""
        if bound == "inconclusive":
            return self.status != "pass"
        severities = SEVERITIES[: SEVERITIES.index(bound) + 1]
        return any(severity in self.findings for severity in severities) or (
            self.status == "fail" and not self.findings
        )


class SubtaskView(Contract):
    """One subtask as it stands."""

    id: str = Field(description="Its id in the plan; children of a fan-out end in `#index`.")
    specialist: str = Field(description="Specialist that runs it.")
    tool: str = Field(description="`server/tool`.")
    name: str = Field(default="", description="A few words for people.")
    status: SubtaskStatus = Field(description="What it is doing.")
    needs: tuple[str, ...] = Field(default=(), description="Subtasks it waits for.")
    attempts: int = Field(default=0, description="Calls made so far.")
    started_at: datetime | None = Field(
        default=None, description="When it was last claimed, UTC; of a fan-out, when it began to fan out."
    )
    finished_at: datetime | None = Field(default=None, description="When it ended, UTC.")
    output: Json = Field(default=None, description="Its output, where it was asked for.")
    error: str | None = Field(default=None, description="What went wrong.")
    error_kind: ErrorKind | None = Field(default=None, description="Which kind of failure it was.")
    kept_from: str | None = Field(default=None, description="Task that made the call, if its outcome was taken over.")


class PlanView(Contract):
    """Where the plan came from and how it is delivered."""

    origin: Origin = Field(description="template, draft, llm or file.")
    template: str | None = Field(default=None, description="Template it was made from.")
    digest: str = Field(default="", description="Digest of the plan.")
    delivery: Delivery | None = Field(default=None, description="canvas or direct; none before it runs.")
    confidence: float = Field(default=1.0, description="How sure the planner is.")
    understood: tuple[Understood, ...] = Field(default=(), description="What each part of the sentence became.")
    unused: tuple[str, ...] = Field(default=(), description="Parts of the sentence that changed nothing.")


class TaskView(Contract):
    """A task as it stands: the body of `status --json`, `execute --json` and `result --json`."""

    task_id: str = Field(description="The task.")
    description: str = Field(default="", description="What was asked.")
    owner: str = Field(default="", description="Who asked.")
    status: TaskStatus = Field(description="What it is doing.")
    degraded: bool = Field(
        default=False,
        description="Completed, but a subtask with `on_failure: continue` failed, or a person skipped one.",
    )
    progress: float = Field(default=0.0, description="Share of its subtasks that have ended.")
    seq: int = Field(default=0, description="Number of its last event.")
    created_at: datetime | None = Field(default=None, description="When it was accepted, UTC.")
    finished_at: datetime | None = Field(default=None, description="When it ended, UTC.")
    plan: PlanView | None = Field(default=None, description="Its plan, once there is one.")
    subtasks: tuple[SubtaskView, ...] = Field(default=(), description="Its subtasks.")
    interventions: tuple[Intervention, ...] = Field(default=(), description="What is being asked now.")
    outputs: dict[str, Json] = Field(default_factory=dict, description="Its result, when it has ended.")
    verdict: Verdict | None = Field(
        default=None, description="What it found, when it has ended and looked at something."
    )
    error: str | None = Field(default=None, description="Why it failed.")
    dry_run: bool = Field(default=False, description="Only what reads was called; nothing was changed.")
    retries: str | None = Field(default=None, description="Task that this one goes on with.")
    forks: str | None = Field(default=None, description="Task of which this one tries what else could become of it.")
    refines: str | None = Field(default=None, description="Task whose plan this one changes.")
    undoes: str | None = Field(default=None, description="Task that this one puts back.")
    retried_by: tuple[str, ...] = Field(default=(), description="Tasks that went on with this one.")
    forked_by: tuple[str, ...] = Field(default=(), description="Tasks that try what else could have become of it.")
    undone_by: tuple[str, ...] = Field(default=(), description="Tasks that put this one back.")


class Refined(Contract):
    """A plan that was changed: what is other, and the whole of it."""

    task_id: str = Field(description="The task that has the new plan; nothing of it has run.")
    refines: str = Field(description="The task that has the plan before; it stays.")
    status: TaskStatus = Field(description="`completed` when there is a new plan; it may ask something first.")
    difference: tuple[dict[str, Json], ...] = Field(
        default=(), description="`{kind, subtask, field, before, after}`: subtasks added, removed and changed."
    )
    document: str = Field(default="", description="The new plan as a plan file.")
    interventions: tuple[Intervention, ...] = Field(default=(), description="What is asked before there is one.")
    error: str | None = Field(default=None, description="Why there is none.")


class Spread(Contract):
    """How long something took the last times, in seconds."""

    p50: float = Field(description="Half of them took no longer.")
    p90: float = Field(description="Nine of ten took no longer.")
    count: int = Field(description="How many there were.")


class Estimate(Contract):
    """What a plan will take, as far as earlier calls tell: time, people, and what cannot be put back."""

    p50: float | None = Field(default=None, description="Seconds of its longest way; none where nothing is known.")
    p90: float | None = Field(default=None, description="The same, if each call takes as long as one in ten did.")
    path: tuple[str, ...] = Field(default=(), description="The longest way: what the end waits for, in order.")
    unknown: tuple[str, ...] = Field(default=(), description="Subtasks of whose tools too little is known.")
    lists: tuple[str, ...] = Field(default=(), description="Fan-outs whose length is not known: counted as one call.")
    asks: tuple[str, ...] = Field(default=(), description="Subtasks before which a person is asked; not in the times.")
    undoable: tuple[str, ...] = Field(default=(), description="Changes that can be undone.")
    lasting: tuple[str, ...] = Field(default=(), description="Changes that nothing undoes.")
    template: Spread | None = Field(default=None, description="Tasks of its template before, waiting included.")


CallState = Literal["called", "failed", "would", "would_not", "unknown"]


class DryCall(Contract):
    """One call of a dry run: made, because it only reads, or as it would be made."""

    subtask: str = Field(description="Subtask it is of.")
    name: str = Field(default="", description="A few words for people.")
    tool: str = Field(default="", description="`server/tool`; empty of a review.")
    specialist: str = Field(default="", description="Specialist that would call it.")
    risk: Risk = Field(description="Risk of the call; of a review, the highest of what it covers.")
    state: CallState = Field(
        description="`called` or `failed` now; `would` be called; `would_not`: its condition does not hold; "
        "`unknown`: whether it would hangs on what was not called."
    )
    arguments: dict[str, Json] = Field(
        default_factory=dict, description="As far as they are known; a secret, and what is not known, as written."
    )
    unknown: tuple[str, ...] = Field(default=(), description="References in them that only a real run gives.")
    asks: str = Field(default="", description="Who would be asked first; empty for nobody.")
    why: str = Field(default="", description="Why it was not called, or how it failed.")
    times: int | None = Field(default=1, description="Calls that it stands for; none where their list is not known.")


class EndedSubtask(NamedTuple):
    """One subtask that has ended, or a child of a fan-out."""

    id: str
    subtask: PlannedSubtask  #: as it ran; in a child, `${item}` has become the item
    status: SubtaskStatus
    calls: int  #: that were begun
    outcome: Outcome | None
    ended: int  #: milliseconds after its task was accepted
    taken_over: bool = False  #: its outcome is another task's
    turn: int = 0  #: which task of a chain of retries made the call


class Irreversible(Contract):
    """A call that changed something, or may have, and that nothing undoes."""

    subtask: str = Field(description="Subtask that made the call.")
    tool: str = Field(description="`server/tool` that was called.")
    risk: Risk = Field(description="Its risk when it was planned.")
    why: str = Field(description="Why it cannot be undone, and what to do about it.")


class Undoing(Contract):
    """The result of undoing a task, before anything of it runs."""

    task_id: str = Field(description="The task that is put back.")
    undone: tuple[str, ...] = Field(default=(), description="Its subtasks that are undone, the last to end first.")
    cannot: tuple[Irreversible, ...] = Field(default=(), description="What cannot be undone.")
    document: Template | None = Field(default=None, description="The plan that undoes it; none if nothing can be.")


def verdict_of(outputs: Mapping[str, Json], looked: Iterable[Json] = ()) -> Verdict | None:
    """The verdict of a task: the one that its own result states, else of all its tools' results together.

    None where nothing was looked at.
    """
    stated = outputs.get("status")
    if stated in CONCLUSIONS:
        return Verdict(status=_conclusion(stated), findings=_counted(outputs.get("findings")))
    found = [one for one in looked if isinstance(one, Mapping) and _is_look(one)]
    if not found:
        return None
    statuses = {one["status"] for one in found}
    status = next(status for status in ("fail", "inconclusive", "pass") if status in statuses)
    counts = [_counted(one.get("counts")) or _counted(one.get("findings")) for one in found]
    total = {severity: sum(count.get(severity, 0) for count in counts) for severity in SEVERITIES}
    return Verdict(status=_conclusion(status), findings={name: count for name, count in total.items() if count})


def _is_look(output: Mapping[str, Json]) -> bool:
    return isinstance(output.get("findings"), list) and output.get("status") in CONCLUSIONS


def _conclusion(status: Json) -> Conclusion:
    return next(one for one in CONCLUSIONS if one == status)


def _counted(value: Json) -> dict[Severity, int]:
    """Findings by severity, from their counts or from the findings themselves; none are left out."""
    if isinstance(value, Mapping):
        told = {name: value.get(name) for name in SEVERITIES}
        return {name: count for name, count in told.items() if isinstance(count, int) and count > 0}
    listed = [one.get("severity") for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return {name: listed.count(name) for name in SEVERITIES if name in listed}
