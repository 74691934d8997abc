"""Settings of what is kept and told: retention, the audit record, alerts."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from aether_agents.contracts import Contract
from aether_agents.settings.limits import Budget

#: Where a secret is, as `secret_source` reads it.
PLACE = r"^((env|file|keyring|command):\s*\S.*)?$"


class RetentionSettings(Contract):
    """How long ended tasks and what they left are kept."""

    days: float = Field(default=7, gt=0, le=3_650, description="Days after a task's last event, in the store.")
    report_days: float = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days after its last change that the report folder of a task is kept which the store has "
        "forgotten; each worker removes those in its own AETHER_HOME. 0: for ever.",
    )
    log_megabytes: float = Field(
        default=2,
        ge=0.1,
        le=10_000,
        description="Size at which a log of the embedded stack begins anew; one older part is kept.",
    )


class AuditSettings(Contract):
    """The audit record: what was asked, allowed, called and answered, in a chain that shows tampering."""

    enabled: bool = Field(default=True, description="Whether it is kept.")
    days: float = Field(default=90, gt=0, le=36_500, description="Days for which entries are kept.")
    signing_key: str = Field(
        default="",
        pattern=PLACE,
        description="Place of the key that signs checkpoints, 32 bytes in base64: `env:NAME` or the like. "
        "Without it, one that is made of the sealing key.",
    )


#: Where the address of a channel is: an apprise address holds a password.
ChannelPlace = Annotated[str, Field(pattern=PLACE, min_length=1)]


#: A number of calls, or with what happens then.
OneBudget = Annotated[
    Annotated[int, Field(ge=1), Tag("calls")] | Annotated[Budget, Tag("budget")],
    Discriminator(lambda value: "budget" if isinstance(value, dict | Budget) else "calls"),
]

#: Stands for the sum in `alerts.budgets`: no server can be called so.
ALL_SERVERS = "all servers"


class AlertSettings(Contract):
    """Who is told of what. Beat watches; without `to` and `routes`, its log tells."""

    to: tuple[ChannelPlace, ...] = Field(
        default=(), description="Places of apprise addresses, `env:NAME` or the like; addresses hold passwords."
    )
    routes: dict[Literal["critical", "warning", "notice"], tuple[ChannelPlace, ...]] = Field(
        default_factory=dict, description="Channels of a severity, instead of `to`; none: it is only logged."
    )
    installation: str = Field(default="", max_length=60, description="Name of this installation, in every title.")
    every: float = Field(default=3_600, ge=1, description="Seconds until the same thing is told again.")
    failed_tasks: bool = Field(default=True, description="Whether failed tasks are told.")
    waits_longer_than: float = Field(default=3_600, ge=0, description="Seconds a task may wait for a person; 0: any.")
    store_fuller_than: float = Field(
        default=85,
        gt=0,
        le=100,
        description="Percent of the store's memory, connections, disk that is told; 100: never.",
    )
    queue_without_worker: float = Field(default=120, ge=0, description="Seconds messages may lie unserved; 0: any.")
    server_down: bool = Field(default=True, description="Whether MCP servers that cannot be used are told.")
    findings_from: Literal["critical", "high", "medium", "low", "info"] | None = Field(
        default="high", description="Least severity of findings that is told; of audits, of new findings."
    )
    budgets: dict[str, OneBudget] = Field(
        default_factory=dict,
        description="Calls of tools in a UTC day at which it is told, by MCP server and for `all servers`: a number, "
        "or `{calls, stop: true}`, and no more are made.",
    )

    def budgeted(self, *, stopping: bool = False) -> dict[str, int]:
        """The calls of each budget by its name; of all, or of those that stop."""
        known = {name: one if isinstance(one, Budget) else Budget(calls=one) for name, one in self.budgets.items()}
        return {name: one.calls for name, one in known.items() if one.stop or not stopping}
