"""Settings: `aether_agent.yaml` and the environment, read once, wrong values named at start."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from aether_agents.contracts import Contract, Isolation, Json, Template
from aether_agents.process.broker_address import checked
from aether_agents.settings.limits import LimitSettings
from aether_agents.settings.planner_model import PlannerModelSettings
from aether_agents.settings.policy import PolicySettings
from aether_agents.settings.time_zone import known_zone
from aether_agents.settings.upkeep import AlertSettings, AuditSettings, RetentionSettings
from aether_agents.telemetry.logs import Style

#: What a schedule may be called.
SCHEDULE_NAME = r"^[a-z0-9][a-z0-9_-]{0,47}$"


class OrchestratorSettings(Contract):
    """How many tasks run at once, for how long, and where their state lives."""

    max_concurrent_tasks: int = Field(default=10, ge=1, description="Tasks planning or running at once; more wait.")
    task_timeout: float = Field(default=3_600, gt=0, description="Seconds a task may take when it names no limit.")
    persistence_backend: Literal["redis"] = Field(default="redis", description="Where state lives.")


class McpSettings(Contract):
    """Which MCP servers are found and how long they may take."""

    server_discovery_path: str = Field(default="/mcp", description="Folder searched for `<name>/` servers.")
    auto_discovery: bool = Field(default=True, description="Whether it is searched.")
    server_timeout: float = Field(default=30, gt=0, description="Seconds a server may take to connect.")


class CliSettings(Contract):
    """What the command line does when it is not told."""

    default_context: str = Field(default="local", description="Context of a task that names none.")
    interactive_mode: bool = Field(default=True, description="Whether questions are asked on a terminal.")
    logging_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="What is logged.")
    logging_format: Style = Field(
        default="console", description="`console` for people, `json` for one object per line."
    )


class AgentProcessSettings(Contract):
    """What AgentServer's processes do."""

    max_background_tasks: int = Field(default=5, ge=1, description="Tasks one user may have open at once.")
    ui_update_interval: float = Field(default=1.0, ge=0, description="Seconds between progress updates.")
    session_persistence: bool = Field(default=True, description="Whether a task outlives its client.")


class AgentSystem(Contract):
    """The part of the file that the platform's design fixed."""

    orchestrator: OrchestratorSettings = Field(default_factory=OrchestratorSettings, description="Tasks.")
    mcp_integration: McpSettings = Field(default_factory=McpSettings, description="MCP servers.")
    cli_interface: CliSettings = Field(default_factory=CliSettings, description="Command line.")
    agent_process: AgentProcessSettings = Field(default_factory=AgentProcessSettings, description="AgentServer.")


class BrokerSettings(Contract):
    """Where broker and store are. Without a url, the embedded stack is used."""

    url: Annotated[str, AfterValidator(checked)] | None = Field(
        default=None,
        description="`redis://`, `rediss://`, `unix://` or `sentinel://` address; a password in it is percent-encoded.",
    )
    prefix: str = Field(default="aether", pattern=r"^[a-z0-9_-]{1,32}$", description="First part of every key.")


class DeliverySettings(Contract):
    """How subtasks are delivered and taken back."""

    lease: float = Field(default=30, gt=0, description="Seconds a claimed subtask is held without a renewal.")
    stale: float = Field(default=3, gt=0, description="Seconds a ready subtask may lie unclaimed before a re-send.")
    pump: float = Field(default=0.5, gt=0, description="Seconds between two rounds of renewal and reaper.")
    grace: float = Field(default=30, ge=0, le=3_600, description="Seconds calls have to end after SIGTERM; then: cut.")
    canvas_limit: int = Field(default=5_000, ge=0, description="Signatures a canvas may carry; more goes directly.")
    concurrency: int = Field(default=16, ge=1, le=256, description="Threads per queue in a worker.")
    offer_for: float = Field(default=300, ge=0, description="Seconds an outcome is offered that alone is refused.")
    confirm: Literal["auto", "off"] = Field(
        default="auto",
        description="Whether an unrepeatable call waits for the store's disk and replicas, where they truly can say.",
    )
    deaf_after: float = Field(
        default=60,
        ge=0,
        description="Seconds a free worker may take none of the messages that lie there; 0: any.",
    )
    alive_file: Path | None = Field(default=None, description="File that a process which is well touches, for probes.")
    per_server: int = Field(default=8, ge=1, description="Calls of one server at once while another's work waits.")
    spare: int = Field(default=8, ge=0, le=256, description="Calls beside the threads while all stand and others wait.")
    circuit_after: int = Field(default=5, ge=1, description="Time-outs in a row after which a server's calls wait.")
    circuit_rest: float = Field(default=30, gt=0, description="Seconds until such a server is tried again.")
    circuit_wait: float = Field(default=60, ge=0, description="Seconds a call waits for such a server before it fails.")
    retries_per_task: int = Field(default=1_000, ge=0, description="Failed calls made again in one task, at most.")
    cancelled_grace: float = Field(default=10, ge=0, description="Seconds a server may go on with a cancelled call.")


class ContextSettings(Contract):
    """A named set of inputs and secret references."""

    description: str = Field(default="", description="What it is, in a sentence.")
    data: str = Field(
        default="", description="Class of what is worked on in it, such as `personal`; rules may name it."
    )
    inputs: dict[str, Json] = Field(default_factory=dict, description="Values for inputs of the same name.")
    secrets: dict[str, str] = Field(
        default_factory=dict, description="Secret name to its place, read by the worker at the call: `env:NAME`, …"
    )


class ScheduleSettings(Contract):
    """A task that is done again and again: an audit every night. Times are of `timezone`, UTC without it."""

    crontab: str | None = Field(
        default=None,
        pattern=r"^\s*(\S+\s+){4}\S+\s*$",
        description="Minute, hour, day of month, month, day of week, as crontab has them.",
    )
    timezone: Annotated[str, AfterValidator(known_zone)] | None = Field(
        default=None,
        description="Time zone of the crontab, such as `Europe/Berlin`; UTC without it. Each slot comes once where the "
        "clock is set: one that is left out as it jumps, one that is there twice at its first time.",
    )
    every: float | None = Field(
        default=None, ge=1, le=31 * 86_400, description="Seconds between two runs, counted from 1970-01-01 UTC."
    )
    task: str = Field(min_length=1, max_length=4_000, description="The goal, in a sentence.")
    template: str | None = Field(default=None, description="Template to use instead of looking for one.")
    specialist: str | None = Field(default=None, description="Prefer the templates of this specialist.")
    inputs: dict[str, Json] = Field(default_factory=dict, description="Inputs by name.")
    context: str | None = Field(default=None, description="Context to run in; the settings' default without it.")
    folder: Path | None = Field(default=None, description="What `this repository` means; the file's folder without it.")
    priority: int = Field(default=3, ge=0, le=9, description="0 to 9, 9 the highest; people go first.")
    timeout_seconds: float | None = Field(default=None, gt=0, le=604_800, description="Time one run may take.")
    yes: bool = Field(default=False, description="Answer ahead what policy lets one answer ahead.")
    enabled: bool = Field(default=True, description="Whether it runs at all.")

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.crontab is None) is (self.every is None):
            raise ValueError("say either `crontab` (such as `0 3 * * *`) or `every` (seconds)")
        if self.every is not None and self.timezone is not None:
            raise ValueError("`timezone` is for `crontab`: `every` counts seconds, whatever clocks show")
        return self


class SpecialistSettings(Contract):
    """What is changed about one specialist."""

    enabled: bool = Field(default=True, description="Whether it is used.")
    concurrency: int | None = Field(default=None, ge=1, le=256, description="Threads of its own.")


class EncryptionSettings(Contract):
    """The keys that seal documents."""

    key_file: Path | None = Field(default=None, description="File with one `id:base64` key per line, newest first.")


class AgentServerSettings(Contract):
    """Where `aether-agent serve` listens, and whose word is taken for who asks."""

    host: str = Field(default="127.0.0.1", description="Address it listens on; loopback unless you say otherwise.")
    port: int = Field(default=57_580, ge=0, le=65_535, description="Port; 0 takes a free one.")
    token_file: Path | None = Field(default=None, description="File with the token; without it one is made in `home`.")
    origins: tuple[str, ...] = Field(default=(), description="Web origins beside its own that may use it.")
    public_url: str = Field(
        default="", pattern=r"^(https?://\S+)?$", description="Where people open it: links of alerts."
    )
    proxies: tuple[str, ...] = Field(default=(), description="Addresses of proxies whose headers say who asks.")
    proxy_secret: str = Field(
        default="",
        description="Place of what a proxy proves itself with, `env:NAME` or the like; not for a unix socket.",
    )
    proxy_secret_header: str = Field(default="X-Aether-Proxy-Secret", description="Header in which it sends that.")
    user_header: str = Field(default="X-Remote-User", description="Header in which such a proxy names the user.")
    role_header: str = Field(default="X-Auth-Roles", description="Header in which it names roles; the highest counts.")
    access_log: Literal["off", "requests", "all"] = Field(
        default="requests", description="Requests that are logged; `all`: `/health`, `/live` and `/metrics` too."
    )


class FlowerSettings(Contract):
    """Where Flower listens, when it runs."""

    address: str = Field(default="127.0.0.1", description="Loopback: put a proxy with TLS before anything wider.")
    port: int = Field(default=5555, ge=0, le=65_535, description="Its port; 0 takes any that is free.")


class Settings(Contract):
    """Every setting of a process, checked: what `aether_agent.yaml` and the environment say."""

    agent_system: AgentSystem = Field(default_factory=AgentSystem, description="The platform's own part.")
    task_templates: dict[str, tuple[Template, ...]] = Field(
        default_factory=dict, description="Templates by domain; one without subtasks is a stub."
    )
    broker: BrokerSettings = Field(default_factory=BrokerSettings, description="Broker and store.")
    delivery: DeliverySettings = Field(default_factory=DeliverySettings, description="Delivery.")
    policy: PolicySettings = Field(default_factory=PolicySettings, description="Policy.")
    contexts: dict[str, ContextSettings] = Field(default_factory=dict, description="Contexts by name.")
    schedules: dict[Annotated[str, Field(pattern=SCHEDULE_NAME)], ScheduleSettings] = Field(
        default_factory=dict, description="What is done again and again, by name."
    )
    specialists: dict[str, SpecialistSettings] = Field(default_factory=dict, description="Specialists by name.")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="Who is told of what.")
    limits: LimitSettings = Field(default_factory=LimitSettings, description="Limits that stop.")
    llm: PlannerModelSettings = Field(
        default_factory=PlannerModelSettings, description="The language model that a planner may ask."
    )
    flower: FlowerSettings = Field(default_factory=FlowerSettings, description="Celery's monitor.")
    roots: tuple[Path, ...] = Field(default=(), description="Folders tools may touch; needed with a remote broker.")
    isolation: Isolation = Field(default="auto", description="Whether what is not ours runs in a sandbox.")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="How long things are kept.")
    audit: AuditSettings = Field(default_factory=AuditSettings, description="The audit record.")
    agentserver: AgentServerSettings = Field(
        default_factory=AgentServerSettings, description="AgentServer and `aether-agent serve`."
    )
    encryption: EncryptionSettings = Field(default_factory=EncryptionSettings, description="Sealing keys.")
    home: Path = Field(default=Path(), description="AETHER_HOME: state of the embedded stack, trust, reports.")
    project: Path = Field(default=Path(), description="The folder project files are read from.")
    inert_stubs: tuple[str, ...] = Field(default=(), description="Stubs of a project file that nobody has trusted.")

    @property
    def wants_beat(self) -> bool:
        """Whether there is something for beat to do: a schedule, somebody to tell, or a budget to watch."""
        told = self.alerts.to or any(self.alerts.routes.values())
        return bool(told or self.alerts.budgets or any(one.enabled for one in self.schedules.values()))
