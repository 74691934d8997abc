"""Trial: a template run on the fixture that ships with it, held against what must be found, and undone again."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from aether_agents.cli.session.lookup import templates_here, the_template
from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.submission import HINT, follow
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.questions import Questioner
from aether_agents.cli.views.screen import screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import Answer, HighLevelTask, Intervention, Json, Outcome, PlannedSubtask, Shown, TaskView
from aether_agents.errors import CannotUndo, InvalidSettings
from aether_agents.planning.files.fixture import Fixture, drift, judge, plant, read_fixture, state, texts
from aether_agents.planning.linked.dry_run import dry_calls


def try_template(session: Session, name: str) -> int:
    """Run a template on its fixture in a fresh folder; 0 when all that must be found was found.

    Raises:
        InvalidSettings: there is no such template, or it ships with no fixture, or with one that is wrong.
    """
    template = the_template(session, name)
    place = templates_here(session).places.get(name)
    if place is None:
        raise InvalidSettings(f"`{name}` is written in the settings, where no fixture can lie: give it a file")
    fixture = read_fixture(place, template)
    with tempfile.TemporaryDirectory(prefix="aether-trial-") as folder, session.orchestrator() as orchestrator:
        session.require_worker(orchestrator)
        trial = _Trial(session, orchestrator, fixture, place / name)
        trial.begin(Path(folder).resolve() / "run")
        view = trial.run(name)
        if fixture.drift:
            trial.begin(Path(folder).resolve() / "drift")
            trial.drift(name)
        return trial.told(name, view)


class _Trial:
    def __init__(self, session: Session, orchestrator: OrchestratorFace, fixture: Fixture, source: Path) -> None:
        self.session = session
        self.output: Output = session.output
        self.orchestrator = orchestrator
        self.fixture = fixture
        self.source = source
        self.folder = Path()
        self.rows: list[dict[str, Json]] = []

    def begin(self, folder: Path) -> None:
        """Plant the fixture in a folder of its own, which the next task works in."""
        folder.mkdir()
        plant(self.fixture, self.source, folder)
        self.folder = folder

    def run(self, name: str) -> TaskView:
        """The run, what was found, and the undoing."""
        if not self.output.json_wanted:
            self.output.say(f"{name}: {self.fixture.description}")
        if self.fixture.recorded:
            return self._replayed(name)
        before = state(self.folder)
        task = HighLevelTask(
            description=f"Try the template {name}",
            type=name,
            inputs=self.fixture.inputs,
            folder=str(self.folder),
            assume_yes=self.fixture.approve,
        )
        view = self._followed(self.orchestrator.submit(task), task.description)
        self._note(view.status == self.fixture.status, f"it {view.status}", view.error)
        for judged in judge(self.fixture, self._seen(view)):
            wanted = judged.expect
            self._note(judged.met, f"{wanted.path} {wanted.op} {wanted.value!r}", None)
        if self.fixture.undo:
            self._undone(view, before)
        return view

    def _replayed(self, name: str) -> TaskView:
        """The plan, with recorded results in the place of calls: every argument must come of them, as it did."""
        task = HighLevelTask(
            description=f"Try the template {name}",
            type=name,
            inputs=self.fixture.inputs,
            folder=str(self.folder),
            plan_only=True,
        )
        view = self._followed(self.orchestrator.submit(task), task.description)
        plan = self.orchestrator.plan_of(view.task_id) if view.status == "completed" else None
        self._note(plan is not None, "there is a plan", view.error)
        if plan is None:
            return view
        results = {one: Outcome(status="completed", output=value) for one, value in self.fixture.recorded.items()}
        calls = dry_calls(plan, results, self.session.settings.policy)
        for call in calls:
            open_ = ", ".join(call.unknown)
            self._note(not open_, f"`{call.subtask}` has its arguments", f"not recorded: {open_}" if open_ else None)
        seen: dict[str, Json] = {call.subtask: {"tool": call.tool, "arguments": call.arguments} for call in calls}
        for judged in judge(self.fixture, {"status": view.status, "subtasks": seen}):
            wanted = judged.expect
            self._note(judged.met, f"{wanted.path} {wanted.op} {wanted.value!r}", None)
        return view

    def drift(self, name: str) -> None:
        """Once more; what was previewed changes before the yes. It must be refused by name, and nothing be touched."""
        task = HighLevelTask(
            description=f"Try the template {name} while somebody else changes things",
            type=name,
            inputs=self.fixture.inputs,
            folder=str(self.folder),
        )
        meddler = _Meddling(self.output, self.session.person, lambda: drift(self.fixture, self.folder), self.folder)
        view = self._followed(self.orchestrator.submit(task), task.description, meddler)
        named = "this has changed" in (view.error or "") or "cannot be looked at again" in (view.error or "")
        self._note(view.status == "failed" and named, "drift is refused by name", view.error or view.status)
        self._stays(meddler.left, "after drift nothing is touched")

    def told(self, name: str, view: TaskView) -> int:
        """What was found, as JSON where that is wanted; the exit code."""
        if self.output.json_wanted:
            self.output.json({"template": name, "task_id": view.task_id, "status": view.status, "found": self.rows})
        return COMPLETED if all(row["met"] for row in self.rows) else TASK_FAILED

    def _undone(self, view: TaskView, before: dict[str, str]) -> None:
        try:
            left = self.orchestrator.undoing(view.task_id).cannot
            undo = self._followed(self.orchestrator.undo(view.task_id, assume_yes=self.fixture.approve), "Undo it")
        except CannotUndo as error:
            self._note(False, "it is undone", str(error))
            return
        self._note(undo.status == "completed" and not left, "it is undone", undo.error or _names(left))
        self._stays(before, "everything is as before")

    def _stays(self, before: dict[str, str], what: str) -> None:
        """Whether the folder holds what it held before."""
        after = state(self.folder)
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        self._note(not changed, what, ", ".join(changed[:5]))

    def _followed(self, task_id: str, description: str, asker: Questioner | None = None) -> TaskView:
        state = TaskState(task_id, description=description)
        screen = screen_for(self.output, state, hint=HINT)
        asked = asker or (_Consenting(self.output, self.session.person) if self.fixture.approve else None)
        return follow(self.session, self.orchestrator, state, screen, cancels=True, questioner=asked)

    def _seen(self, view: TaskView) -> Json:
        return {
            "status": view.status,
            "degraded": view.degraded,
            "error": view.error,
            "outputs": view.outputs,
            "subtasks": {one.id: one.output for one in view.subtasks},
            "files": texts(self.folder),
        }

    def _note(self, met: bool, what: str, why: str | None) -> None:
        self.rows.append({"what": what, "met": met, **({"why": why} if why and not met else {})})
        if not self.output.json_wanted:
            told = what if met or not why else f"{what}: {why}"
            (self.output.good if met else self.output.bad)(told)


class _Consenting(Questioner):
    """Says yes to what a fixture lets one say yes to: approvals, in a folder that was made for it."""

    def ask(
        self,
        asked: Intervention,
        subtask: PlannedSubtask | None,  # noqa: ARG002
        shown: Shown | None = None,  # noqa: ARG002
    ) -> Answer | None:
        if asked.kind != "approval" and asked.review is None:
            return None
        return Answer(intervention_id=asked.id, response=asked.choices[0], by=self._by)


class _Meddling(_Consenting):
    """Changes what was previewed at the first review, and then says yes."""

    def __init__(self, output: Output, by: str, meddle: Callable[[], None], folder: Path) -> None:
        super().__init__(output, by)
        self._meddle = meddle
        self._folder = folder
        self.left: dict[str, str] = {}

    def ask(self, asked: Intervention, subtask: PlannedSubtask | None, shown: Shown | None = None) -> Answer | None:
        if asked.review is not None and not self.left:
            self._meddle()
            self.left = state(self._folder)
        return super().ask(asked, subtask, shown)


def _names(left: object) -> str:
    return f"it cannot be undone as a whole: {left}" if left else ""
