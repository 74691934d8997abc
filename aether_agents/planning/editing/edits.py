"""Edits that need nothing but the plan: drop, set an argument, reorder, ask. Each gives another plan, or why not. Pure.

Nothing of a plan is dropped or loosened by the way: what would break is refused and named. Whether the tools take the
result is judged when it is planned again.
"""

from collections.abc import Callable, Mapping, Sequence

from aether_agents.contracts import Json, Subtask, Template, depends
from aether_agents.documents.suggestion import nearest
from aether_agents.planning.editing.plan_edit import Approve, Drop, Move, Refused, SetArgument
from aether_agents.planning.validation.order import ancestors, needs_of


def edited(plan: Template, edit: Drop | SetArgument | Move | Approve) -> Template | Refused:
    """The plan with one thing changed."""
    names = [one.id for one in plan.subtasks]
    for name in (edit.subtask, edit.other) if isinstance(edit, Move) else (edit.subtask,):
        if name not in names:
            return Refused(f"there is no subtask `{name}`{nearest(name, names)}; there are: {', '.join(names)}")
    if isinstance(edit, Drop):
        return drop(plan, edit)
    if isinstance(edit, SetArgument):
        return set_argument(plan, edit)
    return move(plan, edit) if isinstance(edit, Move) else approve(plan, edit)


def drop(plan: Template, edit: Drop) -> Template | Refused:
    """Without a subtask. What waited for it waits for what it waited for; what uses its result is in the way."""
    gone = next(one for one in plan.subtasks if one.id == edit.subtask)
    if len(plan.subtasks) == 1:
        return Refused("it is the only subtask: nothing would be left to run")
    users = [one.id for one in plan.subtasks if one.id != gone.id and gone.id in _used(one)]
    users += [f"the output `{name}`" for name, value in plan.outputs.items() if gone.id in depends(value)]
    if users:
        told = ", ".join(one if " " in one else f"`{one}`" for one in users)
        return Refused(f"`{gone.id}` gives what {told} {'need' if len(users) > 1 else 'needs'}: drop or set that first")
    kept = [_without(one, gone) for one in plan.subtasks if one.id != gone.id]
    return plan.model_copy(update={"subtasks": tuple(kept)})


def set_argument(plan: Template, edit: SetArgument) -> Template | Refused:
    """With another value for an argument, or for a part of one: `paths.0`, `options.depth`."""
    one = next(one for one in plan.subtasks if one.id == edit.subtask)
    if one.review is not None:
        return Refused(f"`{one.id}` is a review: it calls nothing and takes no arguments")
    first, *rest = edit.argument.split(".")
    try:
        value = _placed(one.args.get(first), rest, edit.value)
    except (KeyError, IndexError, ValueError):
        return Refused(f"`{one.id}` has no `{edit.argument}`; it has: {', '.join(one.args) or 'no arguments'}")
    return _changed(plan, one.id, lambda was: was.model_copy(update={"args": {**was.args, first: value}}))


def move(plan: Template, edit: Move) -> Template | Refused:
    """With one subtask waiting for another. An order that only `needs` said gives way; that of a result does not."""
    if edit.subtask == edit.other:
        return Refused(f"`{edit.subtask}` is itself")
    first, last = (edit.subtask, edit.other) if edit.where == "before" else (edit.other, edit.subtask)
    loose = _changed(
        plan, first, lambda one: one.model_copy(update={"needs": tuple(name for name in one.needs if name != last)})
    )
    needs = {one.id: needs_of(one) for one in loose.subtasks}
    if last in ancestors(first, needs):
        through = [name for name in needs[first] if name == last or last in ancestors(name, needs)]
        return Refused(f"`{first}` goes by what `{last}` gives{_through(through, last)}: it cannot run before it")
    if first in needs[last]:
        return loose
    return _changed(loose, last, lambda one: one.model_copy(update={"needs": (*one.needs, first)}))


def approve(plan: Template, edit: Approve) -> Template | Refused:
    """With a person asked before a subtask, or not, as far as policy lets one say so."""
    one = next(one for one in plan.subtasks if one.id == edit.subtask)
    if one.review is not None:
        return Refused(f"`{one.id}` is a review: it always asks; `drop {one.id}` takes it out")
    return _changed(plan, one.id, lambda was: was.model_copy(update={"approval": edit.approval}))


def _changed(plan: Template, name: str, change: Callable[[Subtask], Subtask]) -> Template:
    return plan.model_copy(update={"subtasks": tuple(change(one) if one.id == name else one for one in plan.subtasks)})


def _used(one: Subtask) -> tuple[str, ...]:
    """Ids of the subtasks that one uses: in values, as what it shows, as what it compares with."""
    later: list[Json] = [dict(call.args) for call in (one.verify, one.compensate) if call is not None]
    return (*needs_of(one.model_copy(update={"needs": ()})), *depends(later))


def _without(one: Subtask, gone: Subtask) -> Subtask:
    needs = dict.fromkeys(name for need in one.needs for name in (gone.needs if need == gone.id else (need,)))
    change: dict[str, object] = {"needs": tuple(needs)} if gone.id in one.needs else {}
    if one.review is not None and gone.id in one.review.covers:
        covers = tuple(name for name in one.review.covers if name != gone.id)
        change["review"] = one.review.model_copy(update={"covers": covers})
    return one.model_copy(update=change) if change else one


def _placed(value: Json, path: Sequence[str], new: Json) -> Json:
    """A value with something else at a place in it; only the last step of the place may be new."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, list):
        spot = int(step)
        if not 0 <= spot < len(value):
            raise IndexError(step)
        return [*value[:spot], _placed(value[spot], rest, new), *value[spot + 1 :]]
    if not isinstance(value, Mapping) or (rest and step not in value):
        raise KeyError(step)
    return {**value, step: _placed(value.get(step), rest, new)}


def _through(names: list[str], last: str) -> str:
    return "" if last in names or not names else f" (through `{names[0]}`)"
