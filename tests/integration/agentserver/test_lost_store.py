"""A store that is away for longer than anybody waits, and comes back: nobody who follows a task misses its end."""

import asyncio
from typing import Any

from aether_agents.agentserver import AgentProcess
from aether_agents.agentserver.service.service import Service
from tests.integration.agentserver.away import Away
from tests.integration.agentserver.host import client, hosted

ANN = {"name": "ann", "role": "User"}


def test_agent_process_ends_only_after_a_terminal_status(away: Away) -> None:
    async def scenario() -> list[dict[str, Any]]:
        service = Service(away.settings)
        seen: list[dict[str, Any]] = []
        agent = AgentProcess({"task": "Say hello", "type": "say_hello"}, user=ANN, service=service)
        async for update in agent.execute():
            seen.append(update)
            if len(seen) == 1:
                await asyncio.to_thread(away.server.stop)
                await asyncio.to_thread(away.end, agent.task_id)
        await service.close()
        return seen

    seen = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert [one["status"] for one in seen] == [*["pending"] * (len(seen) - 1), "cancelled"]
    assert all(one["message"] for one in seen)
    assert "over" in seen[-1]["error"]


def test_who_follows_while_the_store_is_away_is_told_so_and_then_of_the_end(away: Away) -> None:
    async def scenario() -> list[dict[str, Any]]:
        service = Service(away.settings)
        first = AgentProcess({"task": "Say hello", "type": "say_hello"}, user=ANN, service=service)
        async for _ in first.execute():
            break
        await asyncio.to_thread(away.server.stop)
        seen: list[dict[str, Any]] = []
        async for update in AgentProcess({"task_id": first.task_id}, user=ANN, service=service).execute():
            seen.append(update)
            if len(seen) == 2:
                await asyncio.to_thread(away.end, first.task_id)
        await service.close()
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
