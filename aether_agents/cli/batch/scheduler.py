"""The work of a batch: what may start is started, what is under way is looked at, until nothing more can happen.

The result of a task is in the store, under an id that its entry determines. So nothing of a batch is kept anywhere
else, and running it again finds what there is: completed entries are left alone, open ones are joined.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aether_agents.cli.batch.batch_file import Batch, Job
from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.views.outcome import how_to_answer
from aether_agents.contracts import TERMINAL_TASK, GitIdentity, TaskStatus, TaskView, meets
from aether_agents.errors import AetherError, TaskNotFound, WrongStatus

#: Seconds between two looks at the tasks under way.
LOOK = 0.2


@dataclass(frozen=True)
class Run:
    """How one entry stands."""

    job: Job
    task_id: str = ""
    status: str = "pending"  #: a task's status, or `skipped`
    resumed: bool = False  #: it had completed before
    seq: int = 0  #: last event seen
    why: str = ""
    view: TaskView | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status == "skipped" or self.status in TERMINAL_TASK

    @property
    def open(self) -> bool:
        """Whether its task is there and goes on."""
        return bool(self.task_id) and not self.ended

    @property
    def lets_go_on(self) -> bool:
        """Whether what needs it may start."""
        return self.status == "completed" or (self.ended and self.job.tolerated)

    @property
    def seconds(self) -> float:
        """How long it took, or has taken."""
        if self.view is None or self.view.created_at is None:
            return 0.0
        return ((self.view.finished_at or datetime.now(UTC)) - self.view.created_at).total_seconds()


class Scheduler:
    """Runs one batch through an orchestrator. One thread; `stop` may be called from another."""

    def __init__(
        self,
        batch: Batch,
        orchestrator: OrchestratorFace,
        *,
        parallel: int,
        fresh: bool,
        tell: Callable[[Run], None],
        git: GitIdentity | None = None,
    ) -> None:
        """`git` is the identity of who runs it: its tasks commit as he does."""
        self.batch = batch
        self.runs: dict[str, Run] = {job.id: Run(job) for job in batch.jobs}
        self._orchestrator = orchestrator
        self._parallel = parallel
        self._fresh = fresh
        self._tell = tell
        self._git = git
        self._stopped = threading.Event()
        self._cancelled: set[str] = set()

    def stop(self) -> None:
        """Cancel what is under way, and start nothing more."""
        self._stopped.set()

    @property
    def under_way(self) -> int:
        """How many tasks are being worked on now."""
        return sum(run.open and run.status != TaskStatus.WAITING for run in self.runs.values())

    def turn(self) -> bool:
        """Start what may start and look at what is under way; whether anything can still happen by itself.

        Raises:
            StoreUnavailable: the store is away; nothing is lost by another turn later.
        """
        if self._stopped.is_set():
            self._cancel()
        else:
            self._start()
        for run in [one for one in self.runs.values() if one.open]:
            self._look(run)
        return self.under_way > 0 or (not self._stopped.is_set() and any(self._startable()))

    def pause(self) -> None:
        """Wait until it is time to look again."""
        threading.Event().wait(LOOK)

    # -- inside ------------------------------------------------------------------------------------------------

    def _startable(self) -> Iterator[Run]:
        """Entries whose needs are met; those that can never start are skipped on the way."""
        for run in list(self.runs.values()):
            needs = [self.runs[need] for need in run.job.needs]
            if run.task_id or run.ended:
                continue
            if broken := [need for need in needs if need.ended and not need.lets_go_on]:
                self._set(
                    replace(run, status="skipped", why=f"it needs {broken[0].job.id}, which {_became(broken[0])}")
                )
            elif all(need.lets_go_on for need in needs):
                yield run

    def _start(self) -> None:
        for run in self._startable():
            if self.under_way >= self._parallel:
                return
            self._set(self._begun(run))

    def _begun(self, run: Run) -> Run:
        """The run with its task: the one that is there and completed or goes on, else a new one."""
        number, found = 1, None
        while (view := self._found(_task_id(run.job, number))) is not None:
            number, found = number + 1, view
        if found is not None and found.status not in TERMINAL_TASK:
            return replace(run, task_id=found.task_id, status=found.status.value, seq=found.seq, view=found)
        if found is not None and not self._fresh:
            known = self._judged(replace(run, task_id=found.task_id, view=found, resumed=True))
            if known.status == "completed":
                return known
        task_id = _task_id(run.job, number)
        if found is None or self._fresh or not self._went_on(run.job, found.task_id, task_id):
            said = {"task_id": task_id, "created_at": datetime.now(UTC), "git": self._git}
            self._orchestrator.submit(run.job.task.model_copy(update=said))
        return replace(run, task_id=task_id)

    def _went_on(self, job: Job, before: str, task_id: str) -> bool:
        """Go on with a task of before that did not succeed; False where nothing of it can be gone on with."""
        try:
            self._orchestrator.retry(before, assume_yes=job.task.assume_yes, agreed=True, new_id=task_id, git=self._git)
        except (WrongStatus, TaskNotFound):
            return False
        return True

    def _found(self, task_id: str) -> TaskView | None:
        try:
            return self._orchestrator.view(task_id, outputs=True)
        except TaskNotFound:
            return None

    def _look(self, run: Run) -> None:
        news = self._orchestrator.events(run.task_id, run.seq)
        if not news:
            return
        last = news[-1]
        seen = replace(run, seq=last.seq, status=last.status.value)
        if last.status in TERMINAL_TASK:
            seen = self._judged(replace(seen, view=self._orchestrator.view(run.task_id, outputs=True)))
        elif last.status is TaskStatus.WAITING and run.status != last.status:
            view = self._orchestrator.view(run.task_id)
            asked = view.interventions
            why = f"{asked[0].prompt} ({how_to_answer(view.task_id, asked[0])})" if asked else ""
            seen = replace(seen, view=view, why=why)
        self._set(seen)

    def _judged(self, run: Run) -> Run:
        """A run whose task has ended, with what is said of it. Outputs that are not as expected are a failure."""
        view = run.view
        if view is None:
            return run
        expect = run.job.expect
        if view.status == "completed" and expect is not None and not meets(expect, dict(view.outputs)):
            why = f"completed, but its output `{expect.path}` is not {expect.op} {expect.value!r}"
            return replace(run, status="failed", why=why)
        failed = next((one.error for one in view.subtasks if one.status == "failed" and one.error), None)
        return replace(run, status=view.status.value, why=view.error or failed or "")

    def _cancel(self) -> None:
        for run in [one for one in self.runs.values() if one.open and one.task_id not in self._cancelled]:
            self._cancelled.add(run.task_id)
            try:
                self._orchestrator.cancel(run.task_id, reason="the batch was interrupted")
            except WrongStatus:
                continue  # it has ended meanwhile
            except AetherError as error:
                self._set(replace(run, why=f"could not be cancelled: {error}"))

    def _set(self, run: Run) -> None:
        before = self.runs[run.job.id]
        self.runs[run.job.id] = run
        turned = run.status != before.status and (run.ended or run.status == TaskStatus.WAITING)
        if turned or run.task_id != before.task_id:
            self._tell(run)


def _task_id(job: Job, number: int) -> str:
    """The id of the n-th task of an entry: one that ended without success is followed by another."""
    return job.key if number == 1 else f"{job.key}-{number}"


def _became(run: Run) -> str:
    return {"failed": "failed", "cancelled": "was cancelled", "skipped": "was skipped"}[run.status]
