"""Undo: the plan that puts a task back. Pure: what a task left behind in, the plan and what it leaves out, out.

Every completed call has its `compensate` called, in the reverse order of completion: what came after it is undone
first, and what ran side by side is undone side by side. References in a compensation are resolved now, against
what the old task came to; only secrets stay references, for the worker that may read them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from aether_agents.contracts import (
    Call,
    Irreversible,
    Json,
    Outcome,
    Reference,
    Risk,
    Subtask,
    SubtaskStatus,
    Template,
    Undoing,
    escape,
    substitute,
    walk,
)
from aether_agents.contracts.view import Left
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidPlan, ReferenceMissing, WrongStatus
from aether_agents.planning.validation.order import ancestors

#: What the ids of an undoing plan begin with; the rest is the id of the subtask that is undone.
PREFIX = "undo/"
_LONGEST_ID = 200


def undoing(
    task_id: str, description: str, left: Sequence[Left], *, to: str | None = None, already: Collection[str] = ()
) -> Undoing:
    """What undoing a task comes to.

    Args:
        task_id: the task.
        description: what was asked of it.
        left: its subtasks, the first to end first.
        to: the subtask after which everything is undone; it stays, with all that ended before it.
        already: ids in earlier undoing plans of this task that have completed.

    Raises:
        WrongStatus: `to` is not one of its subtasks, or has not completed.
    """
    plan = _Undo(left, to, already)
    steps = list(plan.steps())
    document = None
    if steps:
        document = Template(
            name="undo",
            description=f"Undo: {description}"[:4_000],
            subtasks=tuple(steps),
            outputs={"undone": list(plan.undone), "cannot_be_undone": [one.subtask for one in plan.cannot]},
        )
    return Undoing(task_id=task_id, undone=tuple(plan.undone), cannot=tuple(plan.cannot), document=document)


def id_of(subtask_id: str) -> str:
    """The id that a subtask's undoing has: a plan that is written down has no `#` in its ids."""
    return (PREFIX + subtask_id.replace("#", "/n"))[:_LONGEST_ID]


class _Undo:
    def __init__(self, left: Sequence[Left], to: str | None, already: Collection[str]) -> None:
        self.needs = {one.id: one.subtask.needs for one in left if "#" not in one.id}
        self.parents = {one.id: one for one in left if one.subtask.for_each is not None}
        self.outcomes = {one.id: one.outcome for one in left if one.outcome is not None}
        after = self._after(left, to)
        self.left = [one for one in after if id_of(one.id) not in already]
        self.undone: list[str] = []
        self.cannot: list[Irreversible] = []

    def steps(self) -> Iterator[Subtask]:
        """The subtasks of the plan, the last to end first."""
        calls = {one.id: call for one in self.left if (call := self._call(one))}
        order = [one for one in reversed(self.left) if one.id in calls]
        self.undone = [one.id for one in order]
        for one in order:
            yield Subtask(
                id=id_of(one.id),
                name=f"undo {one.subtask.name or one.id}",
                tool=calls[one.id].tool,
                args=calls[one.id].args,
                needs=tuple(id_of(name) for name in self._first(one, self.undone)),
                timeout=one.subtask.timeout,
            )

    def _after(self, left: Sequence[Left], to: str | None) -> Sequence[Left]:
        if to is None:
            return left
        stay = next((one for one in left if one.id == to), None)
        if stay is None:
            known = [one.id for one in left]
            raise WrongStatus(f"`{to}` is not a subtask of it{nearest(to, known)}; it has {', '.join(known)}")
        if stay.status is not SubtaskStatus.COMPLETED:
            raise WrongStatus(
                f"`{to}` did not complete ({stay.status.value}): there is no state after it to go back to"
            )
        behind = {name for name in self.needs if _stem(to) in ancestors(name, self.needs)}
        return [one for one in left if one.ended > stay.ended or _stem(one.id) in behind]

    def _call(self, one: Left) -> Call | None:
        """The call that undoes a subtask; none, and noted where it matters, if there is none."""
        subtask, outcome = one.subtask, one.outcome
        if one.id in self.parents or not one.calls or (outcome is not None and not outcome.sent):
            return None  # a fan-out itself calls nothing, and neither does what was never sent
        if one.status is not SubtaskStatus.COMPLETED:
            if subtask.risk is not Risk.READ and one.status is not SubtaskStatus.SKIPPED:
                self._note(one, f"it is {one.status.value}, and may have changed something: look, and put it right")
            return None
        if subtask.compensate is None:
            if subtask.risk is not Risk.READ:
                self._note(one, "its plan names no call that undoes it")
            return None
        try:
            return Call(tool=subtask.compensate.tool, args=self._resolved(one, subtask.compensate.args))
        except (ReferenceMissing, InvalidPlan) as error:
            self._note(one, f"the call that undoes it cannot be made: {error}")
            return None

    def _resolved(self, one: Left, args: Mapping[str, Json]) -> dict[str, Json]:
        def value(reference: Reference) -> Json:
            if reference.root == "secrets":
                return reference.text
            own = reference.name == _stem(one.id)
            outcome: Outcome | None = self.outcomes.get(one.id if own else reference.name)
            if reference.root != "subtasks" or outcome is None or outcome.status != "completed":
                raise ReferenceMissing(f"`{reference.text}` has no value")
            return escape(walk({"output": outcome.output}, reference.path[1:]))

        return {name: substitute(expression, value) for name, expression in args.items()}

    def _first(self, one: Left, undone: Sequence[str]) -> list[str]:
        """What is undone before: the nearest that came after it, and the next item where items ran one by one."""
        stem = _stem(one.id)
        by_stem: dict[str, list[str]] = {}
        for name in undone:
            by_stem.setdefault(_stem(name), []).append(name)
        first: list[str] = []
        seen: set[str] = set()
        ahead = [name for name, needs in self.needs.items() if stem in needs]
        while ahead:
            name = ahead.pop()
            if name in seen:
                continue
            seen.add(name)
            first += by_stem.get(name, ())
            if name not in by_stem:
                ahead += [after for after, needs in self.needs.items() if name in needs]
        parent = self.parents.get(stem)
        if parent is not None and parent.subtask.max_parallel == 1:
            siblings = by_stem[stem]
            first += siblings[max(0, siblings.index(one.id) - 1) : siblings.index(one.id)]
        return first

    def _note(self, one: Left, why: str) -> None:
        note = Irreversible(subtask=one.id, tool=one.subtask.tool or "", risk=one.subtask.risk, why=why)
        self.cannot.append(note)


def _stem(subtask_id: str) -> str:
    return subtask_id.partition("#")[0]
