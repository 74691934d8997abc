"""AgentProcess as a host's handler uses it: any task, any context, any user; nothing is raised into it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aether_agents.agentserver import AgentProcess
from aether_agents.agentserver.service.identity import Confined, Person
from aether_agents.agentserver.service.service import Service
from aether_agents.contracts import HighLevelTask, RerunOf
from aether_agents.errors import TaskNotFound, TooManyTasks
from aether_agents.settings.model import AgentProcessSettings, BrokerSettings
from tests.integration.agentserver.conftest import gate
from tests.integration.execution.lab import Lab

Updates = list[dict[str, Any]]

OWNER = {"name": "olga", "role": "Owner"}


@asynccontextmanager
async def service(lab: Lab) -> AsyncIterator[Service]:
    """A service that ends with the scenario."""
    opened = Service(lab.settings)
    try:
        yield opened
    finally:
        await opened.close()


def run(lab: Lab, scenario: Callable[[Service], Coroutine[Any, Any, None]]) -> None:
    """A scenario at a service, with a bound."""

    async def bounded() -> None:
        async with service(lab) as opened:
            await asyncio.wait_for(scenario(opened), 60)

    asyncio.run(bounded())


async def all_of(agent: AgentProcess, after: int = 0) -> Updates:
    return [update async for update in agent.execute(after)]


def test_a_payload_runs_to_its_end_and_replays(lab: Lab) -> None:
    async def scenario(at: Service) -> None:
        terminal = SimpleNamespace(session="s1", path=str(lab.folder), user=SimpleNamespace(name="ann"))
        agent = AgentProcess({"task": "Say hello", "type": "say_hello"}, terminal, service=at)
        updates = await all_of(agent)
        assert updates[-1]["result"] == {"said": "hello"}
        assert await all_of(agent, after=2) == updates[2:]
        later = AgentProcess({"task_id": agent.task_id}, user="bob", service=at)
        assert await all_of(later) == updates
        assert agent.person == ("ann", "User")
        task = lab.store.tasks.task(agent.task_id)
        assert (task.owner, task.role, task.session, task.folder) == ("ann", "User", "s1", str(lab.folder))

    run(lab, scenario)


def test_a_task_that_was_made_before_takes_what_its_context_says(lab: Lab, tmp_path: Path) -> None:
    """The platform's own handler: `AgentProcess(HighLevelTask.from_dict(data), session_context)`."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shell = subprocess.Popen(["cat"], cwd=tmp_path, stdin=subprocess.PIPE)
    terminal = SimpleNamespace(session="s7", path="", pid=shell.pid, user=SimpleNamespace(name="ann"))

    async def scenario(at: Service) -> None:
        agent = AgentProcess(HighLevelTask.from_dict({"task": "Hi", "type": "say_hello"}), terminal, service=at)
        own = HighLevelTask.from_dict({"task": "Hi", "type": "say_hello", "session": "s8", "folder": str(elsewhere)})
        kept = AgentProcess(own, terminal, service=at)
        for one in (agent, kept):
            assert (await all_of(one))[-1]["result"] == {"said": "hello"}
        stored = [lab.store.tasks.task(one.task_id) for one in (agent, kept)]
        assert [(one.owner, one.session, one.folder) for one in stored] == [
            ("ann", "s7", str(tmp_path)),
            ("ann", "s8", str(elsewhere)),
        ]
        named = AgentProcess(HighLevelTask(description="Hi"), {"name": "prod", "path": "/srv"}, service=at)
        assert named.task is not None
        assert (named.task.context, named.task.folder) == ("prod", "/srv")

    with shell:
        run(lab, scenario)


def test_a_handler_may_leave_and_the_task_goes_on(lab: Lab, tmp_path: Path) -> None:
    async def scenario(at: Service) -> None:
        with gate(tmp_path) as path:
            task = HighLevelTask(description="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
            agent = AgentProcess(task, user={"name": "ann", "role": "User"}, service=at)
            async for update in agent.execute():
                if update.get("subtask", {}).get("status") == "running":
                    break
            assert await agent.pause() == {"status": "ok"}
            assert (await agent.pause())["code"] == "wrong_status"
            assert await agent.resume() == {"status": "ok"}
            path.touch()
            assert (await all_of(agent))[-1]["result"] == {"said": "through"}

    run(lab, scenario)


def test_it_can_be_answered_refined_and_cancelled(lab: Lab, tmp_path: Path) -> None:
    async def scenario(at: Service) -> None:
        agent = AgentProcess({"task": "List the notes", "type": "list_the_notes"}, "session-7", OWNER, service=at)
        async for update in agent.execute():
            if "intervention" in update:
                assert (await agent.refine(" "))["code"] == "invalid_task"
                assert await agent.refine(f"of {tmp_path}") == {"status": "ok"}
        assert update["result"] == {"count": 0}
        assert lab.store.tasks.task(agent.task_id).session == "session-7"
        consent = AgentProcess({"task": "Speak", "type": "say_with_consent"}, user=OWNER, service=at)
        async for update in consent.execute():
            if "subtask" in update and (asked := update.get("intervention")):
                assert await consent.approve(asked["id"], False) == {"status": "ok"}
        assert update["status"] == "failed"
        assert (await consent.cancel("late"))["code"] == "wrong_status"

    run(lab, scenario)


def test_it_goes_on_where_it_failed(lab: Lab, tmp_path: Path) -> None:
    async def scenario(at: Service) -> None:
        said = {"task": "Say and list", "type": "say_and_list", "inputs": {"folder": str(tmp_path / "nowhere")}}
        agent = AgentProcess(said, user={"name": "ann", "role": "User"}, service=at)
        assert (await all_of(agent))[-1]["status"] == "failed"
        again = await agent.retry(inputs={"folder": str(tmp_path)})
        assert again["status"] == "ok"
        retry = AgentProcess({"task_id": again["task_id"]}, user={"name": "ann", "role": "User"}, service=at)
        async for update in retry.execute():
            if "intervention" in update:
                assert await retry.approve(update["intervention"]["id"]) == {"status": "ok"}
        assert update["result"] == {"count": 0}
        assert (await agent.retry())["code"] == "wrong_status"
        assert (await retry.retry())["code"] == "wrong_status"

    run(lab, scenario)


def test_who_does_not_see_a_task_hears_nothing_of_its_owner_when_he_retries_it(lab: Lab) -> None:
    async def scenario(at: Service) -> None:
        at._process = AgentProcessSettings(max_background_tasks=1)
        ann = Person("ann-of-one", "User")
        task_id = await at.submit(HighLevelTask(description="Speak", type="say_with_consent"), ann)
        with pytest.raises(TooManyTasks):
            await at.retry(task_id, ann, "", None)
        with pytest.raises(TaskNotFound):
            await at.retry(task_id, Confined("bob", "User"), "", None)
        await at.cancel(task_id, ann)

    run(lab, scenario)


def test_nobody_submits_what_only_a_retry_may_say(lab: Lab) -> None:
    async def scenario(at: Service) -> None:
        stolen = HighLevelTask(description="Speak", type="say_hello", rerun=RerunOf(task_id="of-another"))
        (refused,) = await all_of(AgentProcess(stolen, user=OWNER, service=at))
        assert refused["code"] == "invalid_task"
        (refused,) = await all_of(AgentProcess({"task": "x", "rerun": {"task_id": "x"}}, user=OWNER, service=at))
        assert refused["code"] == "invalid_task"

    run(lab, scenario)


def test_what_goes_wrong_is_the_last_update(lab: Lab) -> None:
    async def scenario(at: Service) -> None:
        (wrong,) = await all_of(AgentProcess({"task": "x", "priority": 99}, user=OWNER, service=at))
        assert (wrong["status"], wrong["code"], "`priority`" in wrong["error"]) == ("failed", "invalid_task", True)
        (refused,) = await all_of(AgentProcess("x", user={"name": "eve", "role": "Viewer"}, service=at))
        assert refused["code"] == "not_allowed"
        (unknown,) = await all_of(AgentProcess({"task_id": "nobody"}, user=OWNER, service=at))
        assert unknown["code"] == "task_not_found"
        assert (await AgentProcess({"task_id": "nobody"}, user=OWNER, service=at).cancel())["code"] == "task_not_found"
        nowhere = lab.settings.model_copy(update={"broker": BrokerSettings(url="redis://127.0.0.1:1")})
        lost = Service(nowhere)
        (gone,) = await all_of(AgentProcess("x", user=OWNER, service=lost))
        assert gone["code"] == "no_store"
        await lost.close()

    run(lab, scenario)


def test_consent_is_never_in_a_payload_and_counts_only_from_who_may_approve(lab: Lab) -> None:
    async def scenario(at: Service) -> None:
        said = {"task": "Speak", "type": "say_with_consent"}
        (refused,) = await all_of(AgentProcess({**said, "assume_yes": True}, user=OWNER, service=at))
        assert (refused["code"], "`assume_yes` is not taken" in refused["error"]) == ("invalid_task", True)
        ahead = HighLevelTask(description="Speak", type="say_with_consent", assume_yes=True, role="Owner")
        for user in ("ann", {"name": "eve", "role": "Viewer"}, None):
            (refused,) = await all_of(AgentProcess(ahead, user=user, service=at))
            assert refused["code"] == "not_allowed"

    run(lab, scenario)


def test_without_a_user_a_host_lets_nobody_in(lab: Lab) -> None:
    async def scenario(at: Service) -> None:
        for user in (None, "", {"role": "Owner"}, {"name": "ann", "role": "Anonymous"}, {"name": "ann", "role": "God"}):
            agent = AgentProcess({"task": "Say hello", "type": "say_hello"}, "session-7", user, service=at)
            assert agent.person == ("", "Anonymous")
            (refused,) = await all_of(agent)
            assert refused["code"] == "not_allowed"

    run(lab, scenario)
