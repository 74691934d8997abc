"""What stops a subtask: a person is asked, a task is paused or cancelled, a worker is lost or told to end."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, EventType, Intervention, Risk
from aether_agents.local.valkey import ValkeyServer
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step


def asked(lab: Lab, task_id: str) -> Intervention:
    """The question a task waits for."""
    return eventually(
        lambda: next(iter(lab.store.tasks.view(task_id).interventions), None), within=40, what="a question"
    )


def answer(lab: Lab, task_id: str, question: Intervention, response: str) -> None:
    given = Answer(intervention_id=question.id, response=response, by="ann")
    lab.sender.send(lab.store.tasks.answer(task_id, given))


def running(lab: Lab, key: str) -> None:
    eventually(lambda: lab.calls().started[key], within=40, what=f"{key} runs")


def test_a_subtask_that_needs_approval_waits_for_it_and_the_canvas_goes_on_after_it(lab: Lab) -> None:
    plan = [step("ok", "a"), step("ok", "b", ["a"], needs_approval=True), step("ok", "c", ["b"])]
    assert lab.launch(plan, "ok") == "canvas"
    question = asked(lab, "ok")
    assert lab.store.tasks.view("ok").status.value == "waiting_user_input"
    assert lab.calls().started["ok/b"] == 0
    answer(lab, "ok", question, "approve")
    assert lab.ended("ok") == "completed"


def test_what_a_person_refuses_is_not_called(lab: Lab) -> None:
    lab.launch([step("no", "a", needs_approval=True), step("no", "b", ["a"])], "no")
    answer(lab, "no", asked(lab, "no"), "deny")
    assert lab.ended("no") == "failed"
    assert not [key for key in lab.calls().started if key.startswith("no/")]


def test_policy_asks_before_the_call_with_the_real_arguments(lab: Lab) -> None:
    """The plan did not ask; what the tool is now does."""
    (lab.folder / "gone.txt").write_text("x")
    args = {"folder": str(lab.folder), "name": "${subtasks.a.output.message}"}
    plan = [
        step("late", "a", args={"message": "gone.txt", "key": "late/a"}),
        step("late", "b", ["a"], tool="remove", args=args, risk=Risk.READ),
    ]
    lab.launch(plan, "late")
    question = asked(lab, "late")
    assert question.kind == "approval"
    assert "gone.txt" in question.prompt
    assert "destructive" in question.prompt
    assert (lab.folder / "gone.txt").exists()
    answer(lab, "late", question, "approve")
    assert lab.ended("late") == "completed"
    assert not (lab.folder / "gone.txt").exists()


def test_cancelling_reaches_the_server_in_the_middle_of_a_call(lab: Lab) -> None:
    lab.launch(
        [step("stop", "a", tool="wait", args={"seconds": 60, "key": "stop/a"}), step("stop", "b", ["a"])], "stop"
    )
    running(lab, "stop/a")
    assert lab.store.tasks.cancel("stop", "ann", "enough") == ["a"]
    assert lab.ended("stop", within=20) == "cancelled"
    eventually(lambda: "stop/a" in lab.calls().cancelled, what="the server hears of it")
    assert {one.id: one.status.value for one in lab.store.tasks.view("stop").subtasks} == {
        "a": "cancelled",
        "b": "cancelled",
    }


def test_a_cancelled_call_may_still_be_running_and_its_later_end_is_recorded(bare_lab: Lab) -> None:
    lab = bare_lab
    delivery = lab.settings.delivery.model_copy(update={"cancelled_grace": 1.0})
    lab.worker(settings=lab.settings.model_copy(update={"delivery": delivery}))
    never = {"path": str(lab.folder / "never")}
    plan = [
        step("stop", "a", tool="gate", args={**never, "key": "stop/a"}, repeatable=False),
        step("stop", "b", ["a"]),
    ]
    lab.launch(plan, "stop")
    running(lab, "stop/a")
    lab.store.tasks.cancel("stop", "ann", "enough")
    assert lab.ended("stop", within=20) == "cancelled"
    told = "cancelled while it ran; its server has not said that it stopped: it may still be running"
    (said,) = [one.message for one in lab.store.events.read("stop") if one.type.value == "subtask.cancelled"][1:]
    assert said == told

    def error_of(name: str) -> str | None:
        return next(one.error for one in lab.store.tasks.view("stop").subtasks if one.id == name)

    assert (error_of("a") or "").startswith(told)
    assert error_of("b") is None
    eventually(lambda: "its server was ended" in (error_of("a") or ""), within=20, what="its end is recorded")
    assert lab.store.events.read("stop")[-1].ends_task, "nothing follows the end of a task"


def test_a_paused_task_starts_nothing_new_and_goes_on_when_it_is_resumed(lab: Lab) -> None:
    gate = lab.folder / "pause.gate"
    plan = [
        step("pause", "a", tool="gate", args={"path": str(gate), "key": "pause/a"}),
        step("pause", "b", ["a"]),
        step("pause", "c", ["b"]),
    ]
    assert lab.launch(plan, "pause") == "canvas"
    running(lab, "pause/a")
    lab.store.tasks.pause("pause", "ann")
    gate.touch()
    eventually(lambda: lab.store.tasks.outcomes("pause", ["a"]), what="what runs goes on to its end")
    eventually(
        lambda: not sum(lab.store.backlog(lab.names).values()) and "pause/a" in lab.calls().ended, what="queues empty"
    )
    assert lab.calls().started["pause/b"] == 0
    lab.sender.send(lab.store.tasks.resume("pause", "ann"))
    assert lab.ended("pause") == "completed"


def test_a_killed_worker_runs_again_what_is_safe_and_asks_about_what_is_not(bare_lab: Lab) -> None:
    lab = bare_lab
    first = lab.worker()
    gate = lab.folder / "kill.gate"
    plan = [
        step("lost", "safe", tool="gate", args={"path": str(gate), "key": "lost/safe"}),
        step("lost", "unsafe", tool="gate", args={"path": str(gate), "key": "lost/unsafe"}, repeatable=False),
        step("lost", "z", ["safe", "unsafe"]),
    ]
    lab.launch(plan, "lost")
    running(lab, "lost/safe")
    running(lab, "lost/unsafe")
    lab.kill(first)
    lab.worker()
    question = asked(lab, "lost")
    assert question.kind == "choice"
    assert question.subtask_id == "unsafe"
    assert "may have run" in question.prompt
    assert question.choices == ("retry", "skip", "fail")
    gate.touch()
    eventually(lambda: lab.store.tasks.outcomes("lost", ["safe"]), what="the safe one ran again")
    assert lab.calls().started["lost/unsafe"] == 1
    answer(lab, "lost", question, "retry")
    assert lab.ended("lost") == "completed"
    assert lab.calls().started["lost/unsafe"] == 2


def test_a_worker_that_is_told_to_end_gives_back_what_is_safe_and_leaves_nothing_behind(bare_lab: Lab) -> None:
    lab = bare_lab
    first = lab.worker()
    lab.launch([step("end", "a", tool="wait", args={"seconds": 60, "key": "end/a"})], "end")
    running(lab, "end/a")
    below = lab.children(first)
    assert below
    assert lab.stop(first) == 0
    eventually(lambda: not any(process.is_running() for process in below), what="no server is left")
    assert not lab.store.presence.alive()
    kinds = [event.type for event in lab.store.events.read("end")]
    assert EventType.SUBTASK_RETRYING in kinds
    lab.store.tasks.cancel("end", "ann", "")
    assert lab.ended("end") == "cancelled"


def told_to_end(lab: Lab, worker: int = 0) -> None:
    """Wait until a worker has said that it ends."""
    eventually(lambda: "told to end" in lab.log_of(worker), within=20, what=f"w{worker} has heard it")


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_that_is_told_to_end_lets_its_calls_end_and_takes_nothing_new(bare_lab: Lab, pool: str) -> None:
    lab = bare_lab
    patient = lab.settings.model_copy(
        update={"delivery": lab.settings.delivery.model_copy(update={"grace": 60, "concurrency": 2, "stale": 30})}
    )
    first = lab.worker(["dev"], settings=patient, env={"AETHER_TEST_POOL": pool})
    gate = lab.folder / "end.gate"
    more = {"tool": "gate", "repeatable": False}
    plan = [step("end", f"a{at}", args={"path": str(gate), "key": f"end/a{at}"}, **more) for at in range(2)]
    plan += [step("end", f"b{at}") for at in range(6)]
    plan.append(step("end", "z", ["a0"]))
    lab.launch(plan, "end", direct=True)
    for at in range(2):
        running(lab, f"end/a{at}")  # both of its threads are busy, and it has fetched more

    first.send_signal(signal.SIGTERM)
    told_to_end(lab)
    eventually(lambda: {(one.queues, one.state) for one in lab.store.presence.alive()} == {((), "ending")})
    held = {name for name in lab.calls().started if name.startswith("end/")}
    assert held == {"end/a0", "end/a1"}

    second = lab.worker(["dev"])  # what the first had fetched and not begun is sent again
    eventually(lambda: all(lab.calls().started[f"end/b{at}"] for at in range(6)), within=25, what="another takes it")
    assert first.poll() is None
    gate.touch()
    assert lab.ended("end") == "completed"
    assert first.wait(20) == 0
    assert [one.attempts for one in lab.store.tasks.view("end").subtasks] == [1] * 9
    assert second.poll() is None


@pytest.mark.parametrize(("again", "signals"), [("the grace", 1), ("a second signal", 2)])
def test_what_has_not_ended_after_its_grace_is_cancelled(bare_lab: Lab, again: str, signals: int) -> None:
    lab = bare_lab
    grace = 1.0 if signals == 1 else 60
    hurried = lab.settings.model_copy(update={"delivery": lab.settings.delivery.model_copy(update={"grace": grace})})
    first = lab.worker(settings=hurried)
    plan = [
        step("cut", "safe", tool="wait", args={"seconds": 90, "key": "cut/safe"}),
        step("cut", "unsafe", tool="wait", args={"seconds": 90, "key": "cut/unsafe"}, repeatable=False),
    ]
    lab.launch(plan, "cut")
    running(lab, "cut/safe")
    running(lab, "cut/unsafe")
    for _ in range(signals):
        first.send_signal(signal.SIGTERM)
        told_to_end(lab)
    assert first.wait(20) == 0, again
    assert lab.calls().cancelled == {"cut/safe", "cut/unsafe"}
    retried = [event.subtask_id for event in lab.store.events.read("cut") if event.type is EventType.SUBTASK_RETRYING]
    assert retried == ["safe"]
    lab.worker(["planner", "dev"])
    assert asked(lab, "cut").subtask_id == "unsafe"  # it may have run
    running(lab, "cut/safe")
    lab.store.tasks.cancel("cut", "ann", "")


def test_ctrl_c_on_a_worker_waits_no_longer_than_a_person_would(bare_lab: Lab) -> None:
    lab = bare_lab
    patient = lab.settings.model_copy(update={"delivery": lab.settings.delivery.model_copy(update={"grace": 90})})
    first = lab.worker(settings=patient)
    lab.launch([step("int", "a", tool="wait", args={"seconds": 90, "key": "int/a"})], "int")
    running(lab, "int/a")
    first.send_signal(signal.SIGINT)
    first.wait(20)
    assert "calls under way have 2 s" in lab.log_of()
    lab.store.tasks.cancel("int", "ann", "")


#: Calls that are stopped at once. With processes, each has its own servers: as many as two cores start in time.
MANY = 8 if os.environ.get("AETHER_TEST_POOL") == "prefork" else 50


@pytest.mark.timeout(120)
def test_many_calls_under_way_are_quiet_soon_after_their_tasks_are_cancelled(
    valkey: ValkeyServer, sealing_key: Path, tmp_path: Path
) -> None:
    settings = quick(valkey, sealing_key, tmp_path)
    delivery = settings.delivery.model_copy(update={"concurrency": MANY, "per_server": MANY})
    wide = settings.model_copy(update={"delivery": delivery})
    with contextmanager(laboratory)(wide, tmp_path, names=("dev",)) as lab:
        lab.worker()
        names = [f"many-{number}" for number in range(MANY)]
        for name in names:
            lab.launch([step(name, "a", tool="wait", args={"seconds": 60, "key": name})], name, direct=True)
        eventually(lambda: len(lab.calls().started) == MANY, 60, "all calls are under way")
        began = time.monotonic()
        for name in names:
            lab.store.tasks.cancel(name, "ann")
        eventually(lambda: lab.calls().cancelled >= set(names), 20, "each call was cancelled at its server")
        for name in names:
            assert lab.ended(name) == "cancelled"
        print(f"cancelled to quiet: {time.monotonic() - began:.2f} s")  # noqa: T201 - a figure for who looks
