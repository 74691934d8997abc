"""Commands on tasks, through an orchestrator that is recorded: what they ask of it, print, and leave with."""

import json

import pytest

from aether_agents.contracts import (
    DryCall,
    Intervention,
    Irreversible,
    Plan,
    PlannedSubtask,
    Risk,
    TaskStatus,
    TaskView,
    Template,
    Tool,
    ToolRow,
    Undoing,
    Verdict,
)
from aether_agents.process.build import build
from tests.unit.cli.conftest import RecordedStack, Run
from tests.unit.cli.fake import Listed, Living, RecordedOrchestrator
from tests.unit.cli.recorded import START, TASK, Recording, subtask, task

ASKED = Intervention(id="write.1", kind="approval", subtask_id="write", prompt="Go on?", choices=("approve", "deny"))
OTHER = ASKED.model_copy(update={"id": "drop.2", "prompt": "Drop it?"})
PLAN = Plan(
    name="small",
    description="Small",
    origin="template",
    template="small",
    subtasks=(PlannedSubtask(id="write", tool="reports/write", args={"a": 1}, specialist="dev", risk=Risk.WRITE),),
)
DONE = task(
    subtask("write", status="completed", output={"x": 1}),
    status="completed",
    outputs={"report": "/r.html"},
    finished_at=START,
)


def asking(*asked: Intervention) -> TaskView:
    return task(subtask("write", status="waiting_user_input"), status="waiting_user_input", interventions=asked)


def said_all() -> Recording:
    said = Recording()
    said.add("task.pending")
    said.add("task.planned")
    said.add("subtask.completed", "write", 2)
    said.add("task.completed", seconds=3, status=TaskStatus.COMPLETED)
    return said


def test_execute_submits_follows_and_tells(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator(said_all().events, DONE))
    ran = run("execute", "do it", "-i", "a=1", "--priority", "9", "--yes")
    assert ran.code == 0
    assert ran.out == "report  /r.html\n"
    assert "write completed" in ran.err
    [given] = orchestrator.submitted
    assert (given.description, given.inputs, given.priority, given.assume_yes) == ("do it", {"a": "1"}, 9, True)


def test_execute_detached_prints_the_id_alone(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], DONE))
    assert run("execute", "do it", "--detach").out == f"{TASK}\n"
    assert json.loads(run("execute", "do it", "--detach", "--json").out) == {"task_id": TASK, "status": "pending"}


def test_plan_shows_and_without_a_person_runs_nothing(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator(said_all().events, DONE, plan=PLAN))
    ran = run("plan", "do it")
    assert ran.code == 0
    assert "○ write  write" in ran.out
    assert "dev  reports/write" in ran.out
    assert [given.plan_only for given in orchestrator.submitted] == [True]


def test_plan_with_yes_runs_exactly_that_plan(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator(said_all().events, DONE, plan=PLAN))
    assert run("plan", "do it", "-i", "a=1", "--yes").code == 0
    proposed, applied = orchestrator.submitted
    assert (proposed.plan_only, applied.plan_only) == (True, False)
    assert applied.document is not None
    assert applied.document.subtasks[0].args == {"a": 1}
    assert applied.inputs == {}
    assert applied.task_id != proposed.task_id


def test_a_dry_run_lists_every_call_and_plan_only_does_not(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE, plan=PLAN))
    call = DryCall(subtask="write", tool="reports/write", risk=Risk.WRITE, state="would", asks="Owner")
    orchestrator.rehearsed = [call.model_copy(update={"arguments": {"title": "${subtasks.scan.output.n}"}})]
    shown = run("execute", "do it", "--dry-run")
    assert shown.code == 0
    assert "would be called" in shown.out
    assert "reports/write" in shown.out
    assert "asks Owner" in shown.out
    assert "nothing was changed" in shown.out
    assert "reports/write" not in run("execute", "do it", "--plan-only").out
    told = json.loads(run("execute", "do it", "--dry-run", "--json").out)
    assert told["calls"][0]["tool"] == "reports/write"
    assert [given.dry_run for given in orchestrator.submitted] == [True, False, True]
    assert run("execute", "do it", "--dry-run", "--detach").code == 2


def test_what_could_not_be_planned_leaves_with_5(run: Run, stack: RecordedStack) -> None:
    failed = task(status="failed", plan=None, error="no template matches")
    stack(RecordedOrchestrator([], failed))
    for words in (("execute", "x"), ("plan", "x")):
        ran = run(*words)
        assert ran.code == 5
        assert "no template matches" in ran.err
        assert "aether-agent templates list" in ran.err


def test_tasks_and_status(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], asking(ASKED), plan=PLAN))
    listed = run("tasks")
    assert TASK in listed.out
    assert "waits for you" in listed.out
    shown = run("status", TASK)
    assert "? write" in shown.out
    assert f"aether-agent approve {TASK} write.1" in shown.err
    assert json.loads(run("status", TASK, "--json").out)["interventions"][0]["id"] == "write.1"


def test_no_tasks_yet(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE))
    orchestrator.views = []
    assert "no tasks yet" in run("tasks").err


@pytest.mark.parametrize(("status", "hint"), [("paused", "resume"), ("running", "watch")])
def test_status_says_what_to_do_next(run: Run, stack: RecordedStack, status: str, hint: str) -> None:
    stack(RecordedOrchestrator([], task(subtask("a"), status=status)))
    assert f"aether-agent {hint} {TASK}" in run("status", TASK).err


def test_result_of_a_task_that_goes_on_is_an_error(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], task(subtask("a"))))
    ran = run("result", TASK)
    assert ran.code == 2
    assert "has not ended (running)" in ran.err


def test_events_are_a_list_or_lines_of_json(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator(said_all().events, DONE))
    assert [line.split()[3] for line in run("events", TASK).out.splitlines()][:2] == ["task.pending", "task.planned"]
    stack(RecordedOrchestrator(said_all().events, DONE))
    lines = run("events", TASK, "--after", "1", "--follow", "--json").out.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [2, 3, 4]


def test_what_waits_is_listed_with_the_call_and_the_command(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], asking(ASKED), plan=PLAN))
    ran = run("approve")
    assert "tool  reports/write" in ran.out
    assert f"aether-agent approve {TASK} write.1" in ran.err
    assert json.loads(run("approve", TASK, "--list", "--json").out)[0]["task_id"] == TASK
    stack(RecordedOrchestrator([], DONE))
    assert "nothing waits" in run("approve").err


def test_one_of_several_questions_has_to_be_named(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], asking(ASKED, OTHER)))
    unclear = run("approve", TASK)
    assert (unclear.code, "name one: write.1, drop.2" in unclear.err) == (2, True)
    wrong = run("approve", TASK, "gone.1")
    assert (wrong.code, "it asks: write.1, drop.2" in wrong.err) == (2, True)
    assert run("approve", TASK, "drop.2", "--deny").code == 0
    assert [(given.intervention_id, given.response) for given in orchestrator.answers] == [("drop.2", "deny")]
    assert json.loads(run("approve", TASK, "write.1", "--json").out)["response"] == "approve"


def test_pause_resume_and_cancel_of_several_tasks(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], task(subtask("a"))))
    assert run("pause", "a", "b").code == 0
    assert run("resume", "a").code == 0
    assert orchestrator.done == [("pause", "a"), ("pause", "b"), ("resume", "a")]
    assert "cancelled" in run("cancel", "a", "-r", "wrong").err
    assert orchestrator.cancelled == ["wrong"]
    orchestrator.answered_elsewhere = True
    ran = run("cancel", "a", "b", "--json")
    assert ran.code == 2
    assert [row["code"] for row in json.loads(ran.out)] == ["wrong_status", "wrong_status"]


def tool(pin: str) -> Tool:
    return Tool(
        server="git",
        name="log",
        specialist="dev",
        description="Show the log",
        pin=pin,
        row=ToolRow(tool="git/log", risk=Risk.READ),
    )


def test_tools_are_listed_and_found(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE))
    assert "no tools are known yet" in run("tools", "list").err
    orchestrator.listed = {"git": Listed("live", (tool("sha256:1"),))}
    assert "git/log  read  dev  Show the log" in run("tools", "list").out
    assert "git/log" in run("tools", "search", "log").out
    assert "no tool does that" in run("tools", "search", "nothing").err
    assert json.loads(run("tools", "search", "nothing", "--json").out) == []
    assert run("tools", "list", "gti").code == 2


def test_changed_tools_are_shown_before_they_are_accepted(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE))
    orchestrator.listed = {"git": Listed("quarantined", (tool("sha256:2"),), {"log": "sha256:1"}, "a tool has changed")}
    shown = run("servers", "lock", "git")
    assert shown.code == 4
    assert "changed  git/log" in shown.out
    assert orchestrator.done == [("list", "git")]
    assert "servers lock git --digest sha256:0123456789abcdef" in shown.err
    assert run("servers", "lock", "git", "--yes").code == 0
    assert orchestrator.done[1:] == [("list", "git"), ("accept", "git sha256:0123456789abcdef")]
    assert run("servers", "lock", "git", "--digest", "sha256:0").code == 2
    assert run("servers", "lock", "git", "--digest", "sha256:0123456789abcdef").code == 0
    assert [what for what, _ in orchestrator.done] == ["list", "list", "accept", "list", "list", "accept"]
    orchestrator.listed = {"git": Listed("live", (tool("sha256:2"),), {"log": "sha256:2"})}
    assert "nothing has changed" in run("servers", "lock", "git").err
    assert run("servers", "lock", "gti").code == 2


def test_what_nobody_has_looked_at_is_shown_before_it_is_accepted(run: Run, stack: RecordedStack) -> None:
    """A server's first sight: names, risks and words; whole definitions on request."""
    orchestrator = stack(RecordedOrchestrator([], DONE))
    long = tool("sha256:2").model_copy(update={"description": "Reads the log.\nAnd \x1b[2Jmore."})
    orchestrator.listed = {"git": Listed("live", (long,), {"log": "sha256:2"}, unseen=True)}
    shown = run("servers", "lock", "git")
    assert (shown.code, orchestrator.done) == (4, [("list", "git")])
    assert "tool     git/log  read" in shown.out
    assert "Reads the log.  … 1 more lines" in shown.out
    whole = run("servers", "lock", "git", "--whole").out
    assert "+ And \\x1b[2Jmore." in whole
    assert run("servers", "lock", "git", "--yes").code == 0
    assert orchestrator.done[-1] == ("accept", "git sha256:0123456789abcdef")


def test_doctor_names_a_queue_that_nobody_serves(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    orchestrator = stack(RecordedOrchestrator([], DONE))
    orchestrator.living, orchestrator.faults = [Living("w", ("planner", "dev"))], ["eviction is on: set noeviction"]
    ran = run("doctor", "--no-servers")
    assert ran.code == 1
    assert "security: 0 workers" in ran.out
    assert "aether-agent worker security" in ran.out
    assert "set noeviction" in ran.out
    assert "Valkey 9.1.2 answers" in ran.out
    assert json.loads(run("ps", "--json").out) == [
        {
            "name": "w",
            "kind": "worker",
            "pid": 7,
            "host": "here",
            "queues": ["planner", "dev"],
            "status": "alive",
            "version": build(),
        }
    ]


def test_doctor_and_ps_never_call_a_deaf_worker_well(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    orchestrator = stack(RecordedOrchestrator([], DONE))
    everything = ("planner", "dev", "infra", "data", "security")
    orchestrator.living = [Living("w", everything, state="deaf"), Living("x", everything, strain=0.95)]
    ran = run("doctor", "--no-servers")
    assert ran.code == 1
    assert "✗ worker        w: deaf" in ran.out
    assert "x has 95% of its descriptors open" in ran.out
    assert "planner: 1 worker" in ran.out
    assert [row["status"] for row in json.loads(run("ps", "--json").out)] == ["deaf", "alive"]


def test_doctor_and_ps_say_why_the_store_refuses(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    stack(RecordedOrchestrator([], DONE)).refused = "its memory is full: give it more"
    ran = run("doctor", "--no-servers")
    assert ran.code == 1
    assert "✗ store         its memory is full: give it more" in ran.out
    assert "0 workers" not in ran.out  # nobody could say that he is alive
    assert "its memory is full" in run("ps").err


def test_doctor_names_budgets_that_are_spent_and_that_are_nobodys(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("AETHER_ALERTS__BUDGETS", "{git: 3, all servers: 50, reprots: 5}")
    stack(RecordedOrchestrator([], DONE)).called = {"git": 3, "code": 4}
    ran = run("doctor", "--no-servers")
    assert "! budget        git: 3 of 3 calls today (UTC)" in ran.out
    assert "✓ budget        all servers: 7 of 50 calls today (UTC)" in ran.out
    assert "`alerts.budgets.reprots`: no server here is called so; did you mean `reports`?" in ran.out


@pytest.mark.parametrize(("marker", "removed"), [("newest", True), ("older", True), ("none", False)])
def test_doctor_lists_what_another_key_sealed_and_removes_it_where_the_store_has_a_marker(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch, marker: str, removed: bool
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    orchestrator = stack(RecordedOrchestrator([], DONE))
    orchestrator.marker, orchestrator.foreign = marker, {"git": "k666"}
    looked = run("doctor", "--no-servers").out
    assert "passed by, as they are sealed with another key: git (key k666)" in looked
    assert "aether-agent doctor --fix removes them" in looked
    assert orchestrator.done == []
    fixed = run("doctor", "--no-servers", "--fix").out
    assert ("removed: git" in fixed) is removed
    assert orchestrator.done == ([("remove", "git")] if removed else [])


@pytest.mark.parametrize(
    ("marker", "said"), [("none", "the store has no marker of it"), ("older", "which is not the newest one here")]
)
def test_doctor_says_that_a_marker_is_missing_or_old(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch, marker: str, said: str
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    stack(RecordedOrchestrator([], DONE)).marker = marker
    ran = run("doctor", "--no-servers").out
    assert said in ran
    assert "aether-agent config mark-key" in ran


def test_there_is_no_stack_where_a_broker_is_configured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://:secret@127.0.0.1:1/0")
    for command in ("up", "down"):
        ran = run(command)
        assert ran.code == 2
        assert "there is no embedded stack here" in ran.err
        assert "secret" not in ran.err


def test_logs_in_front_of_a_deployment_say_where_they_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://:secret@127.0.0.1:1/0")
    monkeypatch.setenv("PATH", "")
    ran = run("logs", "--task", TASK)
    assert (ran.code, "secret" in ran.err) == (6, False)
    for where in ("journalctl", "docker compose logs", "kubectl"):
        assert where in ran.err
    assert TASK in ran.err


def test_undo_shows_then_does_and_leaves_with_1_for_what_it_could_not(run: Run, stack: RecordedStack) -> None:
    document = Template.model_validate(
        {"name": "undo", "description": "Undo", "subtasks": [{"id": "undo/write", "tool": "reports/remove"}]}
    )
    lasting = Irreversible(subtask="send", tool="mail/send", risk=Risk.WRITE, why="its plan names no call")
    orchestrator = stack(RecordedOrchestrator(said_all().events, DONE))
    orchestrator.undo_found = Undoing(task_id=TASK, undone=("write",), document=document)
    assert run("undo", TASK).code == 0
    assert orchestrator.done == [("undo", TASK)]
    orchestrator = stack(RecordedOrchestrator(said_all().events, DONE))
    orchestrator.undo_found = Undoing(task_id=TASK, undone=("write",), document=document, cannot=(lasting,))
    ran = run("undo", TASK, "--json")
    assert ran.code == 1
    told = json.loads(ran.out)
    assert (told["undoes"], told["undone"], told["cannot_be_undone"][0]["subtask"]) == (TASK, ["write"], "send")
    assert "cannot be undone: send" in ran.err
    assert run("undo", TASK, "--dry-run").code == 0


BAD = {
    "status": "fail", "summary": "2 findings in 3 files", "path": "/r", "counts": {"high": 1, "info": 1, "total": 2},
    "findings": [
        {"severity": "high", "file": "a.py", "line": 3, "rule": "F821", "title": "Undefined name",
         "detail": "`x` is not there."},
        {"severity": "info", "file": "b.py", "rule": "unused", "title": "Unused function", "detail": ""},
    ],
    "checks": [{"check": "disks", "of": "/", "value": "91%", "limit": "90%", "result": "fail", "note": ""}],
}  # fmt: skip
FOUND = task(
    subtask("write", status="completed", output=BAD),
    status="completed",
    verdict=Verdict(status="fail", findings={"high": 1, "info": 1}),
    finished_at=START,
)


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 0), (("--fail-on", "critical"), 0), (("--fail-on", "high"), 7), (("--fail-on", "inconclusive"), 7)],
)
def test_findings_are_a_failure_only_where_that_is_asked(
    run: Run, stack: RecordedStack, options: tuple[str, ...], code: int
) -> None:
    stack(RecordedOrchestrator(said_all().events, FOUND))
    assert run("execute", "do it", *options).code == code
    stack(RecordedOrchestrator(said_all().events, FOUND))
    assert run("result", TASK, "--json", *options).code == code


def test_a_verdict_stands_beside_the_status_with_its_sentences_and_numbers(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator(said_all().events, FOUND))
    ran = run("execute", "do it")
    assert "! finished · 1 high finding" in ran.err
    assert "✓ completed" not in ran.err
    assert "Undefined name: `x` is not there." in ran.out
    assert "disks  /   91%    90%    fail" in ran.out


def test_a_list_shows_what_tasks_found(run: Run, stack: RecordedStack) -> None:
    clean = FOUND.model_copy(update={"verdict": Verdict(status="pass")})
    stack(RecordedOrchestrator([], FOUND, clean, DONE))
    told = run("tasks").out
    assert "! finished · 1 high finding" in told
    assert "✓ finished · pass" in told
    assert "✓ completed" in told


def test_nothing_is_found_by_what_does_not_run(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator(said_all().events, FOUND))
    assert run("execute", "do it", "--fail-on", "high", "--detach").code == 2
    assert run("execute", "do it", "--fail-on", "high", "--plan-only").code == 2


def named(task_id: str, **more: object) -> TaskView:
    return DONE.model_copy(update={"task_id": task_id, **more})


@pytest.mark.parametrize(("said", "meant"), [("@last", TASK), ("3fa9", TASK), ("aaab", "aaabbbccc000"), (TASK, TASK)])
def test_a_task_is_named_by_its_beginning_or_as_the_last(run: Run, stack: RecordedStack, said: str, meant: str) -> None:
    orchestrator = stack(RecordedOrchestrator([], named(TASK), named("aaabbbccc000"), named("aaaccc000000")))
    run("pause", said)
    assert orchestrator.done == [("pause", meant)]


def test_a_beginning_of_several_is_refused_with_them(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], named("aaabbbccc000"), named("aaaccc000000")))
    ran = run("cancel", "aaa")
    assert (ran.code, orchestrator.cancelled) == (2, [])
    assert "begins several: aaabbbccc000, aaaccc000000" in ran.err
    assert run("cancel", "a").code == 2


def test_tasks_that_wait_show_their_questions(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], asking(ASKED)))
    told = run("tasks", "--waiting")
    assert "Go on?" in told.err
    assert f"aether-agent approve {TASK} write.1" in told.err
    stack(RecordedOrchestrator([], DONE))
    assert "no task waits for you" in run("tasks", "--waiting").err


def test_a_specialist_that_is_none_is_refused_at_once(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE))
    ran = run("execute", "do it", "--specialist", "secrity")
    assert (ran.code, orchestrator.submitted) == (2, [])
    assert "did you mean `security`?" in ran.err


def test_forgetting_what_was_not_trusted_is_an_error(run: Run) -> None:
    ran = run("trust", "--forget", "nosuch")
    assert ran.code == 2
    assert "nosuch was not trusted" in ran.err


def test_tasks_are_chosen_by_specialist_owner_or_all(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], task(subtask("a"))))
    nothing = run("pause")
    assert (nothing.code, "which tasks?" in nothing.err) == (2, True)
    assert run("pause", "--specialist", "dev").code == 0
    assert run("resume", "--owner", "ann").code == 0
    assert run("cancel", "--all").code == 0
    assert [one for one in orchestrator.done if one[0].startswith("owner")] == [
        ("owner None", "specialist dev"),
        ("owner ann", "specialist None"),
        ("owner None", "specialist None"),
    ]
    orchestrator.answered_elsewhere = True
    late = run("cancel", "--all", "--json")  # what ended meanwhile is no fault of who wants everything ended
    assert (late.code, json.loads(late.out)) == (0, [])


def test_priority_and_brake(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], task(subtask("a"))))
    assert run("priority", TASK, "9").code == 0
    assert orchestrator.done == [("priority 9", TASK)]
    assert run("priority", TASK, "10").code == 2
    assert "the brake is off" in run("brake").err
    on = run("brake", "on", "-r", "fire", "--cancel")
    assert "the brake is on" in on.err
    assert "fire" in on.err
    assert orchestrator.cancelled == ["fire", "fire"]
    assert json.loads(run("brake", "--json").out)["brake"]["reason"] == "fire"
    assert json.loads(run("brake", "off", "--json").out) == {
        "brake": None,
        "cancelled": [],
        "paused": [],
        "resumed": ["a"],
    }


def test_a_failure_names_what_goes_on_with_it(run: Run, stack: RecordedStack) -> None:
    failed = task(subtask("a", "completed"), subtask("b", "failed"), status="failed")
    stack(RecordedOrchestrator([], failed))
    assert f"aether-agent retry {TASK}" in run("result", TASK).err
    stack(RecordedOrchestrator([], failed))
    assert f"aether-agent retry {TASK}" in run("status", TASK).err
    stack(RecordedOrchestrator([], failed.model_copy(update={"undoes": "other"})))
    assert "aether-agent undo other" in run("result", TASK).err


def test_links_between_tasks_are_shown(run: Run, stack: RecordedStack) -> None:
    linked = {"retries": "before", "retried_by": ("after",), "undone_by": ("back",)}
    stack(RecordedOrchestrator([], task(subtask("a", "completed"), status="completed").model_copy(update=linked)))
    shown = run("status", TASK).out
    assert "goes on with before" in shown
    assert "retried by after" in shown
    assert "undone by back" in shown


def test_an_act_on_a_specialist_that_is_none_is_refused(run: Run, stack: RecordedStack) -> None:
    orchestrator = stack(RecordedOrchestrator([], DONE))
    for act in ("cancel", "pause", "resume"):
        ran = run(act, "--specialist", "secrity")
        assert (ran.code, orchestrator.done) == (2, [])
        assert "there is no specialist `secrity`; did you mean `security`?" in ran.err


def test_a_list_says_who_denied_a_task(run: Run, stack: RecordedStack) -> None:
    stack(RecordedOrchestrator([], task(subtask("a"), status="failed", error="agree: denied by ann: not now")))
    assert "denied by ann" in run("tasks").out
    assert "ask it once more: aether-agent retry" in run("status", TASK).err


def test_a_list_of_words_is_written_as_words(run: Run, stack: RecordedStack) -> None:
    done = task(subtask("a"), status="completed").model_copy(update={"outputs": {"left": [], "made": ["a/b", "c"]}})
    stack(RecordedOrchestrator([], done))
    assert "left  none\nmade  a/b, c" in run("result", TASK).out


def test_profile_shows_where_the_time_went(run: Run, stack: RecordedStack) -> None:
    said = Recording()
    said.add("task.pending", status=TaskStatus.PENDING)
    for kind, seconds in (("ready", 1), ("started", 2), ("completed", 12)):
        said.add(f"subtask.{kind}", "a", seconds)
    said.add("task.completed", seconds=12, status=TaskStatus.COMPLETED)
    stack(RecordedOrchestrator([*said.events], task(subtask("a"))))
    shown = run("profile", TASK)
    assert (shown.code, f"{TASK} took 12 s" in shown.err) == (0, True)
    assert "call 10 s 83% calls: policy, the tool, what came of it" in " ".join(shown.out.split())
    told = json.loads(run("profile", TASK, "--json").out)
    assert told["layers"] == {"call": 10.0, "slot": 1.0, "queue": 1.0}
