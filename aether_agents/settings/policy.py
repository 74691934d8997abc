"""Policy as it is written: the thresholds, and rules that deny a call or ask before it. A rule only tightens."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from aether_agents.contracts import Contract, Json, Risk, Role
from aether_agents.settings.time_zone import known_zone

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"


class PolicyRule(Contract):
    """A rule: when all that it names holds of a call, the call is denied, or a person is asked first."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$", description="Unique; errors and the record name it.")
    then: Literal["ask", "deny"] = Field(description="What becomes of the call.")
    why: str = Field(default="", max_length=300, description="Said to whom it stops.")
    shadow: bool = Field(default=False, description="Only noted in the record, to see what it would do.")
    tools: tuple[str, ...] = Field(default=("*",), min_length=1, description="Patterns of `server/tool`.")
    risk_from: Risk = Field(default=Risk.READ, description="Least risk of the call.")
    specialists: tuple[str, ...] = Field(default=(), description="Patterns of specialists; none: any.")
    contexts: tuple[str, ...] = Field(default=(), description="Patterns of contexts; none: any.")
    data: tuple[str, ...] = Field(default=(), description="Patterns of `data` of the context; none: any.")
    people: tuple[str, ...] = Field(default=(), description="Patterns of who asked; none: any.")
    roles: tuple[Role, ...] = Field(default=(), description="Roles of who asked; none: any.")
    args: dict[str, Json] = Field(default_factory=dict, description="JSON schema that the arguments fit; empty: any.")
    outside: tuple[str, ...] = Field(
        default=(), description="Folders: it is about calls with a path that lies in none of them."
    )
    inside: tuple[str, ...] = Field(default=(), description="Folders: it is about calls with a path in one of them.")
    hosts: tuple[str, ...] = Field(default=(), description="Patterns: it is about calls that name such a host.")
    hosts_but: tuple[str, ...] = Field(
        default=(), description="Patterns: it is about calls that name a host that fits none of them."
    )
    with_secrets: bool = Field(default=False, description="It is about calls whose arguments hold a secret.")
    between: str = Field(
        default="", pattern=rf"{_CLOCK}|^$", description="Time of day, `18:00-08:00`; the end is not in it."
    )
    days: tuple[Day, ...] = Field(default=(), description="Days of the week; none: any.")
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(default="UTC", description="Zone of time and days.")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.between and self.between[:5] == self.between[6:]:
            raise ValueError("`between` begins and ends at the same time: leave it out for the whole day")
        return self


def _differ(rules: Sequence[PolicyRule]) -> tuple[PolicyRule, ...]:
    names = [rule.name for rule in rules]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two rules are named `{twice}`")
    return tuple(rules)


class PolicySettings(Contract):
    """What is allowed, and what a person must say yes to."""

    approval_from: Risk = Field(default=Risk.COSTLY, description="Least risk that asks a person before the call.")
    yes_up_to: Risk = Field(default=Risk.COSTLY, description="Greatest risk `--yes` may answer ahead.")
    deny: tuple[str, ...] = Field(default=(), description="`server/tool` patterns that are never called.")
    approvals_last: float = Field(
        default=86_400.0, ge=0, description="Seconds for which a yes counts once more in a retry; 0: never."
    )
    rules: Annotated[tuple[PolicyRule, ...], AfterValidator(_differ)] = Field(
        default=(), description="What is denied, or asked about, beyond that; a rule never allows what is not allowed."
    )
    answer_within: float = Field(
        default=0, ge=0, description="Seconds after which what nobody has answered is a no; 0: never."
    )
    four_eyes: bool = Field(default=False, description="Whether who asked may not approve, nor say yes ahead.")
    approvers: int = Field(default=1, ge=1, le=20, description="Different people who must say yes.")
    approvers_from: Risk = Field(default=Risk.DESTRUCTIVE, description="Least risk for which that many are wanted.")
    approver_roles: tuple[Literal["Supervisor", "Owner"], ...] = Field(
        default=("Supervisor", "Owner"), min_length=1, description="Roles that may approve."
    )
