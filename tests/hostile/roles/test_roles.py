"""Attack → what must not happen: a Viewer or User, who may also write to the store, acts for another or sees more."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aether_agents.access.roles import Act
from aether_agents.agentserver import AgentProcess
from aether_agents.agentserver.service.identity import NOBODY, Confined, Person
from aether_agents.agentserver.service.service import Service
from aether_agents.contracts import Answer, HighLevelTask, Intervention, Plan, Role
from aether_agents.errors import AetherError, NotAllowed, TaskNotFound, WrongStatus
from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.store import PlanningClaim
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

EVE = Confined("eve", "User")


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A store that nobody works on: what is asked stays as it is."""
    yield from laboratory(quick(valkey, sealing_key, tmp_path), tmp_path, names=("dev",))


def at_service(lab: Lab, scenario: Callable[[Service], Any]) -> Any:
    async def run() -> Any:
        service = Service(lab.settings)
        try:
            return await scenario(service)
        finally:
            await service.close()

    return asyncio.run(run())


def held(lab: Lab, task_id: str) -> PlanningClaim:
    claim = lab.store.tasks.claim_planning(task_id, limit=100)
    assert isinstance(claim, PlanningClaim)
    return claim


def asks_two_things(lab: Lab, task_id: str, owner: str) -> tuple[str, str]:
    """A task that asked for an input, which its owner may give, and now asks for a yes to its plan, which he may not.

    Gives the ids of both questions.
    """
    tasks = lab.store.tasks
    tasks.create(HighLevelTask(task_id=task_id, description="x", owner=owner, role="User"))
    first = Intervention(id="x", kind="input", prompt="Which word?")
    tasks.ask(task_id, held(lab, task_id).token, first)
    (asked,) = tasks.view(task_id).interventions
    tasks.answer(task_id, Answer(intervention_id=asked.id, response="provide", values={"word": "hi"}, by=owner))
    token = held(lab, task_id).token
    plan = Plan(name="t", description="x", origin="draft", subtasks=(step(task_id, "a"),), digest="sha256:1")
    tasks.save_plan(task_id, token, plan)
    review = Intervention(id="x", kind="review", prompt="Run it?", choices=("approve", "deny"), binds=plan.digest)
    tasks.ask(task_id, token, review)
    (second,) = tasks.view(task_id).interventions
    return asked.id, second.id


class Racing(Orchestrator):
    """The orchestrator, whose store is written to by somebody else in the moment after a role was judged."""

    between: Callable[[], None] = staticmethod(lambda: None)

    def _allow(self, role: Role, act: Act, task_id: str, by: str) -> None:
        super()._allow(role, act, task_id, by)
        self.between()


def test_a_question_put_in_anothers_place_does_not_lend_its_role(lab: Lab) -> None:
    """His own input, in the place of the review while it is judged whether he may answer; then the review again."""
    first, second = asks_two_things(lab, "swap", "eve")
    fields, command = lab.store.keys.subtasks("swap"), lab.store.connection.command
    harmless, review = command("HMGET", fields, f"q:{first}", f"q:{second}")
    orchestrator = Racing(lab.settings, lab.store)
    with pytest.raises(NotAllowed):
        orchestrator.answer("swap", Answer(intervention_id=second, response="approve", by="eve"), role="User")
    command("HSET", fields, f"q:{second}", harmless)
    orchestrator.between = lambda: command("HSET", fields, f"q:{second}", review)
    with pytest.raises(WrongStatus):
        orchestrator.answer("swap", Answer(intervention_id=second, response="approve", by="eve"), role="User")
    assert lab.store.tasks.view("swap").status == "waiting_user_input"
    lab.store.tasks.cancel("swap", "ann")


def test_a_task_is_whose_its_sealed_document_says(lab: Lab) -> None:
    """Who can write to the store makes himself the owner of another's task, in the field that lists read."""
    asks_two_things(lab, "anns", "ann")
    lab.store.connection.command("HSET", lab.store.keys.task("anns"), "owner", "eve")
    orchestrator = Orchestrator(lab.settings, lab.store)
    for act in (orchestrator.pause, orchestrator.cancel):
        with pytest.raises(NotAllowed):
            act("anns", by="eve", role="User")
    with pytest.raises(NotAllowed):
        orchestrator.refine("anns", "more", by="eve", role="User")
    assert [view.owner for view in orchestrator.tasks()] == ["ann"]

    async def scenario(service: Service) -> None:
        assert await service.tasks(EVE) == []
        for look in (service.view("anns", EVE), service.question("anns", "task.2", EVE), service.cancel("anns", EVE)):
            with pytest.raises(TaskNotFound):
                await look

    at_service(lab, scenario)
    lab.store.tasks.cancel("anns", "ann")


def test_nobody_learns_nothing(lab: Lab) -> None:
    """Not even which tasks there are, nor what they ask."""
    _, second = asks_two_things(lab, "hidden", "ann")

    async def scenario(service: Service) -> set[str]:
        answer = Answer(intervention_id=second, response="approve")
        told = set()
        for task_id in ("hidden", "not-there"):
            for act in (
                service.view(task_id, NOBODY),
                service.question(task_id, second, NOBODY),
                service.answer(task_id, answer, NOBODY),
                service.cancel(task_id, NOBODY),
                service.pause(task_id, NOBODY),
                service.resume(task_id, NOBODY),
                service.refine(task_id, "more", NOBODY),
            ):
                try:
                    await act
                except AetherError as error:
                    told.add(type(error).__name__)
            agent = AgentProcess({"task_id": task_id}, service=service)
            told.add((await agent.approve(second, {"made up": 1}))["code"])
            told.update([one["code"] async for one in agent.execute()])
        return told

    assert at_service(lab, scenario) == {"NotAllowed", "not_allowed"}
    lab.store.tasks.cancel("hidden", "ann")


@pytest.mark.parametrize("role", ["Viewer", "Auditor", "User"])
def test_who_may_not_approve_does_not_answer_for_a_call(lab: Lab, role: Role) -> None:
    """Whatever it asks: a yes, what may have run, what a server wants to know; and a no is an answer too."""
    eve = Person("eve", role)
    for kind in ("approval", "confirmation", "choice", "input", "review"):
        task_id = f"{role}-{kind}".lower()
        lab.launch([step(task_id, "a")], task_id, owner="eve", role="User")
        claim = lab.store.tasks.claim(task_id, "a", "dev")
        asked = Intervention(id="a", kind=kind, prompt="?", choices=("approve", "deny", "retry"))
        lab.store.tasks.ask_subtask(task_id, "a", claim.token, asked)
        (found,) = lab.store.tasks.view(task_id).interventions
        for response in ("approve", "deny", "retry", "provide"):
            answer = Answer(intervention_id=found.id, response=response)
            with pytest.raises(NotAllowed):
                at_service(lab, partial(Service.answer, task_id=task_id, answer=answer, person=eve))
        lab.store.tasks.cancel(task_id, "ann")
