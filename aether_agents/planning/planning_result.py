"""The result of planning: a plan, a question, a reason why not, or "not yet". Values, never exceptions."""

from typing import Literal, NamedTuple

from aether_agents.contracts import Intervention, Plan

#: `could_not_plan`: nothing fits the task; `invalid_plan`: what fits cannot run; `invalid_task`: the task is wrong.
Code = Literal["could_not_plan", "invalid_plan", "invalid_task"]


class Planned(NamedTuple):
    """It may run."""

    plan: Plan
    unused: tuple[str, ...] = ()  #: what the request names and the plan does not use
    warnings: tuple[str, ...] = ()  #: what may go wrong when it runs


class Asked(NamedTuple):
    """A person must say something first."""

    intervention: Intervention


class Unplannable(NamedTuple):
    """It cannot be planned; the error says why, everything at once, and what to do."""

    error: str
    code: Code


class NotYet(NamedTuple):
    """Servers that are known have not been listed by a worker yet: try again in a moment."""

    servers: tuple[str, ...]


Conclusion = Planned | Asked | Unplannable | NotYet
