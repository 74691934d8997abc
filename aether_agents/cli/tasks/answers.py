"""Consent: what waits for a person, and the person's reply."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from rich.text import Text

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.questions import answer_to, describe, read_secret
from aether_agents.cli.terminal.review_screen import ReviewScreen
from aether_agents.cli.terminal.text import plain
from aether_agents.cli.terminal.typed_values import read_changes
from aether_agents.cli.views.outcome import how_to_answer
from aether_agents.contracts import Answer, Intervention, Json, PlannedSubtask, Shown, TaskView
from aether_agents.errors import InvalidTask, NothingYet, WrongStatus

#: Tasks that are looked through for questions.
LATEST = 500


class Reply(NamedTuple):
    """What the options of `approve` say."""

    deny: bool = False
    choose: str | None = None
    inputs: tuple[str, ...] = ()
    comment: str = ""
    changes: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """From the options as click gives them."""
        return cls(**options)


class _Asked(NamedTuple):
    """An open question, with the call it is about: a prompt may be cut."""

    view: TaskView
    question: Intervention
    subtask: PlannedSubtask | None
    shown: Shown | None = None

    def row(self) -> dict[str, Json]:
        call: Json = {"tool": self.subtask.tool, "args": dict(self.subtask.args)} if self.subtask else None
        return {"task_id": self.view.task_id, **self.question.model_dump(mode="json"), "call": call, **self._review()}

    def _review(self) -> dict[str, Json]:
        return {"shown": self.shown.model_dump(mode="json")} if self.shown else {}


def list_open(session: Session, task_id: str | None) -> int:
    """Show every open question with the command that answers it."""
    asked: list[_Asked] = []
    try:
        with session.past() as orchestrator:
            views = (
                [orchestrator.view(task_id)]
                if task_id
                else [orchestrator.view(v.task_id) for v in orchestrator.tasks(LATEST) if _waits(v)]
            )
            asked = [_asked(orchestrator, view, one) for view in views for one in view.interventions]
            for view in views:
                session.keep_for(view)
    except NothingYet:
        if task_id is not None:
            raise
    if session.output.json_wanted:
        session.output.json([one.row() for one in asked])
        return COMPLETED
    if not asked:
        session.output.say("nothing waits for an answer")
    for one in asked:
        session.output.show(*_described(session.output, one))
        session.output.hint(how_to_answer(one.view.task_id, one.question))
    return COMPLETED


def reply_to(session: Session, task_id: str, wanted: str | None, reply: Reply) -> int:
    """Give one answer.

    Raises:
        WrongStatus: the task asks nothing, or not that.
        InvalidTask: it asks several things and none was named, or the reply is no answer to it.
    """
    with session.past() as orchestrator:
        view = orchestrator.view(task_id)
        question = _pick(view, wanted)
        answer = _seen(session, orchestrator, task_id, question, reply) or answer_to(
            question,
            deny=reply.deny,
            choice=reply.choose,
            pairs=reply.inputs,
            by=session.person,
            comment=reply.comment,
            secret=lambda name: read_secret(f"  {plain(name)} (not shown): "),
        )
        if reply.changes:
            answer = answer.model_copy(update={"changes": read_changes(reply.changes)})
        orchestrator.answer(task_id, answer)
        after = orchestrator.view(task_id)
        session.keep_for(after, moved=True)
    if session.output.json_wanted:
        session.output.json({"task_id": task_id, "intervention": question.id, "response": answer.response})
    else:
        session.output.good(f"{question.id}: {answer.response}")
        session.output.hint(f"follow it: aether-agent watch {task_id}")
    return COMPLETED


def _seen(
    session: Session, orchestrator: OrchestratorFace, task_id: str, question: Intervention, reply: Reply
) -> Answer | None:
    """The answer to a review, shown first; none where an option says it, or where nobody may be asked."""
    asker = session.questioner()
    if question.review is None or reply.deny or reply.choose is not None or asker is None or session.output.json_wanted:
        return None
    answer = asker.ask(question, None, orchestrator.review(task_id, question))
    if answer is None:
        raise InvalidTask("it was left open: nothing was answered")
    return answer.model_copy(update={"comment": reply.comment or answer.comment})


def _pick(view: TaskView, wanted: str | None) -> Intervention:
    asked: Sequence[Intervention] = view.interventions
    if not asked:
        raise WrongStatus(f"task {view.task_id} asks nothing (it is {view.status})")
    names = ", ".join(question.id for question in asked)
    if wanted is None:
        if len(asked) > 1:
            raise InvalidTask(f"task {view.task_id} asks {len(asked)} things, name one: {names}")
        return asked[0]
    found = next((question for question in asked if question.id == wanted), None)
    if found is None:
        raise WrongStatus(f"task {view.task_id} does not ask `{wanted}`; it asks: {names}")
    return found


def _asked(orchestrator: OrchestratorFace, view: TaskView, question: Intervention) -> _Asked:
    """A question with the call, or with what is shown of a review."""
    if question.review is not None:
        return _Asked(view, question, None, orchestrator.review(view.task_id, question))
    return _Asked(view, question, _about(orchestrator, view, question))


def _described(output: Output, one: _Asked) -> Iterable[Text]:
    """A question as people read it; a review with all that it shows."""
    if one.shown is None:
        return describe(one.question, one.subtask)
    return ReviewScreen(output.glyphs, output.out.width, output.out.height).lines(one.shown, whole=True)


def _about(orchestrator: OrchestratorFace, view: TaskView, question: Intervention) -> PlannedSubtask | None:
    plan = orchestrator.plan_of(view.task_id)
    stem = (question.subtask_id or "").partition("#")[0]
    step = next((step for step in plan.subtasks if step.id == stem), None) if plan else None
    if step is None or not question.digest:
        return step
    args = orchestrator.arguments_asked_about(view.task_id, question)  # the question had no room for them
    return step.model_copy(update={"args": dict(args)})


def _waits(view: TaskView) -> bool:
    return bool(view.interventions) or view.status == "waiting_user_input"
