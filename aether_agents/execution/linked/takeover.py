"""Takeover: what a task takes over from the one that it runs again - outcomes, items of fan-outs, and answers.

A yes of a person counts once more if it was given to the very call that is about to be made: the same tool, as it is
defined now, with the same arguments, where what names the task itself does not count. The worker compares it before the
call, as it does every yes (`approval`). It was not used up, is not older than `policy.approvals_last`, and policy lets
its giver approve what is asked now, by whom it is asked now.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aether_agents.access.approvers import adder_of, refusal
from aether_agents.access.roles import may_approve_as
from aether_agents.contracts import (
    Carried,
    GivenAnswer,
    HighLevelTask,
    KeptItem,
    KeptItems,
    Plan,
    PlannedSubtask,
    RerunOf,
    SubtaskStatus,
    find,
    value_digest,
)
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import InvalidPlan, ReferenceMissing, WrongStatus
from aether_agents.execution.calls.approval import carried_binding, given_to
from aether_agents.execution.calls.kept_items import call_of, writer_for
from aether_agents.execution.calls.references import resolve, visible
from aether_agents.execution.linked.chain import made_by, put_back
from aether_agents.planning.files.plan_file import template_of
from aether_agents.planning.linked.rerun_plan import Before, doubt, rerun
from aether_agents.planning.model.unfinished import Unfinished, unfinished_of
from aether_agents.planning.validation.digest import reports_folder
from aether_agents.settings.model import Settings
from aether_agents.store import APPROVE, Store
from aether_agents.store.tasks.reruns import Past, Placed, Ready


class Takeover:
    """What one task may take over from another."""

    def __init__(self, store: Store, settings: Settings, task: HighLevelTask, of: RerunOf) -> None:
        """Reads all that the earlier task left behind.

        Raises:
            TaskNotFound: it has expired.
            WrongStatus: it is being undone, or somebody else's.
            CannotOpen: this process lacks the sealing key.
        """
        self._settings = settings
        self._task = task
        self._of = of
        self._past: Past = store.tasks.past(of.task_id)
        if self._past.task.owner != task.owner:
            raise WrongStatus(f"`{of.task_id}` is somebody else's task")
        self._outcomes = {one.id: one.outcome for one in self._past.left if one.outcome is not None}
        self._made_by = made_by(self._past, of.task_id)
        self._old = writer_for(settings.home, of.task_id, of.chain)
        self._new = writer_for(settings.home, task.task_id, of.chain)
        undone = put_back(store, of.task_id, self._past.left, self._made_by, of.chain)
        self._before = Before(self._past.left, undone)
        self._adder = adder_of(store, task)
        self._now = datetime.now(UTC)

    def planned(self, plan: Plan, creates: Callable[[str], bool]) -> Plan:
        """The plan with what it takes over.

        Raises:
            WrongStatus: see `planning.rerun_plan.rerun`.
        """
        return rerun(
            plan,
            self._before,
            self._of,
            old=self._old,
            new=self._new,
            creates=creates,
            made_by=self._made_by,
            with_items=self._with_items,
            answers=lambda one: self._answer(one)[1],
        )

    def unfinished(self) -> Unfinished:
        """What is done of it, and what is not, as a model is told of it.

        Raises:
            WrongStatus: it has no plan.
        """
        plan, of = self._past.plan, self._of
        if plan is None:
            raise WrongStatus(f"`{of.task_id}` has no plan that could be changed: ask for it anew")
        written = template_of(plan, of.task_id, reports_folder(self._settings.home, of.task_id))
        left = [one._replace(status=SubtaskStatus.CANCELLED) if one.id in self._before.undone else one
                for one in self._past.left]  # fmt: skip
        unsure = [one.id for one in left if one.status is not SubtaskStatus.COMPLETED and doubt(one, of)]
        return unfinished_of(written, left, unsure, of.said)

    def placed(self, plan: Plan) -> tuple[list[Placed], list[Ready]]:
        """Every subtask of the plan as it begins, and what lies ready for the items of fan-outs.

        Raises:
            WrongStatus: a result that was to be taken over is not there any more.
        """
        kept = {one.subtask: one.made_by for one in plan.rerun.kept} if plan.rerun else {}
        placed: list[Placed] = []
        ready: list[Ready] = []
        for one in plan.subtasks:
            if one.id not in kept:
                placed.append(Placed(one, answer=self._answer(one)[0]))
                ready += self._ready(one)
                continue
            if one.id not in self._outcomes:
                raise WrongStatus(
                    f"the result of `{one.id}` in `{self._of.task_id}` is not there any more: run it anew"
                )
            placed.append(Placed(one, self._outcomes[one.id], kept[one.id]))
            placed += [
                Placed(item.subtask, item.outcome, self._made_by.get(item.id, self._of.task_id))
                for item in self._before.items(one.id)
                if item.status is SubtaskStatus.COMPLETED and item.outcome is not None
            ]
        return placed, ready

    def _with_items(self, subtask: PlannedSubtask, items: list[EndedSubtask]) -> PlannedSubtask:
        """A fan-out that runs again, with what became of its items."""
        parent = self._before.by_id.get(subtask.id)
        if not items or parent is None:
            return subtask
        try:
            listed = self._old(resolve(parent.subtask.for_each, self._outcomes))
        except (InvalidPlan, ReferenceMissing):
            return subtask
        each = tuple(self._item(one) for one in items)
        known = KeptItems(items=value_digest(listed), chain=self._of.chain, each=each)
        return subtask.model_copy(update={"kept_items": known})

    def _item(self, one: EndedSubtask) -> KeptItem:
        done = one.status is SubtaskStatus.COMPLETED and one.outcome is not None and one.id not in self._before.undone
        return KeptItem(
            call=call_of(one.subtask, self._outcomes, self._old) if done else "",
            made_by=self._made_by.get(one.id, self._of.task_id) if done else "",
            why=doubt(one, self._of, self._before.undone),
        )

    def _ready(self, subtask: PlannedSubtask) -> list[Ready]:
        """What lies ready for the items of a fan-out: outcomes, and the yes to those that are not done."""
        if subtask.kept_items is None:
            return []
        found = []
        for one, known in zip(self._before.items(subtask.id), subtask.kept_items.each, strict=True):
            outcome = one.outcome if known.call else None
            answer = None if outcome or known.why else self._answer(one.subtask)[0]
            if outcome or answer:
                found.append(Ready(one.id, outcome, answer))
        return found

    def _answer(self, subtask: PlannedSubtask) -> tuple[GivenAnswer | None, str]:
        """The yes that counts once more, if it is to the same call; and what is to be known of it."""
        given = self._past.answers.get(subtask.id)
        if given is None or given.response != APPROVE or not given.binds:
            return None, ""
        asks_anew = self._why_anew(given, subtask)
        if asks_anew:
            return None, f"asks again: {asks_anew}"
        said = f"the yes of {given.actor} counts if what it was given to is the same then"
        if subtask.review is not None:  # it is bound to the value that was shown, and to the calls behind it
            kept = Carried(binds=given.binds, chain=self._of.chain, until=given.at + self._lasts)
            return given.model_copy(update={"carried": kept}), said
        old = self._before.by_id[subtask.id].subtask
        carried = Carried(
            binds=carried_binding(old, visible(old, self._outcomes), self._old),
            chain=self._of.chain,
            until=given.at + self._lasts,
        )
        if not find(dict(subtask.args)):  # its arguments are known now
            if carried.binds != carried_binding(subtask, visible(subtask, {}), self._new):
                return None, "asks again: its tool or its arguments changed"
            return given.model_copy(update={"carried": carried}), f"the yes of {given.actor} counts"
        return given.model_copy(update={"carried": carried}), said

    def _why_anew(self, given: GivenAnswer, subtask: PlannedSubtask) -> str:
        """Why a yes does not count once more; empty if it may."""
        old = self._before.by_id.get(subtask.id)
        if self._of.kind == "fork":
            return "a fork takes over no answers"
        if old is None or (subtask.review is None and not given_to(given, old.subtask, self._outcomes, self._old)):
            return "the yes was given to another call"
        used = subtask.id in self._past.used and not subtask.repeatable
        old_age = given.at + self._lasts < self._now
        seconds = self._lasts.total_seconds()
        whys = {
            subtask.asked_because: bool(subtask.asked_because),
            f"the yes of {given.actor} was used up by the call that was made": used,
            f"{given.actor} is not known as one who may approve": not may_approve_as(given.role),
            (refused := self._refused(given)): bool(refused),
            f"the yes of {given.actor} is older than {seconds:g} s (policy.approvals_last)": old_age,
        }
        return next((why for why, holds in whys.items() if holds), "")

    def _refused(self, given: GivenAnswer) -> str:
        """Why policy lets nobody take that yes for this task, whoever asks for it now."""
        people = (given.actor, *given.also)
        return refusal(self._settings.policy, self._task, people, given.role, self._adder)

    @property
    def _lasts(self) -> timedelta:
        return timedelta(seconds=self._settings.policy.approvals_last)
