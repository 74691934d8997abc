"""What people do to a task: answer, pause, resume, cancel."""

from aether_agents.contracts import Answer, Elicited, HighLevelTask, Intervention, Json, PlannedSubtask
from aether_agents.errors import WrongStatus
from aether_agents.store import questions
from aether_agents.store.access import Accessing, deliveries, unknown
from aether_agents.store.keys import Places
from aether_agents.store.replies import Delivery


class Control(Accessing):
    """Each says at once, in the state, what shall be; the deliveries it gives are to be sent."""

    def question(self, task_id: str, intervention_id: str) -> Intervention | None:
        """An open question of a task; none when it is answered or was never asked.

        Raises:
            TaskNotFound: there is no such task.
        """
        keys = self._access.keys
        subtask_id = intervention_id.rpartition(".")[0]
        (step, open_id, asked, text), about, rank = self._access.connection.commands(
            [
                ("HMGET", keys.task(task_id), "step", "question_id", "asked_at", "question"),
                ("HGET", keys.subtasks(task_id), f"i:{subtask_id}"),
                ("ZSCORE", keys.waiting(task_id), subtask_id),
            ]
        )
        if step is None:
            raise unknown(task_id)
        if open_id == intervention_id.encode():
            return questions.read(text, int(asked))
        if about is None or rank is None:
            return None
        found = questions.read(about, 0)
        return found if found.id == intervention_id else None

    def answer(self, task_id: str, answer: Answer) -> list[Delivery]:
        """Give a person's answer.

        `approve`, `retry`, `provide` and a question's own choices let it go on; `deny` and `fail` fail the subtask,
        `skip` skips it; about the whole task, `deny` and `cancel` end it. `values` become inputs of the task; a choice
        about the whole task becomes its `type`.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: the question is not open, or the response is none of its choices.
        """
        question = self.question(task_id, answer.intervention_id)
        if question is None:
            raise _closed(answer.intervention_id)
        effect = questions.effect(question, answer)
        outcome = b""
        if effect != "go" and question.subtask_id is not None:
            outcome = self._access.seal(Places.outcome(task_id, question.subtask_id), questions.outcome(answer, effect))
        while True:
            before, after = self._with(task_id, question, answer) if effect == "go" else (b"", b"")
            kind, sends = self._access.call(
                "answer",
                task_id,
                answer.intervention_id,
                effect,
                answer.response,
                answer.by,
                outcome,
                before,
                after,
                "1" if question.elicitation or question.digest else "0",
            )
            if kind != b"changed":
                break
        if kind == b"closed":
            raise _closed(answer.intervention_id)
        return deliveries(sends)

    def refine(self, task_id: str, instruction: str, by: str) -> list[Delivery]:
        """Plan a task anew that asks about the whole of itself (a plan to review, a choice, inputs), with more words.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it asks nothing about the whole of itself, or runs exactly the plan it was given.
            InvalidTask: its description would be too long.
        """
        key = self._access.keys.task(task_id)
        while True:
            before = self._access.connection.command("HGET", key, "task")
            if before is None:
                raise unknown(task_id)
            task: HighLevelTask = self._access.open_task(task_id, before)
            if task.document is not None:
                raise WrongStatus(f"`{task_id}` runs exactly the plan it was given: change the plan, and submit it")
            refined = task.refined(instruction)
            kind, sends = self._access.call(
                "refine", task_id, by, before, self._access.seal(Places.task(task_id), refined)
            )
            if kind == b"again":
                return deliveries(sends)
            if kind == b"closed":
                raise WrongStatus(
                    f"`{task_id}` cannot be refined: only a task that asks about its plan can. Cancel it and submit "
                    "another, or answer what its subtasks ask"
                )

    def pause(self, task_id: str, by: str) -> None:
        """Start nothing new of a task; what runs goes on.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it is paused, or it has ended or is being ended.
        """
        if not self._access.call("pause", task_id, by):
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` cannot be paused: it is paused already, or it has ended")

    def resume(self, task_id: str, by: str) -> list[Delivery]:
        """Go on with a paused task.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it is not paused.
        """
        done, sends = self._access.call("resume", task_id, by)
        if not done:
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` cannot be resumed: it is not paused, or is being ended")
        return deliveries(sends)

    def cancel(self, task_id: str, by: str, reason: str = "") -> list[str]:
        """End a task. Gives the subtasks that still run: their workers learn it at their next renewal.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it has ended or is being ended.
        """
        done, running = self._access.call("cancel", task_id, by, reason)
        if not done:
            self._access.require(task_id)
            raise WrongStatus(f"`{task_id}` cannot be cancelled: it has ended, or is being ended")
        return [name.decode() for name in running]

    def flip(self, task_id: str) -> list[Delivery]:
        """Give up the canvas of a task: everything is sent directly from now on."""
        return deliveries(self._access.call("flip", task_id))

    def _with(self, task_id: str, question: Intervention, answer: Answer) -> tuple[bytes, bytes]:
        """The document before and after an answer, the task's or the subtask's; empty where it does not change."""
        if (question.elicitation or question.digest) and question.subtask_id is not None:
            return self._with_told(task_id, question.subtask_id, question, answer)
        chosen = question.kind == "choice" and question.subtask_id is None
        if not answer.values and not chosen:
            return b"", b""
        before = self._access.connection.command("HGET", self._access.keys.task(task_id), "task")
        if before is None:
            raise unknown(task_id)
        task: HighLevelTask = self._access.open_task(task_id, before)
        changes: dict[str, object] = {"inputs": {**task.inputs, **answer.values}}
        if chosen:
            changes["type"] = answer.response
        return before, self._access.seal(Places.task(task_id), task.model_copy(update=changes))

    def _with_told(self, task_id: str, subtask_id: str, question: Intervention, answer: Answer) -> tuple[bytes, bytes]:
        """The subtask's document, and the same with what the person told its server; a yes is a yes to each field.

        Where the question had no room for the call's arguments: with the digest that the yes is bound to.
        """
        before = self._access.connection.command("HGET", self._access.keys.subtasks(task_id), f"d:{subtask_id}")
        if before is None:
            raise unknown(task_id)
        subtask: PlannedSubtask = self._access.open_subtask(task_id, subtask_id, before)
        if question.digest:
            bound = subtask.model_copy(update={"approved_args": question.digest})
            return before, self._access.seal(Places.subtask(task_id, subtask_id), bound)
        yes: dict[str, Json] = dict.fromkeys(question.fields, True)
        given = Elicited(
            question=question.elicitation, values=yes if question.kind == "confirmation" else answer.values
        )
        told = subtask.model_copy(update={"elicited": (*subtask.elicited, given)})
        return before, self._access.seal(Places.subtask(task_id, subtask_id), told)


def _closed(intervention_id: str) -> WrongStatus:
    return WrongStatus(f"`{intervention_id}` is not open: it was answered, or its task has ended")
