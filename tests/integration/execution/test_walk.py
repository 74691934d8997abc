"""The walk of a plan on a real worker: chain, chord, fan-out; which messages were sent, who served what."""

import pytest

from aether_agents.contracts import Condition, Event, EventType, HighLevelTask, Retry, Tool, ToolRow
from aether_agents.store import PLANNER, Delivery
from tests.integration.execution.lab import Lab, step


def events(lab: Lab, task_id: str, *kinds: EventType) -> list[Event]:
    return [event for event in lab.store.events.read(task_id) if not kinds or event.type in kinds]


def test_a_chain_runs_in_order(lab: Lab) -> None:
    plan = [step("chain", "a"), step("chain", "b", ["a"]), step("chain", "c", ["b"])]
    assert lab.launch(plan, "chain") == "canvas"
    assert lab.ended("chain") == "completed"
    calls = lab.calls()
    assert calls.ended["chain/a"] <= calls.began["chain/b"]
    assert calls.ended["chain/b"] <= calls.began["chain/c"]


def test_a_chord_joins_specialists_at_work_side_by_side(lab: Lab) -> None:
    plan = [step("chord", name, queue=name) for name in lab.names]
    plan.append(step("chord", "join", lab.names, queue="dev"))
    assert lab.launch(plan, "chord") == "canvas"
    assert lab.ended("chord") == "completed"
    calls = lab.calls()
    assert all(calls.ended[f"chord/{name}"] <= calls.began["chord/join"] for name in lab.names)
    started = events(lab, "chord", EventType.SUBTASK_STARTED)
    assert {event.subtask_id: event.specialist for event in started} == {**{n: n for n in lab.names}, "join": "dev"}


def test_a_plan_that_no_canvas_can_express_goes_directly(lab: Lab) -> None:
    plan = [step("n", "a"), step("n", "b"), step("n", "c", ["a", "b"]), step("n", "d", ["b"])]
    assert lab.launch(plan, "n") == "direct"
    assert lab.ended("n") == "completed"
    assert sum(lab.calls().started[f"n/{name}"] for name in "abcd") == 4


def test_a_result_becomes_the_argument_of_what_follows(lab: Lab) -> None:
    plan = [
        step("ref", "a", args={"message": "hello", "key": "ref/a"}),
        step("ref", "b", ["a"], args={"message": "${subtasks.a.output.message} again", "key": "ref/b"}),
    ]
    lab.launch(plan, "ref")
    assert lab.ended("ref") == "completed"
    assert lab.store.tasks.outcomes("ref", ["b"])["b"].output["message"] == "hello again"


def test_arguments_are_checked_against_real_values_before_the_call(lab: Lab) -> None:
    plan = [
        step("check", "a"),
        step("check", "b", ["a"], args={"message": "x", "ms": "${subtasks.a.output.message}", "key": "check/b"}),
    ]
    lab.launch(plan, "check")
    assert lab.ended("check") == "failed"
    outcome = lab.store.tasks.outcomes("check", ["b"])["b"]
    assert outcome.error_kind == "arguments"
    assert "`ms`" in (outcome.error or "")
    assert lab.calls().started["check/b"] == 0


def test_the_first_plan_after_an_upgrade_is_made_with_the_tools_there_are_now(bare_lab: Lab) -> None:
    old = Tool(server="dev-echo", name="say", specialist="dev", pin="sha256:1", row=ToolRow(tool="dev-echo/say"))
    bare_lab.store.catalogue.publish("before", "dev-echo", "dev", [old], listing_digest="before")
    asked = {
        "name": "hello",
        "description": "d",
        "subtasks": [{"id": "a", "tool": "dev-echo/echo", "args": {"message": "x"}}],
    }
    bare_lab.store.tasks.create(HighLevelTask(task_id="first", description="hello", document=asked))
    bare_lab.sender.send([Delivery("first", "", PLANNER)])
    bare_lab.worker()
    assert bare_lab.ended("first") == "completed", bare_lab.store.tasks.view("first").error


@pytest.mark.parametrize(("window", "direct"), [(None, False), (None, True), (2, False)])
def test_a_list_fans_out_and_its_join_has_the_results_in_order(lab: Lab, window: int | None, direct: bool) -> None:
    task = f"fan-{window}-{direct}"
    plan = [
        step(task, "a"),
        step(
            task,
            "each",
            ["a"],
            for_each=["x", "y", "z", "w", "v"],
            max_parallel=window,
            args={"message": "${item}", "key": f"{task}/${{item}}", "ms": 30},
        ),
        step(task, "z", ["each"], args={"message": "${subtasks.each.output[4].message}", "key": f"{task}/last"}),
    ]
    assert lab.launch(plan, task, direct=direct) == ("direct" if direct else "canvas")
    assert lab.ended(task) == "completed"
    outcomes = lab.store.tasks.outcomes(task, ["each", "z"])
    assert [one["message"] for one in outcomes["each"].output] == ["x", "y", "z", "w", "v"]
    assert outcomes["z"].output["message"] == "v"
    calls = lab.calls()
    assert all(calls.started[f"{task}/{item}"] == 1 for item in "xyzwv")
    spans = [(calls.began[f"{task}/{item}"], calls.ended[f"{task}/{item}"]) for item in "xyzwv"]
    at_once = max(sum(one[0] <= other[0] < one[1] for one in spans) for other in spans)
    assert at_once <= (window or 5)


def test_an_empty_list_is_joined_at_once(lab: Lab) -> None:
    lab.launch([step("empty", "each", for_each=[], args={"message": "${item}"}), step("empty", "z", ["each"])], "empty")
    assert lab.ended("empty") == "completed"
    assert lab.store.tasks.outcomes("empty", ["each"])["each"].output == []


def test_one_child_that_fails_fails_the_join_and_skips_what_follows(lab: Lab) -> None:
    plan = [
        step("bad", "each", for_each=["1", "2"], tool="fail", args={"message": "no ${item}"}),
        step("bad", "z", ["each"]),
    ]
    lab.launch(plan, "bad")
    assert lab.ended("bad") == "failed"
    assert "2 of 2 failed" in (lab.store.tasks.outcomes("bad", ["each"])["each"].error or "")
    view = lab.store.tasks.view("bad")
    assert {one.id: one.status.value for one in view.subtasks}["z"] == "skipped"


def test_a_condition_that_does_not_hold_skips(lab: Lab) -> None:
    plan = [
        step("if", "a"),
        step("if", "b", ["a"], if_=Condition(ref="${subtasks.a.output.message}", op="eq", value="other")),
        step("if", "c", ["a"], if_=Condition(ref="${subtasks.a.output.message}", op="eq", value="a")),
    ]
    lab.launch(plan, "if")
    assert lab.ended("if") == "completed"
    assert {one.id: one.status.value for one in lab.store.tasks.view("if").subtasks} == {
        "a": "completed",
        "b": "skipped",
        "c": "completed",
    }


def test_a_failure_that_may_be_retried_is_retried_and_then_stands(lab: Lab) -> None:
    retry = Retry(max_attempts=3, delay=0.05, backoff=2, on=("tool_error",))
    lab.launch([step("retry", "a", tool="fail", args={"message": "never"}, retry=retry)], "retry")
    assert lab.ended("retry") == "failed"
    outcome = lab.store.tasks.outcomes("retry", ["a"])["a"]
    assert outcome.attempts == 3
    assert outcome.error_kind == "tool_error"
    assert "never" in (outcome.error or "")
    assert len(events(lab, "retry", EventType.SUBTASK_RETRYING)) == 2


def test_a_failure_with_on_failure_continue_degrades(lab: Lab) -> None:
    plan = [step("go", "a", tool="fail", args={"message": "x"}, on_failure="continue"), step("go", "z", ["a"])]
    lab.launch(plan, "go")
    assert lab.ended("go") == "completed"
    assert lab.store.tasks.view("go").degraded
    assert lab.calls().started["go/z"] == 1


def test_the_call_is_bounded_by_its_timeout(lab: Lab) -> None:
    lab.launch([step("slow", "a", tool="wait", args={"seconds": 30, "key": "slow/a"}, timeout=0.3)], "slow")
    assert lab.ended("slow", within=25) == "failed"
    assert lab.store.tasks.outcomes("slow", ["a"])["a"].error_kind == "timeout"


def test_progress_of_a_call_is_seen(lab: Lab) -> None:
    lab.launch([step("prog", "a", tool="wait", args={"seconds": 1.0, "key": "prog/a"})], "prog")
    assert lab.ended("prog") == "completed"
    reports = events(lab, "prog", EventType.SUBTASK_PROGRESS)
    assert 1 <= len(reports) <= 5  # ten were made within a second
    assert reports[0].message.startswith("step ")
