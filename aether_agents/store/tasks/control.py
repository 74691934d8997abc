"""What people do to a task: answer, pause, resume, cancel."""

from aether_agents.contracts import Answer, Elicited, HighLevelTask, Intervention, Json, PlannedSubtask
from aether_agents.errors import CannotOpen, WrongStatus
from aether_agents.store.client.head import Head
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Delivery
from aether_agents.store.client.store_client import StorePart, deliveries, unknown
from aether_agents.store.interventions import answers, questions
from aether_agents.store.interventions.answers import field_of
from aether_agents.store.interventions.older_store import FIELDS, older_store
from aether_agents.store.interventions.reviews import asked_about
from aether_agents.store.system.alerts import Alerts


class Control(StorePart):
    """Each says at once, in the state, what shall be; the deliveries it gives are to be sent."""

    def question(self, task_id: str, intervention_id: str) -> Intervention | None:
        """An open question of a task; none when it is answered or was never asked.

        Raises:
            TaskNotFound: there is no such task.
        """
        found = self._asked(task_id, intervention_id)
        if found is None:
            return None
        subtask_id, blob, forgotten = found
        return questions.shown(self._access, task_id, intervention_id, subtask_id, blob, may_have_run=forgotten)

    def _asked(self, task_id: str, intervention_id: str) -> tuple[str, bytes | None, bool] | None:
        """The subtask (none: the whole task) and the sealed text of an open question, and whether an older store may
        have forgotten a run of it; none when it is not open.
        """
        keys = self._access.keys
        subtask_id = intervention_id.rpartition(".")[0]
        names = f"i:{subtask_id}", f"q:{intervention_id}", f"s:{subtask_id}", f"w:{subtask_id}"
        (step, open_id, created), (about, blob, state, wiring), rank, epoch = self._access.connection.commands(
            [
                ("HMGET", keys.task(task_id), "step", "question_id", "created"),
                ("HMGET", keys.subtasks(task_id), *names),
                ("ZSCORE", keys.waiting(task_id), subtask_id),
                ("HMGET", f"{keys.prefix}:epoch", *FIELDS),
            ]
        )
        if step is None:
            raise unknown(task_id)
        if open_id == intervention_id.encode():
            return "", blob, False
        if rank is None or questions.id_of(about) != intervention_id:
            return None
        return subtask_id, blob, older_store(epoch).may_have_run(int(created), state, wiring)

    def answer(
        self,
        task_id: str,
        answer: Answer,
        may: answers.May = lambda _: None,
        role: str = "",
        binds: str | None = None,
    ) -> list[Delivery]:
        """Give a person's answer; `role` is kept with it. `binds` is what it is a yes to, if not what was asked about.

        `approve`, `retry`, `provide` and a question's own choices let it go on; `deny` and `fail` fail the subtask,
        `skip` skips it; about the whole task, `deny` and `cancel` end it. `values` become inputs of the task; a choice
        about the whole task becomes its `type`. `may` is shown the question first, and raises where one may not.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: the question is not open, or the response is none of its choices.
        """
        question = self.question(task_id, answer.intervention_id)
        if question is None:
            raise _closed(answer.intervention_id)
        may(question)
        if questions.AGAIN in question.choices:
            return self._not_believed(task_id, question, answer)
        effect = questions.effect(question, answer)
        while True:
            head, given = self._given(task_id, question, answer, role, binds, changes=effect == "go")
            outcome, about = b"", question.subtask_id
            if effect != "go" and about is not None:
                outcome = self._access.seal_outcome(task_id, about, questions.outcome(answer, effect), head)
            what = (answer.intervention_id, effect, answer.response, answer.by, outcome, *given)
            tells = "answered", answers.told(task_id, question, answer, role)
            kind, sends = self._access.call("answer", task_id, *what, tells=tells)
            if kind != b"changed":
                break
        if kind == b"closed":
            raise _closed(answer.intervention_id)
        self._access.heads.saw(task_id, given[1], head)  # so that this process believes no earlier one any more
        return deliveries(sends)

    def ask_anew(self, task_id: str, intervention_id: str) -> list[Delivery]:
        """Void a question that is not believed; whoever has to know asks again."""
        _, sends = self._access.call("ask_anew", task_id, intervention_id)
        return deliveries(sends)

    def ask_anew_in_clear(self) -> list[Delivery]:
        """Void what versions before asked in clear, of every task that waits for a person."""
        keys, command = self._access.keys, self._access.connection.command
        sends: list[Delivery] = []
        for task_id in (one.decode() for one in command("ZRANGE", keys.waits, 0, -1)):
            asked = [one.decode() for one in command("ZRANGE", keys.waiting(task_id), 0, -1)]
            ids = [questions.id_of(command("HGET", keys.subtasks(task_id), f"i:{one}")) for one in asked]
            ids.append((command("HGET", keys.task(task_id), "question_id") or b"").decode())
            for one in filter(None, ids):
                if not command("HEXISTS", keys.subtasks(task_id), f"q:{one}"):
                    sends += self.ask_anew(task_id, one)
        return sends

    def _not_believed(self, task_id: str, question: Intervention, answer: Answer) -> list[Delivery]:
        if self._access.connection.command("HEXISTS", self._access.keys.task(task_id), "head"):  # not of before
            Alerts(self._access).suspect("broken document", f"{task_id}/{question.id}", question.prompt)
        sends = self.ask_anew(task_id, question.id)
        if answer.response != questions.AGAIN:
            raise WrongStatus(f"{question.prompt} That is done now: look at `aether-agent status {task_id}` again")
        return sends

    def refine(self, task_id: str, instruction: str, by: str) -> list[Delivery]:
        """Plan a task anew that asks about the whole of itself (a plan to review, a choice, inputs), with more words.

        Raises:
            TaskNotFound: there is no such task.
            WrongStatus: it asks nothing about the whole of itself, or runs exactly the plan it was given.
            InvalidTask: its description would be too long.
        """
        key = self._access.keys.task(task_id)
        while True:
            before, head_before = self._access.connection.command("HMGET", key, "task", "head")
            if before is None:
                raise unknown(task_id)
            head = self._access.open_head(task_id, head_before)
            task: HighLevelTask = self._access.open_task(task_id, before, head)
            if task.document is not None:
                raise WrongStatus(f"`{task_id}` runs exactly the plan it was given: change the plan, and submit it")
            after = head.after("task", "plan")
            sealed_head = self._access.seal_head(task_id, after)
            kind, sends = self._access.call(
                "refine",
                task_id,
                by,
                head_before or b"",
                sealed_head,
                self._access.seal(
                    after.place(Places.task(task_id)),
                    task.refined(instruction).also_asked_by(by),
                    after.version("task"),
                ),
                tells=("task.refined", {"task": task_id, "by": by, "words": self._access.audit.digest(instruction)}),
            )
            if kind == b"again":
                self._access.heads.saw(task_id, sealed_head, after)
                return deliveries(sends)
            if kind == b"closed":
                raise WrongStatus(
                    f"`{task_id}` cannot be refined: only a task that asks about its plan can. Cancel it and submit "
                    "another, or answer what its subtasks ask"
                )

    def flip(self, task_id: str) -> list[Delivery]:
        """Give up the canvas of a task: everything is sent directly from now on."""
        return deliveries(self._access.call("flip", task_id))

    def _given(
        self,
        task_id: str,
        question: Intervention,
        answer: Answer,
        role: str,
        binds: str | None,
        *,
        changes: bool,
    ) -> tuple[Head, tuple[bytes, bytes, bytes, str, bytes]]:
        """The head after an answer, and what it writes: the head before and after, the sealed answer, and the document
        that it changes.
        """
        subtask_id = question.subtask_id or ""
        keys, about = self._access.keys, field_of(subtask_id)
        where = (keys.subtasks(task_id), about) if subtask_id else (keys.task(task_id), "answer")
        (blob, head_before), earlier = self._access.connection.commands(
            [("HMGET", keys.task(task_id), "task", "head"), ("HGET", *where)]
        )
        if blob is None:
            raise unknown(task_id)
        head = self._access.open_head(task_id, head_before)
        task = self._access.open_task(task_id, blob, head)  # also where it stays as it is: its head may be missing
        field, change = self._change(task, question, answer, head) if changes else ("", None)
        after = head.after(about, *filter(None, [field]))
        if binds is None:
            binds = question.binds or self._bound_before(task_id, subtask_id, earlier, head)
        covered = asked_about(self._access, task_id, question, head)
        given = answers.seal(self._access, task_id, question, answer, binds, after, role, covered)
        place = after.place(Places.task(task_id) if field == "task" else Places.subtask(task_id, subtask_id))
        document = self._access.seal(place, change, after.version(field)) if change else b""
        return after, (head_before or b"", self._access.seal_head(task_id, after), given, field, document)

    def _bound_before(self, task_id: str, subtask_id: str, earlier: bytes | None, head: Head) -> str:
        """What the answer before this one said yes to: "retry" is a yes to the call that was approved, if one was."""
        try:
            found = answers.opened(self._access, task_id, subtask_id, earlier, head)
        except CannotOpen:
            return ""
        return found.binds if found and found.response != questions.DENY else ""

    def _change(
        self, task: HighLevelTask, question: Intervention, answer: Answer, head: Head
    ) -> tuple[str, HighLevelTask | PlannedSubtask | None]:
        """The document that an answer changes, and its field: the task by values and choices, a subtask by what its
        server asked.
        """
        if (question.elicitation or answer.changes) and question.subtask_id is not None:
            field = f"d:{question.subtask_id}"
            blob = self._access.connection.command("HGET", self._access.keys.subtasks(task.task_id), field) or b""
            subtask = self._access.open_subtask(task.task_id, question.subtask_id, blob, head)
            if answer.changes:
                return field, subtask.model_copy(update={"args": {**subtask.args, **answer.changes}})
            return field, _told(subtask, question, answer)
        chosen = question.kind == "choice" and question.subtask_id is None
        if not answer.values and not chosen:
            return "", None
        changes: dict[str, object] = {"inputs": {**task.inputs, **answer.values}}
        if chosen:
            changes["type"] = answer.response
        return "task", task.model_copy(update=changes)


def _told(subtask: PlannedSubtask, question: Intervention, answer: Answer) -> PlannedSubtask:
    """The subtask with what a person told its server; a yes is a yes to each field."""
    yes: dict[str, Json] = dict.fromkeys(question.fields, True)
    secret = tuple(name for name, spec in question.fields.items() if spec.secret)
    values = yes if question.kind == "confirmation" else answer.values
    given = Elicited(question=question.elicitation, values=values, secret=secret)
    return subtask.model_copy(update={"elicited": (*subtask.elicited, given)})


def _closed(intervention_id: str) -> WrongStatus:
    return WrongStatus(f"`{intervention_id}` is not open: it was answered, or its task has ended")
