"""ControlServer in front of real tasks."""

import asyncio
import json
from pathlib import Path

import pytest

from aether_agents.agentserver import AgentProcess, ControlServer
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service
from aether_agents.errors import InvalidTask, NotAllowed
from tests.integration.agentserver.central import Central
from tests.integration.agentserver.conftest import gate
from tests.integration.agentserver.test_process import service
from tests.integration.execution.lab import Lab

ANN = Person("ann", "User")

#: What a field may be that ought to be something else.
ODD = (None, 5, True, "", "x", "\ud800", [], [5], [[]], [None, {}], {}, {"a": 1}, 1e999, "a" * 100_000)


def test_the_control_server_sees_and_stops_tasks(lab: Lab, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with service(lab) as at:
            with gate(tmp_path) as path:
                payload = {"task": "Stand", "type": "stand_at_a_gate", "inputs": {"gate": str(path)}, "priority": 8}
                agents = [AgentProcess({**payload, "session": name}, user="ann", service=at) for name in ("s-a", "s-b")]
                for agent in agents:
                    async for update in agent.execute():
                        if update.get("subtask", {}).get("status") == "running":
                            break
                control = ControlServer(at, Person("sue", "Supervisor"))
                seen = await control.monitor_agent_operations()
                assert {seen["priorities"][agent.task_id] for agent in agents} == {8}
                changed = {"task_id": agents[0].task_id, "priority": 2}
                assert await control.set_priority(**changed) == changed
                seen = await control.monitor_agent_operations()
                assert [seen["priorities"][agent.task_id] for agent in agents] == [2, 8]
                with pytest.raises(InvalidTask, match="`priority`"):
                    await control.set_priority(agents[0].task_id, 10)
                with pytest.raises(NotAllowed):
                    await ControlServer(at, Person("bob", "User")).set_priority(agents[0].task_id, 9)
                assert seen["resources"]["slots"]["used"] >= 2
                assert {"planner", "dev"} <= set(seen["resources"]["queues"])
                assert seen["resources"]["store_bytes"] > 0
                assert sum(seen["reports"]["by_status"].values()) == len(seen["reports"]["latest"])
                central = Central()
                serving = asyncio.create_task(control.serve(central, "agents-1"))
                assert (await central.answer("agent_register"))["agent_id"] == "agents-1"
                await central.until(lambda _: {"s-a", "s-b"} <= central.sessions.keys())
                central.block("s-a", "b1")
                blocked = await central.answer("block_confirmation")
                assert (blocked["action"], blocked["affected"]) == ("pause", [agents[0].task_id])
                assert (blocked["block_id"], blocked["confirmed_sessions"]) == ("b1", ["s-a"])
                central.unblock("s-a")
                assert (await central.answer("unblock_confirmation"))["affected"] == [agents[0].task_id]
                central.end()
                await serving
                everything = await control.emergency_block("cancel", reason="fire")
                assert {agent.task_id for agent in agents} <= set(everything["affected"])
                assert everything["failed"] == {}
                later = AgentProcess({"task": "Say hello", "type": "say_hello"}, user="ann", service=at)
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


def test_a_session_is_announced_blocked_and_let_go_on(lab: Lab, tmp_path: Path) -> None:
    """On the words and rules of the real server; what it can block, it has been told of."""

    async def scenario(at: Service, path: Path) -> None:
        def task(session: str) -> AgentProcess:
            payload = {"task": "Stand", "type": "stand_at_a_gate", "inputs": {"gate": str(path)}, "session": session}
            return AgentProcess(payload, user="ann", service=at)

        async def status(agent: AgentProcess, *wanted: str) -> None:
            async for update in agent.execute():
                if update["status"] in wanted:
                    return

        central, control = Central(), ControlServer(at, Person("sue", "Supervisor"))
        serving = asyncio.create_task(control.serve(central, "agents-2"))
        assert (await central.answer("session_update"))["session"]["session_id"] == "agents-2"
        first, second = task("t-a"), task("t-b")  # asked for after it has connected
        for agent in (first, second):
            await status(agent, "running")
        await central.until(lambda _: {"t-a", "t-b"} <= central.sessions.keys())
        told = central.sessions["t-a"]
        assert told["user_info"] == {"user_name": "ann"}
        assert {"created_at", "last_activity"} < told.keys()

        central.block("t-a", "b1")
        assert (await central.answer("block_confirmation"))["confirmed_sessions"] == ["t-a"]
        await status(first, "paused")
        another = task("t-a")  # what a blocked session asks for meanwhile stands still too
        await status(another, "paused")
        central.unblock("t-a", "system_auto_unblock")
        released = await central.answer("unblock_confirmation")
        assert set(released["affected"]) == {first.task_id, another.task_id}

        central.block_all()
        blocked = await central.answer("block_confirmation")
        assert blocked["block_id"] == "b-all"
        assert {"agents-2", "t-a", "t-b"} <= set(blocked["confirmed_sessions"])
        central.blocks["copy"] = {"t-a"}
        central.unblock("t-a", "system_auto_unblock")  # a person at a terminal lifts no block of everybody
        assert (await central.answer("unblock_confirmation"))["affected"] == []
        waiting = AgentProcess({"task": "Say hello", "type": "say_hello"}, user="ann", service=at).execute()
        assert (await anext(waiting))["status"] == "pending"
        central.blocks["b-all"] = {"agents-2"}
        central.unblock("agents-2")
        assert {first.task_id, second.task_id} <= set((await central.answer("unblock_confirmation"))["affected"])
        assert [update async for update in waiting][-1]["status"] == "completed"
        await asyncio.to_thread(path.touch)
        for agent in (first, second, another):
            await status(agent, "completed")
        central.end()
        await serving

    async def bounded() -> None:
        async with service(lab) as at:
            with gate(tmp_path) as path:
                await asyncio.wait_for(scenario(at, path), 60)

    asyncio.run(bounded())


def test_no_field_of_a_message_ends_the_line(lab: Lab, tmp_path: Path) -> None:
    """Neither a field of another form, nor what is no message; and what can be read of a block is done."""

    async def scenario(at: Service, path: Path) -> None:
        payload = {"task": "Stand", "type": "stand_at_a_gate", "inputs": {"gate": str(path)}, "session": "m-a"}
        async for update in AgentProcess(payload, user="ann", service=at).execute():
            if update["status"] == "running":
                break
        central, control = Central(), ControlServer(at, Person("sue", "Supervisor"))
        serving = asyncio.create_task(control.serve(central, "agents-3"))
        await central.until(lambda _: "m-a" in central.sessions)
        for text in ("[" * 100_000, "5", "null", "[]", '"x"', "{}", '{"type": [], "a": {}}'):
            central.say(text)
        for kind, field in (
            ("emergency_block", "affected_sessions"),
            ("emergency_block", "action"),
            ("emergency_block", "block_id"),
            ("emergency_block", "message"),
            ("unblock_session", "session_id"),
            ("unblock_session", "admin_user"),
        ):
            for odd in ODD:
                central.say(json.dumps({"type": kind, field: odd}))
                answer = await central.until(
                    lambda said: said["type"] in ("block_confirmation", "unblock_confirmation")
                )
                assert answer["affected"] == []
        central.say(json.dumps({"type": "emergency_block", "affected_sessions": [5, "m-a", None], "message": [1]}))
        assert (await central.answer("block_confirmation"))["confirmed_sessions"] == ["m-a"]
        assert "affected_sessions is a list" in (await central.answer("error"))["error"]
        central.say(json.dumps({"type": "unblock_session", "session_id": "m-a"}))
        assert (await central.answer("unblock_confirmation"))["affected"]
        central.say(json.dumps({"type": "emergency_block", "action": "block_all_sessions", "affected_sessions": 5}))
        assert (await central.answer("block_confirmation"))["affected"], "a field beside it does not lift the brake"
        central.say(json.dumps({"type": "unblock_session", "session_id": "agents-3"}))
        assert (await central.answer("unblock_confirmation"))["affected"]
        await asyncio.to_thread(path.touch)
        central.end()
        await serving

    async def bounded() -> None:
        async with service(lab) as at:
            with gate(tmp_path) as path:
                await asyncio.wait_for(scenario(at, path), 60)

    asyncio.run(bounded())
