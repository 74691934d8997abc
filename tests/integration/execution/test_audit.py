"""The audit record of real workers: what stands in it, when, and what does not."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Template
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.store import open_store
from aether_agents.store.audit.chain import Line
from tests.conftest import eventually
from tests.integration.execution.lab import Lab


@pytest.fixture
def orchestrator(bare_lab: Lab) -> Orchestrator:
    """The orchestrator to a laboratory whose worker a test may kill."""
    return Orchestrator(bare_lab.settings, open_store(bare_lab.settings))


def submitted(orchestrator: Orchestrator, task_id: str, *steps: dict[str, Any], **more: Any) -> str:
    document = Template.model_validate({"name": "plan", "description": "A plan", "subtasks": steps})
    return orchestrator.submit(
        HighLevelTask(task_id=task_id, description="The blue elephant", document=document, **more)
    )


def entries(lab: Lab, task_id: str, kind: str = "") -> list[Line]:
    """What the chain has of a task."""
    found = [one for one in lab.store.audit.lines() if one.entry.get("task") == task_id]
    return [one for one in found if one.entry["kind"] == kind or not kind]


def test_a_task_is_recorded_from_its_asking_to_its_end(
    bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    lab = bare_lab
    lab.worker()
    say = {"id": "say", "tool": "dev-echo/echo", "args": {"message": "pink-giraffe"}}
    remove = {
        "id": "remove", "tool": "dev-echo/remove", "args": {"folder": str(tmp_path), "name": "x"}, "needs": ["say"]
    }  # fmt: skip
    task = submitted(orchestrator, "told", say, remove, owner="ann")
    (asked,) = eventually(lambda: orchestrator.view(task).interventions, 60, "it asks")
    orchestrator.answer(task, Answer(intervention_id=asked.id, response="approve", by="bob"))
    eventually(lambda: orchestrator.has_ended(task), 60, "it ends")
    eventually(lambda: entries(lab, task, "task.ended"), 10, "its end is linked")
    kinds = [str(one.entry["kind"]) for one in entries(lab, task)]
    calls = [
        (str(one.entry["kind"]), one.entry.get("subtask"))
        for one in entries(lab, task)
        if "call" in str(one.entry["kind"])
    ]
    assert kinds[:2] == ["task.asked", "task.planned"]
    assert calls == [("call", "say"), ("call.ended", "say"), ("call", "remove"), ("call.ended", "remove")]
    first = entries(lab, task)[0].entry
    assert (first["by"], first["role"]) == ("ann", "Owner")
    (answered,) = entries(lab, task, "answered")
    assert (answered.entry["by"], answered.entry["response"], answered.entry["role"]) == ("bob", "approve", "Owner")
    intents = {one.entry["subtask"]: one.entry for one in entries(lab, task, "call")}
    assert (intents["say"]["rule"], intents["remove"]["rule"]) == ("risk below approval", "answered yes")
    assert all(intents[name]["pin"] and intents[name]["args"] for name in ("say", "remove"))
    assert all(isinstance(one.entry["ms"], int) for one in entries(lab, task, "call.ended"))
    everything = str(list(lab.store.audit.lines())) + str(lab.store.audit.tail())
    for secret in ("elephant", "giraffe", str(tmp_path)):
        assert secret not in everything
    verdict = lab.store.audit.verify()
    assert (verdict.faults, verdict.unchecked) == ((), 0)


def test_the_intent_of_a_write_outlives_its_worker(bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path) -> None:
    """The worker is killed in the midst of the call: its intent is there, and no outcome."""
    lab, fifo = bare_lab, tmp_path / "pipe"
    worker = lab.worker()
    os.mkfifo(fifo)  # a write into it stands until somebody reads
    args = {"folder": str(tmp_path), "name": "pipe", "text": "x"}
    task = submitted(orchestrator, "cut", {"id": "write", "tool": "dev-echo/write_note", "args": args})
    eventually(
        lambda: [
            one for one in (*lab.store.audit.lines(), *lab.store.audit.tail().lines) if one.entry["kind"] == "call"
        ],
        60,
        "the intent is there",
    )
    worker.send_signal(signal.SIGKILL)
    lab.kill(worker)
    lab.worker()
    eventually(lambda: orchestrator.view(task).interventions, 60, "it is asked about")
    eventually(lambda: entries(lab, task, "call"), 20, "another process links it")
    assert entries(lab, task, "call.ended") == []
    assert lab.store.audit.verify().faults == ()


def test_several_workers_link_one_chain(bare_lab: Lab, orchestrator: Orchestrator) -> None:
    lab = bare_lab
    for _ in range(3):
        lab.worker()
    steps = [
        {"id": f"s{n}", "tool": f"{lab.names[n % len(lab.names)]}-echo/echo", "args": {"message": str(n)}}
        for n in range(40)
    ]
    tasks = [submitted(orchestrator, f"many-{n}", *steps) for n in range(3)]
    for task in tasks:
        eventually(lambda task=task: orchestrator.has_ended(task), 90, f"{task} ends")
        eventually(lambda task=task: entries(lab, task, "task.ended"), 20, "its end is linked")
    for task in tasks:
        assert len(entries(lab, task, "call")) == len(entries(lab, task, "call.ended")) == 40
    assert lab.store.audit.verify().faults == ()
