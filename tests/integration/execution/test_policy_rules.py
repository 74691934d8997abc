"""Rules of policy where calls are made: what is denied or asked there, and what the record says of it."""

from pathlib import Path

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Template
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.policy import PolicyRule
from aether_agents.store import open_store
from tests.conftest import eventually
from tests.integration.execution.lab import Lab
from tests.integration.execution.test_audit import entries

RULES = (
    PolicyRule(name="not-for-users", then="deny", tools=("*/write_note",), roles=("User",), why="ask ops"),
    PolicyRule(
        name="loud", then="ask", args={"properties": {"message": {"pattern": "^LOUD"}}, "required": ["message"]}
    ),
    PolicyRule(name="try-out", then="deny", tools=("*/echo",), shadow=True),
)


@pytest.mark.timeout(120)
def test_rules_decide_at_the_call_and_stand_in_the_record(bare_lab: Lab, tmp_path: Path) -> None:
    policy = bare_lab.settings.policy.model_copy(update={"rules": RULES})
    settings = bare_lab.settings.model_copy(update={"policy": policy})
    bare_lab.worker(settings=settings)
    say = {"id": "say", "tool": "dev-echo/echo", "args": {"message": "LOUD and clear"}}
    again = {"id": "again", "tool": "dev-echo/echo", "args": {"message": "${subtasks.say.output.message}"}}
    args = {"folder": str(tmp_path), "name": "n", "text": "x"}
    write = {"id": "write", "tool": "dev-echo/write_note", "args": args, "needs": ["again"]}
    document = Template.model_validate({"name": "plan", "description": "A plan", "subtasks": [say, again, write]})
    with open_store(settings) as store:
        orchestrator = Orchestrator(settings, store)
        task = orchestrator.submit(HighLevelTask(description="A plan", document=document, owner="ann", role="User"))
        for name in ("say", "again"):  # of the second one nothing is known before it is called
            asked = eventually(
                lambda at=name: next(
                    (one for one in orchestrator.view(task).interventions if one.subtask_id == at), None
                ),
                60,
                f"{name} asks",
            )
            orchestrator.answer(task, Answer(intervention_id=asked.id, response="approve", by="sue"), role="Supervisor")
        assert "policy.rules loud" in asked.prompt
        assert asked.rule == "policy.rules loud"
        eventually(lambda: orchestrator.has_ended(task), 60, "it ends")
        view = orchestrator.view(task)
        plan = orchestrator.plan_of(task)
    assert plan is not None
    assert [one.ruled_by for one in plan.subtasks] == ["policy.rules loud", "", ""]
    assert {one.id: one.status.value for one in view.subtasks} == {
        "say": "completed",
        "again": "completed",
        "write": "failed",
    }
    assert "ask ops (policy.rules not-for-users)" in (view.subtasks[2].error or "")
    assert list(tmp_path.glob("n")) == []
    eventually(lambda: entries(bare_lab, task, "task.ended"), 20, "its end is linked")
    calls = {one.entry["subtask"]: one.entry["rule"] for one in entries(bare_lab, task, "call")}
    assert calls["say"] == "answered yes; in shadow: deny by policy.rules try-out"
    assert "policy.rules not-for-users" in [one.entry.get("rule") for one in entries(bare_lab, task)]
    assert "policy.rules loud" in [one.entry.get("rule") for one in entries(bare_lab, task, "asked")]
