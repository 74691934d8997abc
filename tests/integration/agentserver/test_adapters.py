"""ControlServer in front of real tasks."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aether_agents.agentserver import AgentProcess, ControlServer
from aether_agents.agentserver.service.identity import Person
from aether_agents.errors import NotAllowed
from tests.integration.agentserver.conftest import gate
from tests.integration.agentserver.test_process import desk
from tests.integration.execution.lab import Lab

ANN = Person("ann", "User")


class Line:
    """Both ends of a connection to AetherTerm's ControlServer, in memory: what it says, and what it hears."""

    def __init__(self, *said: dict[str, Any]) -> None:
        self._said = said
        self.heard: list[dict[str, Any]] = []

    async def send(self, text: str) -> None:
        self.heard.append(json.loads(text))

    async def __aiter__(self) -> AsyncIterator[str]:
        yield "this is not JSON"
        for message in self._said:
            yield json.dumps(message)


def test_the_control_server_sees_and_stops_tasks(lab: Lab, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(lab) as at:
            with gate(tmp_path) as path:
                payload = {"task": "Stand", "type": "stand_at_a_gate", "inputs": {"gate": str(path)}, "priority": 8}
                agents = [AgentProcess({**payload, "session": name}, user="ann", desk=at) for name in ("s-a", "s-b")]
                for agent in agents:
                    async for update in agent.execute():
                        if update.get("subtask", {}).get("status") == "running":
                            break
                control = ControlServer(at, Person("sue", "Supervisor"))
                seen = await control.monitor_agent_operations()
                assert {seen["priorities"][agent.task_id] for agent in agents} == {8}
                assert seen["resources"]["slots"]["used"] >= 2
                assert {"planner", "dev"} <= set(seen["resources"]["queues"])
                assert seen["resources"]["store_bytes"] > 0
                assert sum(seen["reports"]["by_status"].values()) == len(seen["reports"]["latest"])
                block = {"type": "emergency_block", "action": "block_session", "affected_sessions": ["s-a"]}
                line = Line(
                    block, {"type": "get_status"}, {"type": "unblock_session", "session_id": "s-a"}, {"type": "x"}
                )
                await control.serve(line, "agents-1")
                register, blocked, status, released = line.heard
                assert (register["type"], register["agent_id"]) == ("agent_register", "agents-1")
                assert (blocked["action"], blocked["affected"]) == ("pause", [agents[0].task_id])
                assert agents[0].task_id in status["priorities"]
                assert released["affected"] == [agents[0].task_id]
                everything = await control.emergency_block("cancel", reason="fire")
                assert {agent.task_id for agent in agents} <= set(everything["affected"])
                assert everything["failed"] == {}
                later = AgentProcess({"task": "Say hello", "type": "say_hello"}, user="ann", desk=at)
                following = later.execute()
                assert (await anext(following))["status"] == "pending"  # the brake is on: nothing begins
                again = ControlServer(at, Person("sue", "Supervisor"))  # as after a restart
                assert await again.release() == {"affected": []}
                assert [update async for update in following][-1]["status"] == "completed"
                for agent in agents:
                    last = [update async for update in agent.execute()][-1]
                    assert (last["status"], "fire" in last["error"]) == ("cancelled", True)
                with pytest.raises(NotAllowed):
                    await ControlServer(at, ANN).emergency_block()

    asyncio.run(asyncio.wait_for(scenario(), 60))
