"""The whole circle on real servers: a sentence, a preview, a yes, the effect read back, the undo."""

import json
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, EventType, HighLevelTask, TaskStatus, TaskView
from aether_agents.orchestrator import Orchestrator
from tests.systems.conftest import System
from tests.systems.test_dumps import databases, rows

pytestmark = pytest.mark.timeout(180)


def run(
    orchestrator: Orchestrator, sentence: str, folder: Path, **inputs: object
) -> tuple[TaskView, list[dict[str, int]]]:
    """A sentence, carried out; every review is answered with yes. Its end, and the kinds of items that were shown."""
    task = HighLevelTask(description=sentence, folder=str(folder), inputs=json.loads(json.dumps(inputs)))
    task_id, shown = orchestrator.submit(task), []
    for event in orchestrator.follow(task_id):
        if event.type in (EventType.SUBTASK_WAITING, EventType.TASK_WAITING):
            for asked in orchestrator.view(task_id).interventions:
                assert asked.review is not None, asked.prompt
                shown.append(dict(asked.review.kinds))
                orchestrator.answer(task_id, Answer(intervention_id=asked.id, response="approve", by="ann"))
    return orchestrator.view(task_id, outputs=True), shown


def test_a_sentence_backs_up_and_a_sentence_restores_over(
    orchestrator: Orchestrator, system: System, tmp_path: Path
) -> None:
    address, secret = system.at()["address"], {"password_file": system.at()["password_file"]}
    made, asked = run(orchestrator, f"back up {address}", tmp_path, **secret)
    assert (made.status, made.outputs["status"], asked) == (TaskStatus.COMPLETED, "pass", [])
    system.sql("DELETE FROM orders;")
    done, shown = run(orchestrator, f"restore {address} from its backup", tmp_path, over=True, **secret)
    assert (done.error, done.status, done.outputs["status"]) == (None, TaskStatus.COMPLETED, "pass")
    assert shown == [{"create": 1, "replace": 1}]
    assert (rows(system), rows(system, str(done.outputs["kept"]))) == (3, 0)
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    list(orchestrator.follow(undo))
    assert orchestrator.view(undo).status is TaskStatus.COMPLETED
    assert (rows(system), databases(system)) == (0, {"shop"})
