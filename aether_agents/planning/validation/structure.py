"""What is wrong with a plan document by itself: ids, cycles, references, sizes. No catalogue is needed.

The same checks serve a template at rest, a plan file, and a template that is about to be planned.
"""

import json
from collections.abc import Collection, Iterator, Mapping

from aether_agents.contracts import Json, Reference, Subtask, Template, depends, find, holds, parse_path, whole
from aether_agents.documents.document import Location
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidPlan
from aether_agents.planning.validation.changes import Fault, change_faults
from aether_agents.planning.validation.order import ancestors, cycle, needs_of

MAX_SUBTASKS = 2_000
MAX_ARGS_BYTES = 64 * 1024
MAX_DOCUMENT_BYTES = 1024 * 1024
MAX_ITEMS = 1_000

#: What every context has, whatever else its settings give it.
BUILT_IN_CONTEXT = ("task_id", "folder", "reports", "name")


def structure(template: Template) -> list[Fault]:
    """Every fault a document shows by itself; empty when there is none."""
    return list(_Checker(template).faults())


class _Checker:
    def __init__(self, template: Template) -> None:
        self.template = template
        self.ids = [subtask.id for subtask in template.subtasks]
        self.known = frozenset(self.ids)

    def faults(self) -> Iterator[Fault]:
        yield from self._sizes()
        yield from self._inputs()
        yield from self._duplicates()
        for index, subtask in enumerate(self.template.subtasks):
            at: Location = ("subtasks", index)
            yield from self._kind(subtask, at)
            yield from self._needs(subtask, at)
            yield from self._expressions(subtask, at)
            yield from self._condition(subtask, at)
            yield from self._fan_out(subtask, at)
            yield from self._goal(subtask, at)
        yield from change_faults(self.template)
        yield from self._cycle()
        for name, value in self.template.outputs.items():
            allowed = {"subtasks", "inputs", "context"}
            yield from self._references(value, ("outputs", name), f"output `{name}`", allowed)

    def _sizes(self) -> Iterator[Fault]:
        if len(self.ids) > MAX_SUBTASKS:
            yield Fault(("subtasks",), f"there are {len(self.ids)} subtasks; {MAX_SUBTASKS} is the limit")
        size = len(self.template.model_dump_json().encode())
        if size > MAX_DOCUMENT_BYTES:
            yield Fault((), f"the document is {size} bytes long; {MAX_DOCUMENT_BYTES} is the limit")

    def _inputs(self) -> Iterator[Fault]:
        for name, spec in self.template.inputs.items():
            at: Location = ("inputs", name)
            if spec.required and spec.default is not None:
                yield Fault(at, f"input `{name}` is required and has a default: leave one out")
            if spec.unless and (spec.type != "array" or not spec.required or spec.unless not in self.template.inputs):
                yield Fault(
                    (*at, "unless"), f"input `{name}`: `unless` is of a required array, and names another input"
                )
            if isinstance(spec.default, str) and "${" in spec.default:
                yield Fault((*at, "default"), f"input `{name}`: a default is a value, it takes no reference")
            if spec.items is not None and spec.type != "array":
                yield Fault((*at, "items"), f"input `{name}` has `items` but is no array")
            if spec.minimum is not None and spec.maximum is not None and spec.minimum > spec.maximum:
                yield Fault((*at, "minimum"), f"input `{name}`: its minimum is above its maximum")

    def _duplicates(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for index, name in enumerate(self.ids):
            if name in seen:
                yield Fault(("subtasks", index, "id"), f"two subtasks have the id `{name}`")
            if "#" in name:
                yield Fault(("subtasks", index, "id"), f"`{name}`: `#` is kept for the items of a `for_each`")
            seen.add(name)

    def _kind(self, subtask: Subtask, at: Location) -> Iterator[Fault]:
        kinds = [kind for kind in ("tool", "goal", "review", "agent") if getattr(subtask, kind) is not None]
        if len(kinds) != 1:
            found = f"it has {' and '.join(kinds)}" if kinds else "it has none"
            yield Fault(at, f"`{subtask.id}` needs exactly one of `tool`, `goal` and `review`; {found}")
        elif kinds == ["agent"]:
            yield Fault((*at, "agent"), f"`{subtask.id}`: `agent` is not available yet: name a `tool` or a `goal`")
        size = len(json.dumps(subtask.args, ensure_ascii=False).encode())
        if size > MAX_ARGS_BYTES:
            yield Fault((*at, "args"), f"`{subtask.id}`: its args are {size} bytes; {MAX_ARGS_BYTES} is the limit")

    def _needs(self, subtask: Subtask, at: Location) -> Iterator[Fault]:
        for need in subtask.needs:
            if need == subtask.id:
                yield Fault((*at, "needs"), f"`{subtask.id}` needs itself")
            elif need not in self.known:
                hint = nearest(need, self.ids)
                yield Fault((*at, "needs"), f"`{subtask.id}` needs `{need}`, which is not in the plan{hint}")

    def _expressions(self, subtask: Subtask, at: Location) -> Iterator[Fault]:
        who = f"`{subtask.id}`"
        known = {"subtasks", "inputs", "context"}
        item = {"item"} if subtask.for_each is not None else set()
        yield from self._references(subtask.args, (*at, "args"), who, known | {"secrets"} | item, subtask)
        yield from self._references(subtask.for_each, (*at, "for_each"), who, known, subtask)
        if subtask.compensate:
            allowed = known | {"secrets"} | item
            yield from self._references(subtask.compensate.args, (*at, "compensate", "args"), who, allowed)
        if subtask.verify:
            allowed = known | {"secrets"} | item
            yield from self._references(subtask.verify.args, (*at, "verify", "args"), who, allowed)
            yield from _path(subtask.verify.expect.path, (*at, "verify", "expect", "path"), who)
        if subtask.expect:
            yield from _path(subtask.expect.path, (*at, "expect", "path"), who)
            if subtask.expect.op in ("matches", "lacks"):
                yield from _pattern(subtask.expect.value, (*at, "expect", "value"), who)

    def _condition(self, subtask: Subtask, at: Location) -> Iterator[Fault]:
        condition = subtask.if_
        if condition is None:
            return
        where = (*at, "if", "ref")
        allowed = {"subtasks", "inputs", "context"}
        faults = list(self._references(condition.ref, where, f"`{subtask.id}`", allowed, subtask))
        yield from faults
        if not faults and whole(condition.ref) is None:
            yield Fault(
                where, f"`{subtask.id}`: `if.ref` must be one reference, such as `${{subtasks.scan.output.count}}`"
            )
        if condition.op in ("matches", "lacks"):
            yield from _pattern(condition.value, (*at, "if", "value"), f"`{subtask.id}`")

    def _fan_out(self, subtask: Subtask, at: Location) -> Iterator[Fault]:
        items = subtask.for_each
        if items is None:
            if subtask.max_parallel is not None:
                yield Fault((*at, "max_parallel"), f"`{subtask.id}` has `max_parallel` without `for_each`")
            return
        if isinstance(items, list):
            if len(items) > MAX_ITEMS:
                yield Fault((*at, "for_each"), f"`{subtask.id}` runs for {len(items)} items; {MAX_ITEMS} is the limit")
        elif not isinstance(items, str) or not _is_whole(items):
            yield Fault((*at, "for_each"), f"`{subtask.id}`: `for_each` must be a list or one reference to a list")

    def _goal(self, subtask: Subtask, at: Location) -> Iterator[Fault]:
        if subtask.goal is None or subtask.tool is not None:
            return
        allowed = {"id", "name", "goal", "args", "needs", "if_", "approval", "on_failure"}
        for field in sorted(subtask.model_fields_set - allowed):
            if getattr(subtask, field) != type(subtask).model_fields[field].get_default(call_default_factory=True):
                yield Fault(
                    (*at, field), f"`{subtask.id}` is a goal: `{field}` belongs to the subtasks of its template"
                )

    def _cycle(self) -> Iterator[Fault]:
        try:
            needs = {subtask.id: set(needs_of(subtask)) - {subtask.id} for subtask in self.template.subtasks}
        except InvalidPlan:
            return  # the malformed reference is named where it stands
        ring = cycle(needs)
        if ring:
            at: Location = ("subtasks", self.ids.index(ring[0]))
            yield Fault(at, f"these subtasks wait for each other: {' → '.join(ring)}")
            return
        for index, subtask in enumerate(self.template.subtasks):
            yield from self._afterwards(subtask, needs, ("subtasks", index))

    def _afterwards(self, subtask: Subtask, needs: Mapping[str, Collection[str]], at: Location) -> Iterator[Fault]:
        """A verification or compensation may only use what has certainly ended by then."""
        for field, call in (("verify", subtask.verify), ("compensate", subtask.compensate)):
            for name in _depends(dict(call.args)) if call else ():
                if name in self.known and name not in {subtask.id, *ancestors(subtask.id, needs)}:
                    message = (
                        f"`{subtask.id}`: its `{field}` uses `{name}`, which may not have ended: add it to `needs`"
                    )
                    yield Fault((*at, field), message)

    def _references(
        self, value: Json, at: Location, who: str, allowed: Collection[str], inside: Subtask | None = None
    ) -> Iterator[Fault]:
        """Faults of the references in an expression; `inside` may not refer to its own output."""
        try:
            references = find(value)
        except InvalidPlan as error:
            yield from (Fault(at, f"{who}: {fault}") for fault in error.faults)
            return
        for reference in references:
            message = self._reference(reference, allowed, inside)
            if message:
                yield Fault(at, f"{who}: `{reference.text}` {message}")

    def _reference(self, reference: Reference, allowed: Collection[str], inside: Subtask | None) -> str:
        if reference.root not in allowed:
            if reference.root == "item":
                return "is used without `for_each`"
            return f"may not stand here: only {', '.join(sorted(allowed))} may"
        if reference.root == "subtasks" and reference.name not in self.known:
            return f"names a subtask that is not in the plan{nearest(reference.name, self.ids)}"
        if reference.root == "subtasks" and inside is not None and reference.name == inside.id:
            return "is its own output"
        if reference.root == "inputs" and reference.name not in self.template.inputs:
            return f"names an input that is not declared{nearest(reference.name, self.template.inputs)}"
        return ""


def _is_whole(text: str) -> bool:
    try:
        return whole(text) is not None
    except InvalidPlan:
        return True  # named where references are checked


def _depends(value: Json) -> tuple[str, ...]:
    try:
        return depends(value)
    except InvalidPlan:
        return ()  # named where references are checked


def _path(path: str, at: Location, who: str) -> Iterator[Fault]:
    try:
        parse_path(path)
    except InvalidPlan as error:
        yield Fault(at, f"{who}: {error}")


def _pattern(value: Json, at: Location, who: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(at, f"{who}: `matches` needs a regular expression as its value")
        return
    try:
        holds("matches", "", value)
    except InvalidPlan as error:
        yield Fault(at, f"{who}: {error}")
