"""A plan against the live catalogue: every fault at once, or every subtask resolved to a live tool."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aether_agents.access.policy_rules import Ruled, known_ahead, named
from aether_agents.contracts import RISK_ORDER, Json, PlannedSubtask, Review, Risk, Subtask, Tool, asks, covers, find
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask
from aether_agents.mcp_host.files.project_scope import plain
from aether_agents.planning.inputs.coercion import absolute
from aether_agents.planning.validation.arguments import Producer, argument_faults
from aether_agents.planning.validation.declared_outputs import output_warnings, undo_faults
from aether_agents.planning.validation.expansion import Expansion
from aether_agents.planning.validation.live_tools import LiveTools
from aether_agents.planning.validation.reviews import Reviews
from aether_agents.settings.policy import PolicySettings


@dataclass(frozen=True)
class Asker:
    """What the task says that a plan depends on."""

    folder: str  #: relative paths are resolved against it
    context: str
    secrets: Collection[str]  #: names its context has
    assume_yes: bool  #: questions are answered ahead as far as policy lets one


@dataclass(frozen=True)
class Checked:
    """The result of a look at the catalogue."""

    subtasks: tuple[PlannedSubtask, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()  #: what may go wrong when it runs


def check(expansion: Expansion, toolbox: LiveTools, asker: Asker, policy: PolicySettings) -> Checked:
    """Resolve every subtask to a live tool, or say everything that is wrong.

    Without subtasks and faults, servers are not listed yet: `toolbox.waiting_for` names them.
    """
    checker = _Checker(expansion, toolbox, asker, policy)
    faults = [*expansion.faults, *checker.faults(), *toolbox.faults()]
    if faults or toolbox.waiting_for:
        return Checked(faults=tuple(dict.fromkeys(faults)))
    return Checked(subtasks=tuple(checker.planned()), warnings=tuple(dict.fromkeys(checker.warnings())))


def check_written(sound: Iterable[Subtask], toolbox: LiveTools, asker: Asker, policy: PolicySettings) -> list[str]:
    """What the catalogue says against the sound part of a document that cannot be expanded: all faults at once."""
    written = tuple(subtask for subtask in sound if subtask.tool)
    found = check(Expansion(written, written={one.id: one for one in written}), toolbox, asker, policy)
    return list(found.faults)


class _Checker:
    def __init__(self, expansion: Expansion, toolbox: LiveTools, asker: Asker, policy: PolicySettings) -> None:
        self.written = expansion.written
        self.toolbox = toolbox
        self.asker = asker
        self.policy = policy
        self.tools: dict[str, Tool] = {}
        self.subtasks: list[Subtask] = []
        for subtask in expansion.subtasks:
            tool = toolbox.find(subtask.tool, subtask.id) if subtask.tool is not None else None
            if tool is not None:
                self.tools[subtask.id] = tool
            self.subtasks.append(subtask)
        self.reviews = Reviews(self.subtasks)
        self.outputs = expansion.outputs
        self.producers = {
            subtask.id: Producer(self.tools[subtask.id], subtask.for_each is not None)
            for subtask in self.subtasks
            if subtask.id in self.tools
        }

    def warnings(self) -> Iterator[str]:
        """What may be missing when the plan runs."""
        return output_warnings(self.subtasks, self.outputs, self.producers)

    def faults(self) -> Iterator[str]:
        producers = self.producers
        yield from self.reviews.faults(self.tools)
        for subtask in self.subtasks:
            who = f"`{subtask.id}`"
            yield from (f"{who}: {fault}" for fault in self._secrets(subtask))
            tool = self.tools.get(subtask.id)
            if tool is not None:
                found = argument_faults(tool, subtask.args, producers, subtask.for_each)
                yield from (
                    f"{who}: {fault}"
                    for fault in (*found, *self._policy(tool), *self._denied(subtask, tool), *self._code(subtask, tool))
                )
                yield from (f"{who}: {fault}" for fault in self._further(subtask, tool, producers))

    def planned(self) -> Iterator[PlannedSubtask]:
        """The subtasks, each with the tool it was resolved to."""
        ahead = self.policy.yes_up_to if self.asker.assume_yes else None
        for subtask in self.subtasks:
            if subtask.review is not None:
                yield self._review(subtask, subtask.review, ahead)
                continue
            tool = self.tools[subtask.id]
            args = self._args(subtask, tool)
            risk = tool.risk_of(args)
            reviewed_by = self.reviews.over(subtask.id)
            asking = self._ruled(tool, args, risk, "ask")
            answered = (covers(ahead, risk) and not asking) or reviewed_by is not None
            yield PlannedSubtask(
                **{**dict(subtask), **self._resolved(subtask, tool), "args": args},
                reviewed_by=reviewed_by,
                item_risks=tool.item_risks() if reviewed_by is not None else {},
                specialist=tool.specialist,
                risk=risk,
                repeatable=tool.row.repeatable or tool.row.risk is Risk.READ,
                needs_approval=(bool(asking) or asks(risk, subtask.approval, self.policy.approval_from))
                and not answered,
                ruled_by=asking,
                approved_up_to=ahead,
                context=self.asker.context,
                pin=tool.pin,
            )

    def _review(self, subtask: Subtask, review: Review, ahead: Risk | None) -> PlannedSubtask:
        """A review: it runs where what it shows ran, and asks unless all that it covers was answered ahead."""
        covered = [self.tools[name].risk_of(self._args(one, self.tools[name])) for name, one in self._covered(subtask)]
        highest = max(covered, key=RISK_ORDER.index, default=Risk.READ)
        return PlannedSubtask(
            **dict(subtask),
            specialist=self.tools[review.of].specialist,
            risk=Risk.READ,
            repeatable=True,
            needs_approval=not covers(ahead, highest),
            approved_up_to=ahead,
            context=self.asker.context,
        )

    def _covered(self, review: Subtask) -> Iterator[tuple[str, Subtask]]:
        for one in self.subtasks:
            if self.reviews.over(one.id) == review.id:
                yield one.id, one

    def _resolved(self, subtask: Subtask, tool: Tool) -> dict[str, object]:
        """The tools it names, by the names that workers know."""
        found: dict[str, object] = {"tool": tool.ref}
        for word, call in (("verify", subtask.verify), ("compensate", subtask.compensate)):
            other = self.toolbox.find(call.tool, subtask.id) if call is not None else None
            if call is not None and other is not None:
                found[word] = call.model_copy(update={"tool": other.ref})
        return found

    def _secrets(self, subtask: Subtask) -> Iterator[str]:
        calls = [call.args for call in (subtask.compensate, subtask.verify) if call]
        for reference in find([dict(subtask.args), *(dict(args) for args in calls)]):
            if reference.root == "secrets" and reference.name not in self.asker.secrets:
                hint = nearest(reference.name, self.asker.secrets)
                yield f"the context `{self.asker.context}` has no secret `{reference.name}`{hint}"

    def _policy(self, tool: Tool) -> Iterator[str]:
        for pattern in self.policy.deny:
            if fnmatchcase(tool.ref, pattern) or fnmatchcase(plain(tool.ref), pattern):
                yield f"policy forbids `{tool.ref}`: `policy.deny` has `{pattern}`"

    def _denied(self, subtask: Subtask, tool: Tool) -> Iterator[str]:
        args = self._args(subtask, tool)
        if denying := self._ruled(tool, args, tool.risk_of(args), "deny"):
            yield f"policy forbids this call of `{tool.ref}`: {denying}"

    def _ruled(self, tool: Tool, args: Mapping[str, Json], risk: Risk, then: str) -> str:
        """The rule that denies a call, or asks before it, whenever it is made; empty where none does for certain."""
        if not self.policy.rules:
            return ""
        found = known_ahead(self.policy.rules, Ruled(tool, args, risk, self.asker.context))
        return next((named(rule) for rule in found if rule.then == then), "")

    def _code(self, subtask: Subtask, tool: Tool) -> Iterator[str]:
        """Code takes no references, not even to inputs: what the author wrote is looked at."""
        written = self.written.get(subtask.id, subtask)
        for name in tool.row.code_args:
            if find(written.args.get(name)):
                yield f"argument `{name}` of `{tool.ref}` is code: it takes no references; use the tool's parameters"

    def _further(self, subtask: Subtask, tool: Tool, producers: Mapping[str, Producer]) -> Iterator[str]:
        """The tools of its verification and its compensation. Of a fan-out, each item has its own."""
        own = {**producers, subtask.id: Producer(tool, False)}
        yield from undo_faults(subtask, own)
        for word, call in (("verify", subtask.verify), ("compensate", subtask.compensate)):
            if call is None:
                continue
            other = self.toolbox.find(call.tool, subtask.id)
            if other is None:
                continue
            if other.specialist != tool.specialist:
                yield f"its `{word}` uses `{other.ref}` of {other.specialist}; a specialist opens only its own servers"
            yield from (f"its `{word}`: {fault}" for fault in argument_faults(other, call.args, own))
            yield from (f"its `{word}`: {fault}" for fault in self._policy(other))
            if word == "verify" and (rule := self._ruled(other, call.args, Risk.READ, "ask")):
                yield f"its `verify` would ask first ({rule}), and nobody is asked between a change and its check"

    def _args(self, subtask: Subtask, tool: Tool) -> dict[str, Json]:
        """The arguments, with relative paths that the plan itself names made absolute."""
        return {
            name: self._path(value) if name in tool.row.path_args else value for name, value in subtask.args.items()
        }

    def _path(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._path(item) for item in value]
        if not isinstance(value, str) or find(value):
            return value
        try:
            return absolute(value, self.asker.folder)
        except InvalidTask:
            return value  # policy judges it before the call
