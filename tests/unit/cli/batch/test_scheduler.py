"""What a batch starts, joins, leaves alone and skips, on an orchestrator whose tasks end when the test says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from aether_agents.cli.batch.batch_file import Batch, Job
from aether_agents.cli.batch.junit import write_junit
from aether_agents.cli.batch.scheduler import Run, Scheduler
from aether_agents.cli.batch.summary import exit_code
from aether_agents.contracts import (
    Event,
    EventType,
    Expect,
    HighLevelTask,
    Intervention,
    Json,
    PlanView,
    TaskStatus,
    TaskView,
)
from aether_agents.errors import TaskNotFound, WrongStatus
from tests.unit.cli.fake import RecordedOrchestrator

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Tasks(RecordedOrchestrator):
    """Its tasks run until `end` says their results. It stands for the store, which is tested elsewhere."""

    def __init__(self) -> None:
        super().__init__([])
        self.states: dict[str, TaskView] = {}
        self.log: dict[str, list[Event]] = {}

    def submit(self, task: HighLevelTask) -> str:
        self.submitted.append(task)
        self.turn(task.task_id, TaskStatus.RUNNING)
        return task.task_id

    def retry(self, task_id: str, *said: Any, **more: Any) -> str:
        if self.states[task_id].status is TaskStatus.COMPLETED:
            raise WrongStatus("nothing of it failed")
        again = super().retry(task_id, *said, **more)
        self.turn(again, TaskStatus.RUNNING)
        return again

    def turn(
        self, task_id: str, status: TaskStatus, outputs: dict[str, Json] | None = None, *, planned: bool = True
    ) -> None:
        asked = Intervention(id="q", kind="approval", prompt="May it?")
        self.states[task_id] = TaskView(
            task_id=task_id,
            status=status,
            created_at=NOW,
            outputs=outputs or {},
            interventions=(asked,) if status is TaskStatus.WAITING else (),
            plan=PlanView(origin="template") if planned else None,
            error="it broke" if status is TaskStatus.FAILED else None,
        )
        log = self.log.setdefault(task_id, [])
        log.append(Event(seq=len(log) + 1, type=EventType.LOG, task_id=task_id, at=NOW, status=status, progress=0))

    def view(self, task_id: str, *, outputs: bool = False) -> TaskView:
        if task_id not in self.states:
            raise TaskNotFound
        return self.states[task_id]

    def events(self, task_id: str, after: int = 0) -> list[Event]:
        return self.log[task_id][after:]


def job(name: str, *needs: str, tolerated: bool = False, expect: Expect | None = None) -> Job:
    return Job(name, needs, tolerated, expect, HighLevelTask(description=name), f"key-{name}")


Begin = Callable[..., Scheduler]


@pytest.fixture
def orchestrator() -> Tasks:
    return Tasks()


@pytest.fixture
def begin(orchestrator: Tasks) -> Begin:
    def work(*jobs: Job, parallel: int = 2, fresh: bool = False) -> Scheduler:
        batch = Batch("b", Path("tasks.yaml"), parallel, jobs)
        return Scheduler(batch, orchestrator, parallel=parallel, fresh=fresh, tell=lambda _run: None)

    return work


def statuses(work: Scheduler) -> dict[str, str]:
    return {name: run.status for name, run in work.runs.items()}


def test_as_many_at_once_as_allowed_and_needs_first(orchestrator: Tasks, begin: Begin) -> None:
    work = begin(job("a"), job("b"), job("c"), job("d", "a"))
    assert work.turn()
    assert [task.task_id for task in orchestrator.submitted] == ["key-a", "key-b"]
    orchestrator.turn("key-a", TaskStatus.COMPLETED)
    work.turn()
    work.turn()
    assert [task.task_id for task in orchestrator.submitted] == ["key-a", "key-b", "key-c"]
    orchestrator.turn("key-b", TaskStatus.COMPLETED)
    orchestrator.turn("key-c", TaskStatus.COMPLETED)
    work.turn()
    work.turn()
    orchestrator.turn("key-d", TaskStatus.COMPLETED)
    assert not work.turn()
    assert set(statuses(work).values()) == {"completed"}
    assert exit_code(list(work.runs.values())) == 0


def test_what_needs_a_failure_is_skipped_unless_it_is_tolerated(orchestrator: Tasks, begin: Begin) -> None:
    work = begin(job("a"), job("b", "a"), job("c", "b"), job("t", tolerated=True), job("u", "t"), parallel=4)
    work.turn()
    orchestrator.turn("key-a", TaskStatus.FAILED)
    orchestrator.turn("key-t", TaskStatus.FAILED)
    work.turn()
    work.turn()
    orchestrator.turn("key-u", TaskStatus.COMPLETED)
    assert not work.turn()
    assert statuses(work) == {"a": "failed", "b": "skipped", "c": "skipped", "t": "failed", "u": "completed"}
    assert work.runs["c"].why == "it needs b, which was skipped"
    assert exit_code(list(work.runs.values())) == 1


def test_again_it_goes_on_where_it_stopped(orchestrator: Tasks, begin: Begin) -> None:
    jobs = (job("done"), job("open"), job("failed"))
    first = begin(*jobs, parallel=3)
    first.turn()
    orchestrator.turn("key-done", TaskStatus.COMPLETED)
    orchestrator.turn("key-failed", TaskStatus.FAILED)
    first.turn()
    again = begin(*jobs, parallel=3)
    again.turn()
    assert (orchestrator.submitted[3:], orchestrator.done) == ([], [("retry", "key-failed")])
    assert again.runs["failed"].task_id == "key-failed-2"
    assert again.runs["done"].resumed
    assert again.runs["open"].task_id == "key-open"
    fresh = begin(*jobs, parallel=3, fresh=True)
    fresh.turn()
    assert [task.task_id for task in orchestrator.submitted[3:]] == ["key-done-2"]  # what goes on is never done twice


def test_outputs_that_are_not_as_expected_are_a_failure_and_tried_anew(orchestrator: Tasks, begin: Begin) -> None:
    one = job("audit", expect=Expect(path="status", op="ne", value="fail"))
    work = begin(one)
    work.turn()
    orchestrator.turn("key-audit", TaskStatus.COMPLETED, {"status": "fail"})
    assert not work.turn()
    assert work.runs["audit"].status == "failed"
    assert "`status` is not ne 'fail'" in work.runs["audit"].why
    begin(one).turn()
    assert orchestrator.submitted[-1].task_id == "key-audit-2"


def test_one_that_waits_for_a_person_holds_nobody_up(orchestrator: Tasks, begin: Begin) -> None:
    work = begin(job("asks"), job("b"), parallel=1)
    work.turn()
    orchestrator.turn("key-asks", TaskStatus.WAITING)
    assert work.turn()
    work.turn()
    orchestrator.turn("key-b", TaskStatus.COMPLETED)
    assert not work.turn()
    assert statuses(work) == {"asks": "waiting_user_input", "b": "completed"}
    assert "aether-agent approve key-asks q" in work.runs["asks"].why
    assert exit_code(list(work.runs.values())) == 4


def test_an_interrupt_cancels_what_runs_and_starts_nothing(orchestrator: Tasks, begin: Begin) -> None:
    work = begin(job("a"), job("b"), parallel=1)
    work.turn()
    work.stop()
    work.turn()
    work.turn()
    assert orchestrator.cancelled == ["the batch was interrupted"]
    orchestrator.turn("key-a", TaskStatus.CANCELLED)
    assert not work.turn()
    assert statuses(work) == {"a": "cancelled", "b": "pending"}
    assert exit_code(list(work.runs.values())) == 3


def test_a_task_without_a_plan_could_not_be_planned(orchestrator: Tasks, begin: Begin) -> None:
    work = begin(job("a"))
    work.turn()
    orchestrator.turn("key-a", TaskStatus.FAILED, planned=False)
    work.turn()
    assert exit_code(list(work.runs.values())) == 5


def test_junit_counts_every_verdict_and_bears_any_text(tmp_path: Path) -> None:
    def run(name: str, status: str, why: str = "", **more: bool) -> Run:
        return Run(job(name, **more), task_id="t", status=status, why=why)

    runs = [
        run("ok", "completed"),
        run("bad", "failed", "it said \x1b[31m<&\x00"),
        run("tolerated", "failed", tolerated=True),
        run("late", "cancelled"),
        run("after", "skipped"),
        run("asks", "waiting_user_input"),
    ]
    write_junit(tmp_path / "out" / "j.xml", "night", runs)
    suite = ElementTree.parse(tmp_path / "out" / "j.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "2", "skipped": "2"}
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "it said ?[31m<&?"
    assert [case.get("name") for case in suite.iter("testcase")] == [one.job.id for one in runs]
