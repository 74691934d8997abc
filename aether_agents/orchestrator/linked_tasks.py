"""Linked tasks: what is begun because of another task - its undoing, its retry, a fork of it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from aether_agents.access.roles import require
from aether_agents.contracts import GitIdentity, HighLevelTask, Json, Role
from aether_agents.orchestrator import refining, rerun, undo
from aether_agents.orchestrator.sending import require_consent
from aether_agents.orchestrator.steering import Steering
from aether_agents.telemetry import tracing


class LinkedTasks(Steering):
    """Undo, retry and fork: each is a task of its own."""

    def undo(
        self, task_id: str, to: str | None = None, *, by: str = "local", role: Role = "Owner", assume_yes: bool = False
    ) -> str:
        """Put back what an ended task changed, in a task of its own, whose id this gives; `undoing` shows it first.

        Args:
            task_id: the task to undo.
            to: the subtask to go back to: it stays, what ended after it is undone.
            by: who asks.
            role: the asker's role.
            assume_yes: answer ahead the questions policy lets one answer ahead.

        Raises:
            CannotUndo: it changed nothing, or nothing of what it changed can be undone.
            TaskNotFound, NotAllowed, WrongStatus: see each; what has been undone is not undone again.
        """
        self._allow(role, "act", task_id, by)
        require_consent(role, assume_yes=assume_yes, four_eyes=self.settings.policy.four_eyes)
        tracing.begin("client", quiet=True)
        with tracing.span("undo", undoes=task_id):
            task = undo.accept(
                self._store, task_id, to, role=role, assume_yes=assume_yes, complete=self._asked_by(by, task_id)
            )
            self._send_to_planner(task)
        return task.task_id

    def retry(
        self,
        task_id: str,
        start: str = "",
        *,
        inputs: Mapping[str, Json] | None = None,
        by: str = "local",
        role: Role = "Owner",
        assume_yes: bool = False,
        agreed: bool = False,
        plan_only: bool = False,
        new_id: str | None = None,
        git: GitIdentity | None = None,
        replan: str | None = None,
    ) -> str:
        """Go on with an ended task in a task of its own, whose id this gives: what failed runs, the rest is taken over.

        It shows the difference and asks first, unless the yes is given ahead.

        Args:
            task_id: the task to go on with.
            start: a subtask that runs in any case, with all that depends on it.
            inputs: inputs that have other values now.
            by: who asks.
            role: the asker's role.
            assume_yes: answer ahead the questions policy lets one answer ahead, and the first one.
            agreed: ask nothing about the difference first; what its calls ask, they ask.
            plan_only: only show the difference, as the result of the task.
            new_id: the id of the new task.
            git: the git identity of who asks, where the task was asked by somebody who had none.
            replan: have a model plan what is not done anew, and tell it this; what is done stays. Its plan is reviewed.

        Raises:
            TaskNotFound, NotAllowed: see each.
            WrongStatus: it goes on, is being undone or retried, was retried, or nothing of it would run.
        """
        told: dict[str, Any] = {
            "assume_yes": assume_yes,
            "agreed": agreed,
            "plan_only": plan_only,
            "new_id": new_id,
            "git": git,
        }
        told |= {"replan": replan, "document": rerun.written_by_model(self._store, self.settings, task_id)}
        return self._run_again(task_id, "retry", start, by, role, {"inputs": inputs or {}, **told})

    def fork(
        self,
        task_id: str,
        at: str,
        *,
        inputs: Mapping[str, Json] | None = None,
        template: str | None = None,
        by: str = "local",
        role: Role = "Owner",
        plan_only: bool = False,
    ) -> str:
        """Try what else could become of a task: from its recorded results, a subtask and what follows it run otherwise.

        Every change asks, whatever was said before. The task itself stays as it is.

        Args:
            task_id: the task to fork.
            at: the first subtask that runs.
            inputs: inputs that have other values.
            template: another template than the task's.
            by: who asks.
            role: the asker's role.
            plan_only: only show the difference, as the result of the task.

        Raises:
            TaskNotFound, NotAllowed: see each.
            WrongStatus: it goes on or is being undone, or has no such subtask.
        """
        options = {"inputs": inputs or {}, "template": template, "plan_only": plan_only, "assume_yes": False}
        return self._run_again(task_id, "fork", at, by, role, options)

    def change_plan(self, task_id: str, line: str, *, by: str = "local", role: Role = "Owner") -> str:
        """Change the plan of a task that was only planned, in a task of its own, whose id this gives; none of it runs.

        Args:
            task_id: the task that has the plan; it stays as it is.
            line: the change, as `planning.editing.edit_words` reads it; any other line is more of the sentence.
            by: who asks.
            role: the asker's role.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus, InvalidTask: see each; the error says why it cannot be.
        """
        require(role, "submit")
        self._allow(role, "act", task_id, by)
        task = refining.changed(
            self._store, self.settings, task_id, line, role=role, complete=self._asked_by(by, task_id)
        )
        return self._begun(task)

    def accept_plan(self, task_id: str, *, by: str = "local", role: Role = "Owner", assume_yes: bool = False) -> str:
        """Run exactly the plan of a task that was only planned, in a task of its own, whose id this gives.

        Raises:
            TaskNotFound, NotAllowed, WrongStatus: see each.
        """
        require(role, "submit")
        self._allow(role, "act", task_id, by)
        require_consent(role, assume_yes=assume_yes, four_eyes=self.settings.policy.four_eyes)
        found = self._store, self.settings, task_id
        task = refining.accepted(*found, role=role, assume_yes=assume_yes, complete=self._asked_by(by, task_id))
        return self._begun(task)

    def _asked_by(self, by: str, task_id: str) -> Callable[[HighLevelTask], HighLevelTask]:
        """Completes a task that is made of another: it is its owner's, and of all who had a part in asking for it."""
        before = self._store.tasks.task(task_id)
        return lambda task: self._completed(task.also_asked_by(*before.asked_by, by))

    def _begun(self, task: HighLevelTask) -> str:
        tracing.begin("client", quiet=True)
        with tracing.span("refine", task_id=task.task_id):
            if self._store.tasks.create(task):
                self._send_to_planner(task)
        return task.task_id

    def _run_again(
        self, task_id: str, kind: Literal["retry", "fork"], start: str, by: str, role: Role, options: dict[str, Any]
    ) -> str:
        require(role, "submit")
        self._allow(role, "act", task_id, by)
        require_consent(role, assume_yes=options["assume_yes"], four_eyes=self.settings.policy.four_eyes)
        tracing.begin("client", quiet=True)
        with tracing.span(kind, reruns=task_id):
            who: dict[str, Any] = {"by": by, "role": role, "complete": self._asked_by(by, task_id)}
            task = rerun.accept(self._store, task_id, kind, start, **who, **options)
            self._send_to_planner(task)
        return task.task_id
