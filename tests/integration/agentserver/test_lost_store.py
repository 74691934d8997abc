"""A store that is away for longer than anybody waits, and comes back: nobody who follows a task misses its end."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from aether_agents.agentserver import AgentProcess
from aether_agents.agentserver.service import event_fanout
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import Settings
from aether_agents.store import open_store
from tests.conftest import eventually
from tests.integration.agentserver.browser import browsing
from tests.integration.agentserver.host import client, hosted, running
from tests.integration.execution.conftest import quick

TOKEN = "a-token-of-the-tests"

#: What the page shows of the task.
SHOWN = "return (document.querySelector('#main .chip') || document.body).textContent"

#: Give a token.
ENTER = "document.querySelector('#token').value = '{}'; document.querySelector('.token button').click()"

ANN = {"name": "ann", "role": "User"}


class Away(NamedTuple):
    """A store that can be stopped, and settings to reach it; nobody works there."""

    server: ValkeyServer
    settings: Settings

    def end(self, task_id: str) -> None:
        """Start it again, and end a task there."""
        self.server.start()
        with open_store(self.settings) as store:
            door = Orchestrator(self.settings, store)
            door.cancel(task_id, reason="over")
            door.close()


@pytest.fixture
def away(sealing_key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(event_fanout, "PATIENCE", 0.3)
    server = ValkeyServer(tmp_path / "valkey").start()
    try:
        yield Away(server, quick(server, sealing_key, tmp_path))
    finally:
        server.stop()


def test_agent_process_ends_only_after_a_terminal_status(away: Away) -> None:
    async def scenario() -> list[dict[str, Any]]:
        desk = Service(away.settings)
        seen: list[dict[str, Any]] = []
        agent = AgentProcess({"task": "Say hello", "type": "say_hello"}, user=ANN, desk=desk)
        async for update in agent.execute():
            seen.append(update)
            if len(seen) == 1:
                await asyncio.to_thread(away.server.stop)
                await asyncio.to_thread(away.end, agent.task_id)
        await desk.close()
        return seen

    seen = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert [one["status"] for one in seen] == [*["pending"] * (len(seen) - 1), "cancelled"]
    assert all(one["message"] for one in seen)
    assert "over" in seen[-1]["error"]


def test_who_follows_while_the_store_is_away_is_told_so_and_then_of_the_end(away: Away) -> None:
    async def scenario() -> list[dict[str, Any]]:
        desk = Service(away.settings)
        first = AgentProcess({"task": "Say hello", "type": "say_hello"}, user=ANN, desk=desk)
        async for _ in first.execute():
            break
        await asyncio.to_thread(away.server.stop)
        seen: list[dict[str, Any]] = []
        async for update in AgentProcess({"task_id": first.task_id}, user=ANN, desk=desk).execute():
            seen.append(update)
            if len(seen) == 2:
                await asyncio.to_thread(away.end, first.task_id)
        await desk.close()
        return seen

    seen = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert [one["code"] for one in seen[:2]] == ["no_store", "no_store"]
    assert (seen[0]["status"], seen[-1]["status"]) == ("pending", "cancelled")


def test_a_client_is_told_of_the_end(away: Away) -> None:
    async def scenario(host: Any) -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(task="Say hello", type="say_hello")
            await ann.status(task_id, "pending")
            await asyncio.to_thread(away.server.stop)
            await asyncio.to_thread(away.end, task_id)
            assert "over" in (await ann.status(task_id, "cancelled"))["error"]
            assert [one["seq"] for one in ann.of(task_id)] == sorted({one["seq"] for one in ann.of(task_id)})

    with hosted(away.settings) as host:
        asyncio.run(asyncio.wait_for(scenario(host), 60))


def test_the_page_loads_again_by_itself(away: Away, tmp_path: Path) -> None:
    with running(web_app(Service(away.settings), TOKEN)) as port, browsing(tmp_path) as browser:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http:
            task_id = http.post("/api/tasks", json={"task": "Say hello", "type": "say_hello"}).json()["task_id"]
            browser.open(f"{url}#token={TOKEN}&task={task_id}")
            eventually(lambda: "pending" in browser.run(SHOWN), 30, "the task is shown")
            away.server.stop()
            eventually(lambda: "lost" in browser.run("return document.body.innerText"), 30, "it says so")
            browser.run("location.reload()")  # and somebody opens it anew meanwhile
            eventually(lambda: "lost" in browser.run("return document.body.innerText"), 30, "it says so again")
            away.end(task_id)
            eventually(lambda: "cancelled" in browser.run(SHOWN), 30, "the end is shown without a touch")
            assert "lost" not in browser.run("return document.querySelector('#state').textContent")


def test_the_page_asks_for_the_token(away: Away, tmp_path: Path) -> None:
    with running(web_app(Service(away.settings), TOKEN)) as port, browsing(tmp_path) as browser:
        browser.open(f"http://127.0.0.1:{port}")
        eventually(lambda: browser.run("return document.querySelector('#token') !== null"), 30, "it asks")
        browser.run(ENTER.format("not-the-token-of-anybody"))
        eventually(lambda: "not the token" in browser.run("return document.body.innerText"), 30, "it says no")
        assert browser.run("return sessionStorage.getItem('token')") is None
        browser.run(ENTER.format(TOKEN))
        eventually(lambda: browser.run("return document.querySelector('#token') === null"), 30, "it is taken")
        assert browser.run("return sessionStorage.getItem('token')") == TOKEN
        browser.run("location.reload()")
        assert browser.run("return document.querySelector('#token') === null")
