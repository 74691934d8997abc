"""Reader: all that can be seen of tasks, tools and workers without changing anything. The orchestrator is one too."""

from collections.abc import Callable, Iterable, Iterator

from aether_agents.contracts import (
    TERMINAL_TASK,
    Event,
    Intervention,
    Json,
    Plan,
    Shown,
    TaskView,
    Undoing,
    value_digest,
)
from aether_agents.errors import InvalidPlan, ReferenceMissing, StoreRefuses, TaskNotFound, WrongStatus
from aether_agents.execution.calls.references import needed, visible
from aether_agents.execution.calls.shown_value import render
from aether_agents.orchestrator import undo
from aether_agents.orchestrator.verdicts import Verdicts
from aether_agents.settings.model import Settings
from aether_agents.store import CatalogueEntry, Store, WorkerInfo
from aether_agents.store.client.key_marker import State
from aether_agents.store.system.schedules import Schedules

#: Latest tasks of which a document is opened to try the sealing key.
TRIED = 20


class Reader:
    """Looks at a store. Safe to share between threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self._store = store
        self._verdicts = Verdicts(store)

    def view(self, task_id: str, *, outputs: bool = False, subtasks: bool = True) -> TaskView:
        """A task as it stands; with `outputs`, the result of its subtasks and the task itself.

        Without `subtasks` these are left out, of which there may be thousands.

        Raises:
            TaskNotFound: there is no such task.
            CannotOpen: this process lacks the sealing key.
        """
        return self._verdicts.of(self._store.tasks.view(task_id, outputs=outputs, subtasks=subtasks))

    def plan_of(self, task_id: str) -> Plan | None:
        """The plan of a task, once there is one.

        Raises:
            TaskNotFound: there is no such task.
        """
        return self._store.tasks.plan(task_id)

    def arguments_asked_about(self, task_id: str, asked: Intervention) -> dict[str, Json]:
        """All arguments of the call that a question is about, where the question had no room for them.

        Raises:
            WrongStatus: they are not those that were asked about; the question is no longer open.
            CannotOpen: this process lacks the sealing key.
        """
        subtask = self._store.tasks.subtask(task_id, asked.subtask_id or "")
        outcomes = self._store.tasks.outcomes(task_id, needed(subtask)) if subtask else {}
        args = visible(subtask, outcomes) if subtask else {}
        if value_digest(args) != asked.digest:
            raise WrongStatus(f"`{asked.id}` asks about other arguments than there are now: look again")
        return args

    def review(self, task_id: str, asked: Intervention) -> Shown:
        """What the review of a result shows: all of it, rendered.

        Raises:
            WrongStatus: it is no such review, or what is there is not what was asked about.
            CannotOpen: this process lacks the sealing key.
        """
        if asked.review is None:
            raise WrongStatus(f"`{asked.id}` is no review of a result")
        subtask = self._store.tasks.subtask(task_id, asked.subtask_id or "")
        outcome = self._store.tasks.outcomes(task_id, [asked.review.of]).get(asked.review.of)
        if outcome is None or value_digest(outcome.output) != asked.review.digest:
            raise WrongStatus(f"`{asked.id}` asks about something else than there is now: look again")
        found = render(outcome.output, asked.review.form)
        return Shown(subject=asked.review, name=subtask.name if subtask else "", **found._asdict())

    def call_of(self, task_id: str, subtask_id: str) -> dict[str, Json]:
        """One call of a task: its arguments as people may see them, its output and its error.

        Raises:
            TaskNotFound: there is no such task, or no such subtask of it.
            CannotOpen: this process lacks the sealing key.
        """
        subtask = self._store.tasks.subtask(task_id, subtask_id)
        if subtask is None:
            raise TaskNotFound(f"task {task_id} has no subtask `{subtask_id}`")
        found = self._store.tasks.outcomes(task_id, [*needed(subtask), subtask_id])
        try:
            arguments = visible(subtask, found)
        except (InvalidPlan, ReferenceMissing):
            arguments = dict(subtask.args)  # as the plan has them: what they refer to is not there
        outcome = found.get(subtask_id)
        return {
            "id": subtask_id,
            "tool": subtask.tool,
            "arguments": arguments,
            "output": outcome.output if outcome else None,
            "error": outcome.error if outcome else None,
        }

    def undoing(self, task_id: str, to: str | None = None) -> Undoing:
        """What undoing a task would do, and what it could not; nothing runs.

        Raises:
            TaskNotFound, WrongStatus: see `undo`.
        """
        return undo.prepare(self._store, task_id, to)

    def tasks(self, limit: int = 50) -> list[TaskView]:
        """The latest tasks, newest first, without their subtasks' outputs, with what those that completed found."""
        return [self._verdicts.of(view) for view in self._store.tasks.recent(limit)]

    def events(self, task_id: str, after: int = 0) -> list[Event]:
        """What happened to a task after a number."""
        return self._store.events.read(task_id, after)

    def follow(
        self,
        task_id: str,
        after: int = 0,
        *,
        idle: Callable[[], None] | None = None,
        on_reconnect: Callable[[str], None] | None = None,
    ) -> Iterator[Event]:
        """What happened and what happens to a task, until it has ended. Survives a lost connection.

        Args:
            task_id: the task.
            after: number of the last event already seen.
            idle: called now and then while nothing happens.
            on_reconnect: told what is wrong when the connection is lost, once per loss.
        """
        return self._store.events.follow(task_id, after, idle=idle, on_reconnect=on_reconnect)

    def has_ended(self, task_id: str) -> bool:
        """Whether nothing more will happen to a task."""
        return self.view(task_id).status in TERMINAL_TASK

    def catalogue(self) -> dict[str, CatalogueEntry]:
        """The live tools of all specialists, by server."""
        return self._store.catalogue.entries()

    def unanswering(self, servers: Iterable[str]) -> dict[str, int]:
        """Of these servers, those that let calls time out, so that theirs wait: how many in a row."""
        return self._store.tasks.unanswering(servers)

    @property
    def schedules(self) -> Schedules:
        """What is known of schedules beside their settings: paused, and fired last."""
        return self._store.schedules

    def workers(self) -> list[WorkerInfo]:
        """The workers that have been heard of in the last seconds."""
        return self._store.presence.alive()

    def store_product(self) -> str:
        """What the store's server is, such as `Valkey 9.1.2`.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        return self._store.product()

    def calls_today(self) -> dict[str, int]:
        """The calls of tools since midnight, UTC, by MCP server.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        return self._store.counts.today().calls

    def diagnose(self) -> list[str]:
        """What is wrong with the store, or will be soon, and that the brake is on, each with its fix."""
        most = self.settings.alerts.store_fuller_than
        near = [f"{one.said}: {one.fix}" for one in self._store.health.strains() if one.near(most)]
        missing = self._store.rights.missing(consumes=True)
        barred = [f"{missing.said}, so no worker of this user takes a message: {missing.fix}"] if missing else []
        return barred + self._store.diagnose() + near + [said for said in (self._braked(),) if said]

    def misplaced(self, queues: Iterable[str]) -> list[str]:
        """Keys of ours, and of these queues, that hold something else than belongs there, each with the fix.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        return self._store.key_types.wrong(tuple(queues))

    def sees_settings(self) -> bool:
        """Whether the store lets its settings be read: how often it writes to its disk, and where that is.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        return self._store.health.setting("appendfsync") is not None

    def refusal(self) -> str | None:
        """Why all work stands, with the fix: the store takes nothing that is written, or the brake is on. Else None.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        try:
            self._store.try_to_write()
        except StoreRefuses as error:
            return str(error)
        return self._braked()

    def _braked(self) -> str | None:
        brake = self._store.tasks.brake()
        if brake is None:
            return None
        return f"the brake is on ({brake.by}: {brake.reason or 'no reason given'}): aether-agent brake off"

    def key_marker(self) -> tuple[State, str]:
        """What the marker of the sealing key is to the keys here, and the id of the key it is sealed with."""
        return self._store.key_marker.state(), self._store.key_marker.name()

    def key_trial(self) -> tuple[int, int]:
        """How many documents of the store open with the sealing key here, of how many that were tried."""
        return self._store.key_marker.trial(TRIED)

    def newer_entries(self) -> dict[str, str]:
        """The servers whose catalogue entries a later version wrote, each with what that means."""
        return self._store.catalogue.newer()

    def foreign_entries(self) -> dict[str, str]:
        """The servers whose entries of the catalogue do not open here, each with the id of the key that sealed it."""
        return self._store.catalogue.foreign()

    def remove_foreign_entries(self) -> list[str]:
        """Remove those entries; gives the names of the servers."""
        return self._store.catalogue.remove_foreign()

    def secures(self) -> bool:
        """Whether an unrepeatable call waits until no power loss of the store can undo its claim.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        return self._store.durability.way().sure
