"""Undo: the plan that puts a task back. Pure: what a task left behind in, the plan and what it leaves out, out.

Every completed call has its `compensate` called, in the reverse order of completion: what came after it is undone
first, and what ran side by side is undone side by side. References in a compensation are resolved now, against
the result of the old task; only secrets stay references, for the worker that may read them.
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
from aether_agents.contracts.view import EndedSubtask
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidPlan, ReferenceMissing, WrongStatus
from aether_agents.planning.validation.order import ancestors

#: What the ids of an undoing plan begin with; the rest is the id of the subtask that is undone.
PREFIX = "undo"
_LONGEST_ID = 200


def undoing(
    task_id: str,
    description: str,
    left: Sequence[EndedSubtask],
    *,
    to: str | None = None,
    already: Collection[str] = (),
) -> Undoing:
    """The result of undoing a task.

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


def id_of(subtask_id: str, turn: int = 0) -> str:
    """The id that a subtask's undoing has: a plan that is written down has no `#` in its ids.

    `turn` tells the tasks of a chain of retries apart: what two of them did is undone twice.
    """
    return f"{PREFIX}{turn or ''}/{subtask_id.replace('#', '/n')}"[:_LONGEST_ID]


class _Undo:
    """Subtasks are known by the turn of their task and their id. What a task took over is undone in the turn of the
    task that made the call.
    """

    def __init__(self, left: Sequence[EndedSubtask], to: str | None, already: Collection[str]) -> None:
        self.needs = _needs(left)
        self.parents = {_key(one): one for one in left if one.subtask.for_each is not None}
        self.outcomes = {_key(one): one.outcome for one in left if one.outcome is not None}
        self.completed = {_key(one) for one in left if one.status is SubtaskStatus.COMPLETED and not one.taken_over}
        after = self._after(left, to)
        self.left = [one for one in after if id_of(one.id, one.turn) not in already]
        self.undone: list[str] = []
        self.cannot: list[Irreversible] = []

    def steps(self) -> Iterator[Subtask]:
        """The subtasks of the plan, the last to end first."""
        calls = {_key(one): call for one in self.left if (call := self._call(one))}
        order = [one for one in reversed(self.left) if _key(one) in calls]
        self.undone = [one.id for one in order]
        by_stem: dict[_Key, list[_Key]] = {}
        for one in order:
            by_stem.setdefault(_stem(_key(one)), []).append(_key(one))
        for one in order:
            call = calls[_key(one)]
            yield Subtask(
                id=id_of(one.id, one.turn),
                name=f"undo {one.subtask.name or one.id}",
                tool=call.tool,
                args=call.args,
                needs=tuple(id_of(name, turn) for turn, name in self._first(one, by_stem)),
                timeout=one.subtask.timeout,
            )

    def _after(self, left: Sequence[EndedSubtask], to: str | None) -> Sequence[EndedSubtask]:
        if to is None:
            return left
        stay = next((one for one in reversed(left) if one.id == to and not one.taken_over), None)
        if stay is None:
            known = list(dict.fromkeys(one.id for one in left))
            raise WrongStatus(f"`{to}` is not a subtask of it{nearest(to, known)}; it has {', '.join(known)}")
        if stay.status is not SubtaskStatus.COMPLETED:
            raise WrongStatus(
                f"`{to}` did not complete ({stay.status.value}): there is no state after it to go back to"
            )
        place = _stem(_key(stay))
        behind = {name for name in self.needs if place in ancestors(name, self.needs)}
        return [one for one in left if (one.turn, one.ended) > (stay.turn, stay.ended) or _stem(_key(one)) in behind]

    def _call(self, one: EndedSubtask) -> Call | None:
        """The call that undoes a subtask; none, and noted where it matters, if there is none."""
        subtask, outcome = one.subtask, one.outcome
        if _key(one) in self.parents or not one.calls or (outcome is not None and not outcome.sent):
            return None  # a fan-out itself calls nothing, and neither does what was never sent
        if one.status is not SubtaskStatus.COMPLETED and not _did(one):
            harmless = subtask.risk is Risk.READ or one.status is SubtaskStatus.SKIPPED
            if not harmless and not self._completed_later(one):
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

    def _completed_later(self, one: EndedSubtask) -> bool:
        """Whether a retry did what this one left unclear: putting that back puts both back."""
        return any(other == one.id and turn > one.turn for turn, other in self.completed)

    def _resolved(self, one: EndedSubtask, args: Mapping[str, Json]) -> dict[str, Json]:
        def value(reference: Reference) -> Json:
            if reference.root == "secrets":
                return reference.text
            own = reference.name == one.id.partition("#")[0]
            outcome: Outcome | None = self.outcomes.get((one.turn, one.id if own else reference.name))
            if reference.root != "subtasks" or outcome is None or not (outcome.status == "completed" or own):
                raise ReferenceMissing(f"`{reference.text}` has no value")
            return escape(walk({"output": outcome.output}, reference.path[1:]))

        return {name: substitute(expression, value) for name, expression in args.items()}

    def _first(self, one: EndedSubtask, by_stem: Mapping["_Key", list["_Key"]]) -> list["_Key"]:
        """What is undone before: the nearest that came after it, and the next item where items ran one by one."""
        stem = _stem(_key(one))
        first: list[_Key] = []
        seen: set[_Key] = set()
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
            first += siblings[max(0, siblings.index(_key(one)) - 1) : siblings.index(_key(one))]
        return first

    def _note(self, one: EndedSubtask, why: str) -> None:
        note = Irreversible(subtask=one.id, tool=one.subtask.tool or "", risk=one.subtask.risk, why=why)
        self.cannot.append(note)


_Key = tuple[int, str]


def _key(one: EndedSubtask) -> _Key:
    return one.turn, one.id


def _stem(key: _Key) -> _Key:
    return key[0], key[1].partition("#")[0]


def _needs(left: Sequence[EndedSubtask]) -> dict[_Key, list[_Key]]:
    """What each subtask came after: what it needs, in its own task; and what had its id in an earlier one.

    What a task took over came after the call that the earlier task made, and nothing else.
    """
    turns: dict[str, list[int]] = {}
    for one in left:
        if "#" not in one.id:
            turns.setdefault(one.id, []).append(one.turn)
    found: dict[_Key, list[_Key]] = {}
    for one in left:
        if "#" in one.id:
            continue
        earlier = [(turn, one.id) for turn in turns[one.id] if turn < one.turn]
        own = [(one.turn, name) for name in one.subtask.needs]
        found[_key(one)] = [*own, *earlier[-1:]] if not one.taken_over else earlier[-1:]
    return found


def _did(one: EndedSubtask) -> bool:
    """Whether a call that failed told what it did: its effect was then not what it should be."""
    outcome = one.outcome
    told = outcome is not None and outcome.failed and outcome.error_kind == "expectation" and outcome.output is not None
    return told and one.subtask.compensate is not None
