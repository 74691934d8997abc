"""Reviewing: a review put to a person, and his yes as whoever makes a covered call checks it."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from aether_agents.access.consent import NOT_REVIEWED, Reviewed
from aether_agents.access.secrets import Secrets
from aether_agents.contracts import (
    KINDS,
    RISK_ORDER,
    Covered,
    GivenAnswer,
    Intervention,
    Json,
    Outcome,
    PlannedSubtask,
    Risk,
    Subject,
    counts_in,
    covers,
    items_in,
    kinds_in,
    value_digest,
)
from aether_agents.contracts.shortening import counted
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.execution.calls.approval import in_time
from aether_agents.execution.calls.kept_items import Write, taken
from aether_agents.execution.calls.references import needed, resolve
from aether_agents.execution.calls.shown_value import write_whole
from aether_agents.execution.calls.tool_call import Caller, Run
from aether_agents.execution.delivery.fan_out import Items, children_of
from aether_agents.execution.delivery.leases import Lease
from aether_agents.execution.delivery.run_results import failed
from aether_agents.settings.model import Settings
from aether_agents.store import APPROVE, DENY, Granted, Store
from aether_agents.store.interventions.reviews import binding, covered, covered_by

log = logging.getLogger(__name__)

_AHEAD = "answered ahead"
_DONE: Mapping[str, str] = {"create": "creates", "change": "changes", "replace": "replaces", "destroy": "destroys"}


class Reviewing:
    """Reviews of one process."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def before(
        self, lease: Lease, claim: Granted, outcomes: Mapping[str, Outcome], caller: Caller, write: Write
    ) -> Outcome | Intervention | Items | None:
        """The result of a run that calls nothing itself, or may not; none of one that makes its call."""
        subtask = claim.subtask
        if subtask.review is not None:
            return self.decide(lease, subtask, claim.answer, outcomes)
        if drifted := self.look_again(lease, subtask, caller):
            return drifted
        if subtask.for_each is None:
            return None
        children = children_of(subtask, items := resolve(subtask.for_each, outcomes))
        return taken(subtask, items, children, outcomes, write)

    def decide(
        self, lease: Lease, review: PlannedSubtask, answer: GivenAnswer | None, outcomes: Mapping[str, Outcome]
    ) -> Outcome | Intervention:
        """The question; or the result of a review, when it is answered."""
        told = review.review
        shown = outcomes.get(told.of) if told else None
        if told is None or shown is None or shown.status != "completed":
            why = f"`{told.of if told else ''}` gave nothing that could be shown"
            return Outcome(status="failed", error=why, error_kind="arguments", sent=False)
        calls = self._store.tasks.subtasks(lease.task_id, told.covers)
        found = covered_by(review, calls, shown.output)
        risk = max((one.risk for one in found), key=RISK_ORDER.index, default=Risk.READ)
        digest = value_digest(shown.output)
        same = answer is not None and answer.response == APPROVE and answer.binds == binding(shown.output, found)
        if answer is not None and same and in_time(answer):
            return _done(digest, answer.actor, answer.at, answer.comment)
        if found and covers(review.approved_up_to, risk):
            return _done(digest, self._store.tasks.task(lease.task_id).owner, datetime.now(UTC), _AHEAD)
        alone = tuple(name for name in told.covers if name not in {one.subtask for one in found})
        return _question(
            review,
            Subject(
                of=told.of,
                form=told.as_,
                digest=digest,
                counts=counts_in(shown.output),
                kinds=kinds_in(items_in(shown.output)),
                risk=risk,
                leads_to=tuple(f"{one.subtask}: {one.tool}" for one in found),
                alone=alone,
                path=write_whole(shown.output, told.as_, self._settings.home / "reports" / lease.task_id, review.id),
            ),
            binding(shown.output, found),
        )

    def consent(self, lease: Lease, subtask: PlannedSubtask, own: GivenAnswer | None = None) -> Reviewed:
        """What the review of a call, or of an item of a fan-out, lets it do; checked against its sealed record."""
        if subtask.reviewed_by is None or own is not None:  # it was asked about by itself
            return NOT_REVIEWED
        tasks, task_id = self._store.tasks, lease.task_id
        whole = subtask.id.partition("#")[0]
        known = tasks.subtasks(task_id, (whole, subtask.reviewed_by))
        planned, review = known.get(whole), known.get(subtask.reviewed_by)
        told = review.review if review else None
        if planned is None or review is None or told is None:
            return Reviewed(doubt=f"the review `{subtask.reviewed_by}` is not there")
        outcomes = tasks.outcomes(task_id, [told.of, review.id])
        if told.of not in outcomes or review.id not in outcomes:
            return Reviewed(doubt=f"the review `{review.id}` has not ended")
        value = outcomes[told.of].output
        expected = covered(planned, value)
        answer, doubt = tasks.given(task_id, review.id)
        why = _against(answer, doubt, expected, value, outcomes[review.id], review)
        why = why or _strayed(subtask, planned, outcomes)
        kinds = tuple(kinds_in(items_in(value)))
        return Reviewed(doubt=why) if why else Reviewed(expected.risk, kinds)

    def look_again(self, lease: Lease, subtask: PlannedSubtask, caller: Caller) -> Outcome | None:
        """The failure that names what has changed since a call was previewed; none if nothing has, or need hold."""
        if subtask.unchanged is None:
            return None
        looked = self._store.tasks.subtask(lease.task_id, subtask.unchanged)
        wanted = (subtask.unchanged, *(needed(looked) if looked else ()))
        outcomes = self._store.tasks.outcomes(lease.task_id, wanted)
        before = outcomes.get(subtask.unchanged)
        if looked is None or before is None or before.status != "completed":
            return failed("drift", f"nothing was done: `{subtask.unchanged}` gave nothing to compare with", sent=False)
        return caller.drifted(Run(lease, looked, outcomes, Secrets(self._settings, looked.context)), before)


def _against(
    answer: GivenAnswer | None,
    doubt: str,
    expected: Covered,
    value: Json,
    outcome: Outcome,
    review: PlannedSubtask,
) -> str:
    """What speaks against the yes to a call; empty if nothing does."""
    if answer is None:
        said = outcome.output.get("digest") if isinstance(outcome.output, dict) else None
        ahead = outcome.status == "completed" and said == value_digest(value)
        ahead = ahead and covers(review.approved_up_to, expected.risk)
        return "" if ahead else doubt or f"nobody answered the review `{review.id}`"
    if answer.response != APPROVE:
        return f"denied by {answer.actor}"
    if answer.value != value_digest(value):
        return f"what `{review.id}` showed is not what is there now"
    if expected not in answer.covers:
        return f"the yes to `{review.id}` was given to another call"
    return ""


def _strayed(subtask: PlannedSubtask, planned: PlannedSubtask, outcomes: Mapping[str, Outcome]) -> str:
    """Of an item of a fan-out: whether it is the one that the reviewed value makes."""
    _, mark, index = subtask.id.partition("#")
    if not mark:
        return ""
    try:
        children = children_of(planned, resolve(planned.for_each, outcomes))
    except (InvalidPlan, ReferenceMissing) as error:
        return str(error)
    same = int(index) < len(children) and children[int(index)].args == subtask.args
    return "" if same else "its arguments do not come from what was shown"


def _done(digest: str, by: str, at: datetime, comment: str) -> Outcome:
    output: Json = {"digest": digest, "by": by, "at": at.isoformat(timespec="seconds"), "comment": comment}
    return Outcome(status="completed", output=output, sent=False)


def _question(review: PlannedSubtask, subject: Subject, binds: str) -> Intervention:
    return Intervention(
        id=review.id,
        kind="review",
        subtask_id=review.id,
        prompt="\n".join((f"{review.name or review.id}?", *summary(subject))),
        choices=(APPROVE, DENY),
        binds=binds,
        review=subject,
    )


def summary(subject: Subject) -> list[str]:
    """What is asked, in lines without a word of the value itself."""
    counts = ", ".join(counted(count, name.replace("_", " ")) for name, count in subject.counts.items())
    kinds = ", ".join(f"{_DONE[kind]} {subject.kinds[kind]}" for kind in KINDS if kind in subject.kinds)
    leads = "; ".join(subject.leads_to) or "nothing"
    lines = [line for line in (counts, kinds) if line]
    lines.append(f"A yes lets run: {leads} ({subject.risk.value})")
    lines += [f"Asked for themselves: {', '.join(subject.alone)}"] if subject.alone else []
    lines += [f"The whole of it: {subject.path}"] if subject.path else []
    return lines
