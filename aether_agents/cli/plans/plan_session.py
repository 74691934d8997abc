"""Plan session: a person changes a plan line by line; each step is checked, and what is other is shown.

Nothing that was typed is lost: a line that was refused is shown again, a file that is no plan is opened as it was left,
and a plan that is left is kept.
"""

from aether_agents.cli.plans.plan_edit import open_in_editor, read_plan, show_changes
from aether_agents.cli.plans.proposal import Proposal, show_plan
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.submission import HINT, follow, planned
from aether_agents.cli.terminal.output import NO, YES
from aether_agents.cli.views.screen import screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import Template, new_task_id
from aether_agents.errors import InvalidTask, TaskNotFound, WrongStatus
from aether_agents.planning.editing.edit_words import USAGE
from aether_agents.planning.files.plan_file import dump
from aether_agents.planning.linked.plan_difference import PlanChange, plan_difference

_QUESTION = "run it? [y/N] (or change it; ? says how)"
_EDIT, _BACK, _SHOW, _HELP = frozenset({"e", "edit"}), "back", "show", frozenset({"?", "h", "help"})
_MORE = (
    ("e", "open it in your editor"),
    ("back", "take the last change back"),
    ("show", "show the plan again"),
    ("y", "run it"),
    ("n", "leave it; it is kept"),
)


class PlanSession:
    """One person at one plan."""

    def __init__(self, session: Session, made: Proposal) -> None:
        self._session = session
        self._output = session.output
        self._past = [made]
        self._unfinished = ""  #: what was left in the editor and is no plan

    def settle(self) -> Proposal | None:
        """The plan that the person lets run; none if he leaves it.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        try:
            while True:
                said = self._output.ask(_QUESTION)
                if said.lower() in YES:
                    return self._past[-1]
                if not said or said.lower() in NO:
                    self._leave()
                    return None
                self._take(said)
        except KeyboardInterrupt:
            self._leave()
            raise

    def _take(self, said: str) -> None:
        word = said.lower()
        if word in _HELP:
            for usage, does in (*USAGE, *_MORE):
                self._output.say(f"  {usage:<28} {does}")
        elif word == _SHOW:
            show_plan(self._session, self._past[-1], calls=True)
        elif word == _BACK:
            self._back()
        elif word in _EDIT:
            self._edit()
        elif not self._change(said):
            self._output.say(f"nothing was changed; you typed: {said}")

    def _back(self) -> None:
        if len(self._past) == 1:
            self._output.say("nothing was changed yet")
            return
        left = self._past.pop()
        show_changes(self._output, self._difference(left, self._past[-1]))

    def _change(self, line: str) -> bool:
        """Have a change made and checked; whether there is a new plan."""
        task = self._past[-1].task
        with self._session.orchestrator() as orchestrator:
            self._session.require_worker(orchestrator)
            try:
                new = orchestrator.change_plan(task.task_id, line)
            except (InvalidTask, WrongStatus, TaskNotFound) as error:
                self._output.bad(str(error))
                return False
            picture = TaskState(new, description=line)
            view = follow(
                self._session,
                orchestrator,
                picture,
                screen_for(self._output, picture, passing=True, hint=HINT),
                cancels=True,
            )
            plan = orchestrator.plan_of(new) if view.status == "completed" else None
            if plan is None:
                ending(self._output, view)
                return False
        self._keep(Proposal(task.model_copy(update={"task_id": new, "description": view.description}), plan))
        return True

    def _edit(self) -> None:
        """The plan in an editor; one that is no plan stays there until it is."""
        now = self._past[-1]
        text = self._unfinished or dump(now.plan, now.task.task_id, now.reports(self._session))
        changed = open_in_editor(text)
        if changed is None or (changed == text and not self._unfinished):
            self._output.say("nothing was changed")
            return
        document = read_plan(self._output, changed)
        if document is None or not self._planned(document):
            self._unfinished = changed
            self._output.hint("`e` opens it as you left it")

    def _planned(self, document: Template) -> bool:
        fresh = {"task_id": new_task_id(), "document": document, "inputs": {}, "type": None}
        task = self._past[-1].task.model_copy(update=fresh)
        view, plan = planned(self._session, task)
        if plan is None:
            ending(self._output, view)
            return False
        self._unfinished = ""
        self._keep(Proposal(task, plan))
        return True

    def _keep(self, made: Proposal) -> None:
        before = self._past[-1]
        self._past.append(made)
        show_plan(self._session, made, calls=True)
        show_changes(self._output, self._difference(before, made))

    def _difference(self, one: Proposal, other: Proposal) -> list[PlanChange]:
        return plan_difference(one.document(self._session), other.document(self._session))

    def _leave(self) -> None:
        if len(self._past) > 1:
            self._output.hint(f"it is kept: aether-agent plan --from {self._past[-1].task.task_id}")
