"""A model as planner: asked when no template does a sentence; what it writes is checked like any plan file."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from aether_agents.contracts import HighLevelTask, Json, ModelWork, Template, Tool, Understood
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import StoreUnavailable
from aether_agents.planning.model.prompt import Prompt, prompt_of
from aether_agents.planning.model.provider import ask
from aether_agents.planning.model.reply_check import (
    Check,
    PlanReply,
    Replied,
    Usage,
    document_of,
    faults_of,
    question_of,
)
from aether_agents.planning.model.unfinished import Unfinished
from aether_agents.planning.planning_result import Asked, Conclusion, Planned, Unplannable
from aether_agents.settings.planner_model import PlannerModelSettings

#: Replies that a process remembers: a plan that waits for a server's tools is not written, and paid for, twice.
_REMEMBERED = 100
#: Characters of a prompt that are kept with the plan, so that a person can read what was sent.
_SENT = 60_000


class _Reserved(Protocol):
    @property
    def day(self) -> int: ...
    @property
    def granted(self) -> bool: ...


class Budget(Protocol):
    """The budget of a day, shared by all planners; `store.model_budget` is one."""

    def reserve(self, tokens: int, money: float, *, most_tokens: int, most_money: float) -> _Reserved:
        """Reserve what one plan may take at most."""

    def settle(self, day: int, tokens: int, money: float) -> None:
        """Say by how much that was wrong."""


#: Asks a model: its settings, what is sent, what finds the faults of a reply.
Asking = Callable[[PlannerModelSettings, Prompt, Check], Replied]
#: Plans a document; the second is how sure its author was.
Planning = Callable[[Template, float], Conclusion]


class _Written(NamedTuple):
    reply: PlanReply
    usage: Usage


class ModelPlanner:
    """Asks one model for plans. One per process; thread-safe."""

    def __init__(self, settings: PlannerModelSettings, budget: Budget, asking: Asking = ask) -> None:
        self._settings = settings
        self._budget = budget
        self._asking = asking
        self._lock = threading.Lock()
        self._written: OrderedDict[str, _Written] = OrderedDict()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._settings.model

    def draft(
        self,
        task: HighLevelTask,
        inputs: Mapping[str, Json],
        tools: Sequence[Tool],
        templates: Iterable[Template],
        plan: Planning,
        unfinished: Unfinished | None = None,
    ) -> Conclusion:
        """A plan for what no template does, a question of the model, or why there is neither.

        Args:
            task: what is asked; its inputs hold what was answered to the model's questions.
            inputs: the plain inputs of its context.
            tools: every live tool.
            templates: every template.
            plan: plans what the model wrote, as a plan file is planned; its faults go back to the model.
            unfinished: what is done of it already: the model writes only the rest.
        """
        prompt = prompt_of(task, inputs, tools, templates, self._settings.tools, unfinished)
        key = hashlib.sha256(f"{task.task_id}\n{prompt.sent}".encode()).hexdigest()
        known = self._remembered(key)
        if known is not None:
            return self._concluded(known, prompt, plan)
        replied = self._asked(prompt, plan)
        if replied.reply is None:
            return Unplannable(f"the model `{self.name}` wrote no plan: {replied.reason}", "could_not_plan")
        written = _Written(replied.reply, replied.usage)
        self._remember(key, written)
        return self._concluded(written, prompt, plan)

    def _asked(self, prompt: Prompt, plan: Planning) -> Replied:
        """Its reply, once the day's budget has room for it."""
        wanted = self._settings
        tokens, money = wanted.tokens_per_task, wanted.most_money
        try:
            reserved = self._budget.reserve(
                tokens, money, most_tokens=wanted.tokens_per_day, most_money=wanted.money_per_day
            )
        except StoreUnavailable as error:
            return Replied(None, f"its budget cannot be asked for: {error}", Usage())
        if not reserved.granted:
            return Replied(
                None, "the day's budget has no room for it (`llm.tokens_per_day`, `llm.money_per_day`)", Usage()
            )
        replied = self._asking(wanted, prompt, lambda reply: _faults(reply, prompt, plan))
        used = replied.usage
        cost = wanted.cost(used.sent, used.answered)
        with suppress(StoreUnavailable):  # then what was reserved counts as taken: too much, never too little
            self._budget.settle(reserved.day, used.sent + used.answered - tokens, cost - money)
        return replied

    def _concluded(self, written: _Written, prompt: Prompt, plan: Planning) -> Conclusion:
        reply, usage = written
        if reply.questions:
            return Asked(question_of(reply))
        made = plan(document_of(reply), reply.confidence)
        if not isinstance(made, Planned):
            return made
        work = ModelWork(
            model=self.name,
            requests=usage.requests,
            sent_tokens=usage.sent,
            answered_tokens=usage.answered,
            money=round(self._settings.cost(usage.sent, usage.answered), 6),
            sent=shorten(prompt.sent, _SENT),
        )
        served = tuple(
            Understood(text=one.does, as_=f"`{one.id}`: `{one.tool or one.goal}`") for one in reply.subtasks if one.does
        )
        unused = tuple(reply.not_done)
        whole = made.plan.model_copy(update={"written_by": work, "understood": served, "unused": unused})
        return Planned(whole, unused, (*made.warnings, _told(work)))

    def _remembered(self, key: str) -> _Written | None:
        with self._lock:
            return self._written.get(key)

    def _remember(self, key: str, written: _Written) -> None:
        with self._lock:
            self._written[key] = written
            while len(self._written) > _REMEMBERED:
                self._written.popitem(last=False)


def _faults(reply: PlanReply, prompt: Prompt, plan: Planning) -> Sequence[str]:
    """All that is wrong with a reply: by itself, in the plan language, and by the live tools and policy."""
    if (faults := faults_of(reply, prompt)) or reply.questions:
        return faults
    try:
        document = document_of(reply)
    except ValueError as error:
        return [str(error)]
    made = plan(document, reply.confidence)
    return [made.error] if isinstance(made, Unplannable) else []


def _told(work: ModelWork) -> str:
    cost = f", {work.money:.4f}" if work.money else ""
    asked = "once" if work.requests == 1 else f"{work.requests} times"
    tokens = work.sent_tokens + work.answered_tokens
    return f"the model `{work.model}` wrote this plan: asked {asked}, {tokens} tokens{cost}"
