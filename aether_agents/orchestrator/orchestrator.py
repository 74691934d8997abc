"""The one way in: every face submits, answers, stops and follows tasks here, and nowhere else.

An orchestrator holds a connection to the store and, once it has something to send, a Celery producer. It never
waits for a task and never asks Celery for a result: state is in the store, news comes as events.
"""

from aether_agents.access.approvers import adder_of, voter
from aether_agents.access.roles import require
from aether_agents.contracts import Answer, HighLevelTask, Intervention, Role
from aether_agents.errors import InvalidTask, NoWorker
from aether_agents.orchestrator import approvals
from aether_agents.orchestrator.linked_tasks import LinkedTasks
from aether_agents.orchestrator.sending import require_consent
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, open_store
from aether_agents.telemetry import tracing


def connect(settings: Settings) -> "Orchestrator":
    """Connect to the store and broker the settings name.

    Raises:
        StoreUnavailable: the store cannot be reached.
        CannotOpen: there is no sealing key.
    """
    return Orchestrator(settings, open_store(settings))


class Orchestrator(LinkedTasks):
    """Submit, answer, stop and follow tasks. Safe to share between threads; close it when done."""

    # -- ask ---------------------------------------------------------------------------------------------------

    def submit(self, task: HighLevelTask) -> str:
        """Accept a task and hand it to a planner. The same id from the same owner is the same task.

        Raises:
            NotAllowed: the role may not submit, or not approve ahead, or the id is another owner's.
            InvalidTask: its context is unknown or its folder is relative.
            StoreUnavailable: nothing was accepted.
        """
        require(task.role, "submit")
        if task.rerun is not None or task.undoes is not None:
            raise InvalidTask("`rerun` and `undoes` are not said by who submits: use `retry`, `fork` or `undo`")
        require_consent(task.role, assume_yes=task.assume_yes, four_eyes=self.settings.policy.four_eyes)
        task = self._completed(task)
        tracing.begin("client", quiet=True)
        with tracing.span("submit", task_id=task.task_id):
            if self._store.tasks.create(task):
                self._send_to_planner(task)
        return task.task_id

    def require_worker(self, queue: str = PLANNER) -> None:
        """Make sure that somebody serves a queue.

        Raises:
            NoWorker: nobody does.
            StoreRefuses: nobody could say so.
        """
        if not any(queue in worker.queues and worker.hears for worker in self.workers()):
            self._store.try_to_write()
            raise NoWorker(f"no worker serves the queue `{queue}`: start one with `aether-agent worker {queue}`")

    # -- act ---------------------------------------------------------------------------------------------------

    def answer(self, task_id: str, answer: Answer, *, role: Role = "Owner") -> None:
        """Answer an intervention; what becomes ready is sent at once. Where several must say yes, the last one counts.

        Raises:
            TaskNotFound: there is no such task.
            NotAllowed: the role may not approve (it may give inputs to a task of its own).
            WrongStatus: nothing of that name is being asked, or the answer is not one of its choices.
        """

        def may(asked: Intervention) -> None:  # it judges what is then answered: read twice, it could be two questions
            task = self._store.tasks.task(task_id)  # as it is sealed: what stands beside it, anybody can write
            adder = adder_of(self._store, task)
            approvals.require_approver(self.settings.policy, task, asked, answer, role, adder)

        asked = self._store.tasks.question(task_id, answer.intervention_id)
        binds = None
        if asked is not None:
            may(asked)
            binds = approvals.changed(self.settings, self._store, task_id, asked, answer)
            count = approvals.wanted(self.settings.policy, self._store, task_id, asked, answer)
            if count > 1 and binds is None:
                votes = self._store.tasks.vote(task_id, asked, voter(answer.by), count, role)
                if len(votes) < count:
                    return
                answer = answer.model_copy(update={"also": votes[:-1]})
        self._send(self._store.tasks.answer(task_id, answer, may, role, binds))

    def refine(self, task_id: str, instruction: str, *, by: str = "local", role: Role = "Owner") -> None:
        """Have a task planned anew with more words, while it asks about its plan; what it asked is void.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus, InvalidTask: see each.
        """
        self._allow(role, "act", task_id, by)
        self._send(self._store.tasks.refine(task_id, instruction, by))

    def pause(self, task_id: str, *, by: str = "local", role: Role = "Owner") -> None:
        """Start nothing new of a task until it is resumed; what runs goes on to its end.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        self._allow(role, "act", task_id, by)
        self._store.tasks.pause(task_id, by)

    def resume(self, task_id: str, *, by: str = "local", role: Role = "Owner") -> None:
        """Go on with a paused task.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        self._allow(role, "act", task_id, by)
        self._send(self._store.tasks.resume(task_id, by))

    def cancel(self, task_id: str, *, by: str = "local", reason: str = "", role: Role = "Owner") -> None:
        """End a task: nothing of it starts any more, and calls that run are cancelled at their server.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        self._allow(role, "act", task_id, by)
        self._store.tasks.cancel(task_id, by, reason)

    def list_server(self, name: str) -> None:
        """Have a worker list a server's tools anew; until then the catalogue calls its entry outdated.

        Raises:
            InvalidSettings: there is no such server.
        """
        self._store.catalogue.outdate(name)

    def accept_server(self, name: str, digest: str, by: str = "local") -> None:
        """Accept the tools of a server as they were shown: `digest` is that of the catalogue's entry.

        Raises:
            InvalidSettings: there is no such server.
            ToolDrifted: it has been listed otherwise since then.
        """
        self._store.catalogue.accept(name, digest, by)
