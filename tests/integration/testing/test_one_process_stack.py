"""The stack of one process: tasks run in this process, on a real Valkey, and nothing of it is left."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from aether_agents.contracts import Answer, HighLevelTask, Specialist, Template
from aether_agents.errors import StackError
from aether_agents.settings.model import BrokerSettings, Settings
from aether_agents.testing import one_process_stack
from tests.conftest import eventually
from tests.servers import FOLDER

DEV = Specialist(name="dev", description="For tests")
ECHO: dict[str, Any] = {
    "command": sys.executable,
    "args": [str(FOLDER / "echo.py")],
    "queue": "dev",
    "table": {"echo": {"risk": "read", "repeatable": True}, "write_note": {"risk": "write"}},
}


def task(tool: str, args: dict[str, Any], folder: Path, **more: Any) -> HighLevelTask:
    subtask = {"id": "say", "tool": tool, "args": args, **more}
    plan = {"name": "say", "description": "Say", "subtasks": [subtask], "outputs": {"said": "${subtasks.say.output}"}}
    return HighLevelTask(description="Say it", document=Template.model_validate(plan), folder=str(folder))


def test_a_task_runs_and_nothing_is_left(tmp_path: Path) -> None:
    before, threads = {one.pid for one in psutil.Process().children(recursive=True)}, threading.active_count()
    for number in ("first", "second"):  # one after the other: nothing of the first is heard by the second
        with one_process_stack(tmp_path / number, specialists=[DEV], servers={"echo": ECHO}) as stack:
            view = stack.run(task("echo/echo", {"message": number}, tmp_path))
            assert (view.status, view.error) == ("completed", None)
            assert view.outputs is not None
            assert view.outputs["said"]["message"] == number
            workers = stack.orchestrator.workers()
            assert {worker.pid for worker in workers} == {os.getpid()}, "the worker is this process"
    eventually(
        lambda: {one.pid for one in psutil.Process().children(recursive=True)} <= before, what="its processes end"
    )
    eventually(lambda: threading.active_count() <= threads + 1, what="its threads end")


def test_what_waits_for_a_person_is_answered_as_in_a_deployment(tmp_path: Path) -> None:
    with one_process_stack(tmp_path / "home", specialists=[DEV], servers={"echo": ECHO}) as stack:
        args = {"folder": str(tmp_path), "name": "note.txt", "text": "kept"}
        view = stack.run(task("echo/write_note", args, tmp_path, approval="required"))
        assert view.status == "waiting_user_input"
        (asked,) = view.interventions
        stack.orchestrator.answer(view.task_id, Answer(intervention_id=asked.id, response="approve", by="the test"))
        assert list(stack.orchestrator.follow(view.task_id))[-1].type.value == "task.completed"
        assert (tmp_path / "note.txt").read_text() == "kept"


def test_a_store_of_somebody_else_is_never_used(tmp_path: Path) -> None:
    settings = Settings(broker=BrokerSettings(url="redis://127.0.0.1:1/0"))
    with pytest.raises(StackError, match="a store of its own"), one_process_stack(tmp_path, settings=settings):
        pass
