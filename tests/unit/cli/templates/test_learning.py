"""`learn` and `templates test` of what was learned, through a orchestrator that is recorded."""

import json
from pathlib import Path

import pytest

from aether_agents.contracts import Plan, PlannedSubtask, Risk
from aether_agents.planning.files.fixture import read_fixture
from aether_agents.planning.files.templates import read_template
from tests.unit.cli.conftest import RecordedStack, Run
from tests.unit.cli.fake import RecordedOrchestrator
from tests.unit.cli.recorded import TASK, subtask, task

LOOK = PlannedSubtask(
    id="look", tool="code/scan", args={"path": "/elsewhere/app", "n": 50}, specialist="dev", risk=Risk.READ
)
TELL = LOOK.model_copy(
    update={"id": "tell", "needs": ("look",), "args": {"text": "${subtasks.look.output.text}"}, "risk": Risk.WRITE}
)
PLAN = Plan(name="p", description="p", origin="file", subtasks=(LOOK, TELL))
DONE = task(
    subtask("look", status="completed", output={"text": "seen", "more": "unused"}),
    subtask("tell", status="completed", output={}),
    status="completed",
    description="Look at 50 lines of app",
)


def test_a_plan_is_learned_and_its_fixture_tries_it_without_a_call(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE, plan=PLAN))
    ran = run("learn", TASK, "--name", "mine")
    assert ran.code == 0, ran.err
    assert "aether-agent trust" in ran.err
    path = Path("templates/mine.yaml")
    template = read_template(path)
    assert template.subtasks[0].args == {"path": "/elsewhere/app", "n": "${inputs.n}"}
    fixture = read_fixture(path.parent, template)
    assert (fixture.inputs, fixture.recorded) == ({"n": 50}, {"look": {"text": "seen"}, "tell": None})
    assert run("trust", "--yes").code == 0
    tried = run("templates", "test", "mine", "--json")
    assert tried.code == 0, tried.out + tried.err
    assert all(row["met"] for row in json.loads(tried.out)["found"])
    assert orchestrator.submitted[-1].plan_only  # nothing is called


def test_what_the_recorded_results_do_not_give_fails_the_trial(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], DONE, plan=PLAN))
    assert run("learn", TASK, "--name", "mine").code == 0
    place = Path("templates/mine/fixture.yaml")
    place.write_text(place.read_text().replace("text: seen", "other: seen"))
    run("trust", "--yes")
    assert run("templates", "test", "mine").code == 1


@pytest.mark.parametrize("change", [{"status": "failed"}, {"dry_run": True}, {"undoes": "x"}])
def test_only_what_completed_is_learned(run: Run, stack: RecordedStack, change: dict[str, object]) -> None:
    stack(RecordedOrchestrator([], DONE.model_copy(update=change), plan=PLAN))
    assert run("learn", TASK).code != 0
    assert not Path("templates").exists()


def test_a_name_that_is_taken_is_not_written_over(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], DONE, plan=PLAN))
    assert run("learn", TASK, "--name", "mine").code == 0
    assert "already" in run("learn", TASK, "--name", "mine").err
    assert run("learn", TASK, "--name", "../mine").code == 2
    assert run("learn", TASK).code == 0
    assert Path("templates/look_at_50_lines_of_app.yaml").exists()
