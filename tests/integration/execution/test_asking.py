"""A server that asks during a call: the subtask waits for a person, holding nothing; the answer reaches the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, Intervention, Risk
from aether_agents.local.valkey import ValkeyServer
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

ERAS = ("older", "newer")


@pytest.fixture(scope="module")
def shared_lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory whose worker has the servers that ask."""
    folder = tmp_path_factory.mktemp("asking")
    for lab in laboratory(quick(valkey, sealing_key, folder), folder, names=("dev",)):
        lab.worker(env={"AETHER_TEST_ASKING": "1"})
        yield lab


@pytest.fixture
def asking_lab(shared_lab: Lab) -> Lab:
    """The laboratory, with nothing done yet."""
    shared_lab.count_log.with_name("asked.log").write_bytes(b"")
    return shared_lab


def done(lab: Lab, what: str) -> list[str]:
    """The work the servers really did."""
    lines = lab.count_log.with_name("asked.log").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(what)]


def question(lab: Lab, task_id: str) -> Intervention:
    """What the task asks, once it does."""
    (asked,) = eventually(lambda: lab.store.tasks.view(task_id).interventions, what=f"{task_id} asks")
    return asked


def answer(lab: Lab, task_id: str, response: str, **values: str) -> None:
    """Answer what the task asks; what becomes ready is sent."""
    given = Answer(intervention_id=question(lab, task_id).id, response=response, values=dict(values), by="ann")
    lab.sender.send(lab.store.tasks.answer(task_id, given))


def launch(lab: Lab, server: str, tool: str, name: str) -> str:
    """A task of one call to a server that asks."""
    task_id = f"{server}-{name}"
    plan = step(task_id, "a", args={"name": name}, risk=Risk.DESTRUCTIVE, repeatable=False)
    plan = plan.model_copy(update={"tool": f"{server}/{tool}", "needs_approval": True})
    lab.launch([plan], task_id)
    return task_id


def test_a_question_becomes_an_input_and_its_answer_an_accepted_elicitation(asking_lab: Lab) -> None:
    for era in ERAS:
        task_id = launch(asking_lab, era, "create", "web")
        assert question(asking_lab, task_id).kind == "approval"
        answer(asking_lab, task_id, "approve")
        asked = eventually(
            lambda: next((i for i in asking_lab.store.tasks.view(task_id).interventions if i.kind == "input"), None),  # noqa: B023
            what="the server's question",
        )
        assert list(asked.fields) == ["region"]
        assert "Where shall web be?" in asked.prompt
        assert "not safe to repeat" in asked.prompt
        assert asking_lab.store.tasks.view(task_id).status == "waiting_user_input"
        answer(asking_lab, task_id, "provide", region="tokyo")
        assert asking_lab.ended(task_id) == "completed"
        assert asking_lab.store.tasks.outcomes(task_id, ["a"])["a"].output == {"region": "tokyo"}
    assert done(asking_lab, "created") == ["created web in tokyo"] * 2, "once by each"


def test_the_approval_of_a_call_answers_its_own_are_you_sure(asking_lab: Lab) -> None:
    for era in ERAS:
        task_id = launch(asking_lab, era, "remove", "old")
        answer(asking_lab, task_id, "approve")
        assert asking_lab.ended(task_id) == "completed"
        assert asking_lab.store.tasks.outcomes(task_id, ["a"])["a"].output == {"status": "removed"}
    assert done(asking_lab, "removed") == ["removed old"] * 2


def test_a_no_to_a_servers_question_fails_the_subtask_and_nothing_is_done(asking_lab: Lab) -> None:
    for era in ERAS:
        task_id = launch(asking_lab, era, "create", "none")
        answer(asking_lab, task_id, "approve")
        eventually(lambda: question(asking_lab, task_id).kind == "input", what="the server's question")  # noqa: B023
        answer(asking_lab, task_id, "deny")
        assert asking_lab.ended(task_id) == "failed"
    assert done(asking_lab, "created") == []


def test_a_password_is_asked_for_as_what_it_is_and_seen_by_its_server_alone(asking_lab: Lab) -> None:
    task_id = launch(asking_lab, "older", "enter", "door")
    answer(asking_lab, task_id, "approve")
    eventually(lambda: question(asking_lab, task_id).kind == "input", what="the server's question")
    asked = question(asking_lab, task_id)
    assert asked.fields["apiKey"].secret
    assert "a password or a key (apiKey). The MCP server `older` asks" in asked.prompt
    answer(asking_lab, task_id, "provide", apiKey="open sesame, 40 thieves")
    assert asking_lab.ended(task_id) == "completed"
    assert done(asking_lab, "entered") == ["entered door 23"]
    assert asking_lab.store.tasks.outcomes(task_id, ["a"])["a"].output == {"said": "opened with •••"}
    assert "sesame" not in asking_lab.log_of()
