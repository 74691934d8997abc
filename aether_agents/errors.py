"""Every error a person can meet. Each says what is wrong and what to do about it.

The class docstring is the message when none is given. `exit_code` is what the command line leaves
with; `code` is what AgentServer and `--json` send.
"""

__all__ = [
    "AetherError",
    "Barred",
    "CannotOpen",
    "CannotUndo",
    "CouldNotPlan",
    "InvalidPlan",
    "InvalidSettings",
    "InvalidTask",
    "LimitReached",
    "LoginFailed",
    "Newer",
    "NoWorker",
    "NotAllowed",
    "NotTrusted",
    "NothingYet",
    "ReferenceMissing",
    "SecretMissing",
    "ServerBarred",
    "ServerDown",
    "ServerQuarantined",
    "ServerSilent",
    "StackError",
    "StoreRefuses",
    "StoreUnavailable",
    "Tampered",
    "TaskNotFound",
    "TooManyTasks",
    "ToolDrifted",
    "ToolTimeout",
    "WrongStatus",
]


class AetherError(Exception):
    """Something went wrong in AetherTerm agents."""

    exit_code = 1
    code = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class InvalidSettings(AetherError):
    """A setting is wrong; run `aether-agent config validate` to see all of them."""

    exit_code = 2
    code = "invalid_settings"


class InvalidTask(AetherError):
    """The task is not well formed."""

    exit_code = 2
    code = "invalid_task"


class InvalidPlan(AetherError):
    """The plan cannot run as it is written; every fault is listed."""

    exit_code = 2
    code = "invalid_plan"

    def __init__(self, faults: tuple[str, ...] | list[str] | str) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class ReferenceMissing(AetherError):
    """A reference leads to a place that is not there."""

    code = "reference_missing"


class SecretMissing(AetherError):
    """A secret that an argument names cannot be read by the worker."""

    code = "secret_missing"


class CouldNotPlan(AetherError):
    """No template matches well enough; `aether-agent templates list` shows what there is."""

    exit_code = 5
    code = "could_not_plan"


class TaskNotFound(AetherError):
    """There is no such task; `aether-agent tasks` lists them."""

    exit_code = 2
    code = "task_not_found"


class NothingYet(TaskNotFound):
    """Nothing has run here yet; give a first task: `aether-agent execute "Onboard this project"`."""


class NotAllowed(AetherError):
    """Your role does not allow that."""

    exit_code = 2
    code = "not_allowed"


class TooManyTasks(AetherError):
    """You have as many tasks open as one user may have; wait for one to end, or cancel one."""

    exit_code = 2
    code = "too_many_tasks"


class WrongStatus(AetherError):
    """That cannot be done to a task in its present status."""

    exit_code = 2
    code = "wrong_status"


class CannotUndo(AetherError):
    """Nothing of that task can be undone."""

    code = "cannot_undo"


class StoreUnavailable(AetherError):
    """The store cannot be reached; start one with `aether-agent up` or set AETHER_REDIS_URL."""

    exit_code = 6
    code = "no_store"


class StoreRefuses(StoreUnavailable):
    """The store answers, but refuses what it is asked; its own log says why."""

    code = "store_refuses"


class NoWorker(AetherError):
    """No worker serves that queue; start one with `aether-agent up` or `aether-agent worker QUEUE`."""

    exit_code = 6
    code = "no_worker"


class CannotOpen(AetherError):
    """A document does not open with the keys of this process; give it the sealing key (AETHER_SEALING_KEY)."""

    exit_code = 2
    code = "cannot_open"


class Newer(CannotOpen):
    """A document of another version does not fit this one; a process of the newer version reads it."""


class Tampered(CannotOpen):
    """A document was changed by somebody without the key, or put where it does not belong."""


class ServerDown(AetherError):
    """An MCP server could not be started or reached."""

    code = "server_down"


class ServerSilent(ServerDown):
    """An MCP server did not answer in time when it was started or reached."""


class LoginFailed(ServerDown):
    """Nobody is logged in at an MCP server that asks for it, or the login did not succeed."""

    code = "login_failed"


class Barred(AetherError):
    """No tool of that server may be called any more; look at it with `aether-agent servers list`."""

    code = "barred"


class ServerBarred(ServerDown, Barred):
    """An MCP server may not be started here any more; look at it with `aether-agent trust`."""


class ToolTimeout(AetherError):
    """A tool did not answer in time."""

    code = "tool_timeout"


class ToolDrifted(AetherError):
    """A tool is not what it was when it was planned; look at it, then `aether-agent servers lock NAME`."""

    code = "tool_drifted"


class LimitReached(AetherError):
    """As much was called as a limit lets; wait, or raise it in `limits` or `alerts.budgets`."""

    code = "limit_reached"


class ServerQuarantined(ToolDrifted, Barred):
    """A server is quarantined: its tools changed; look at it, then `aether-agent servers lock NAME`."""


class NotTrusted(AetherError):
    """That file may not start programs yet; look at it with `aether-agent trust`."""

    exit_code = 2
    code = "not_trusted"


class StackError(AetherError):
    """The embedded stack could not be started or stopped; `aether-agent logs` shows why."""

    exit_code = 6
    code = "stack"
