"""AgentServer on a real Socket.IO server, used by real clients, in front of a real worker."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import eventually
from tests.integration.agentserver.conftest import Serve, gate
from tests.integration.agentserver.host import Host, client
from tests.integration.execution.lab import Lab


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """A scenario, with a bound."""
    asyncio.run(asyncio.wait_for(scenario, 90))


def test_execute_approve_completed(host: Host) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann, client(host, "sue", "Supervisor") as sue:
            task_id = await ann.execute(task="Speak after somebody has agreed", type="say_with_consent")
            asked = (await ann.until(lambda one: "intervention" in one))["intervention"]
            yes = {"task_id": task_id, "intervention_id": asked["id"], "response": "approve"}
            refused = await ann.call("agent_approve_task", yes)
            assert (refused["status"], refused["code"]) == ("error", "not_allowed")
            assert await sue.call("agent_approve_task", yes) == {"status": "ok"}
            last = await ann.status(task_id, "completed", "failed")
            assert last["result"] == {"said": "yes"}
            assert (last["progress"], last["status"]) == (1.0, "completed")
            seen = ann.of(task_id)
            assert [one["seq"] for one in seen] == list(range(1, len(seen) + 1))
            assert {"id": "say", "status": "completed", "specialist": "dev"} in [one.get("subtask") for one in seen]
            assert sue.of(task_id) == []
            again = await sue.call("agent_approve_task", yes)
            assert again["code"] == "wrong_status"

    run(scenario())


def test_a_dry_run_tells_what_it_would_call(host: Host) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(task="Speak after somebody has agreed", type="say_with_consent", dry_run=True)
            await ann.status(task_id, "completed")
            told = await ann.call("agent_dry_calls", {"task_id": task_id})
            assert [(one["subtask"], one["state"]) for one in told["calls"]] == [("say", "would")]
            assert (await ann.call("agent_dry_calls", {"task_id": "none"}))["code"] == "task_not_found"

    run(scenario())


def test_a_plan_is_changed_and_accepted(host: Host) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann, client(host, "bob") as bob:
            first = await ann.execute(task="Say hello", type="say_hello", plan_only=True)
            await ann.status(first, "completed")
            change = {"task_id": first, "instruction": "set say message=moin"}
            assert (await bob.call("agent_refine_task", change))["code"] == "not_allowed"
            told = (await ann.call("agent_refine_task", change))["plan"]
            assert [(one["kind"], one["after"]) for one in told["difference"]] == [("changed", "moin")]
            assert (told["refines"], told["status"]) == (first, "completed")
            wrong = await ann.call("agent_refine_task", {**change, "instruction": "drop nobody"})
            assert (wrong["status"], wrong["code"]) == ("error", "invalid_task")
            assert (await bob.call("agent_accept_plan", {"task_id": told["task_id"]}))["code"] == "not_allowed"
            accepted = await ann.call("agent_accept_plan", {"task_id": told["task_id"]})
            last = await ann.status(accepted["task_id"], "completed", "failed")
            assert last["result"] == {"said": "moin"}
            late = await ann.call("agent_accept_plan", {"task_id": accepted["task_id"]})
            assert late["code"] == "wrong_status"

    run(scenario())


def test_cancel(host: Host) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(description="Idle", type="idle_for_long", priority=9)
            await ann.subtask(task_id, "idle", "running")
            assert await ann.call("agent_cancel_task", {"task_id": task_id, "reason": "enough"}) == {"status": "ok"}
            last = await ann.status(task_id, "cancelled")
            assert "enough" in last["error"]
            again = await ann.call("agent_cancel_task", {"task_id": task_id})
            assert again["code"] == "wrong_status"

    run(scenario())


def test_pause_and_resume(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        with gate(tmp_path) as path:
            async with client(host, "ann") as ann:
                task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
                await ann.subtask(task_id, "stand", "running")
                assert await ann.call("agent_pause_task", {"task_id": task_id}) == {"status": "ok"}
                await ann.status(task_id, "paused")
                path.touch()
                await ann.subtask(task_id, "stand", "completed")
                assert await ann.call("agent_resume_task", {"task_id": task_id}) == {"status": "ok"}
                assert (await ann.status(task_id, "completed"))["result"] == {"said": "through"}
                order = [one["status"] for one in ann.of(task_id)]
                assert order.index("paused") < len(order) - 1 - order[::-1].index("running")

    run(scenario())


def test_priority(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        with gate(tmp_path) as path:
            async with client(host, "ann") as ann, client(host, "bob") as bob:
                task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
                await ann.subtask(task_id, "stand", "running")
                assert await ann.call("agent_prioritize_task", {"task_id": task_id, "priority": 9}) == {"status": "ok"}
                for wrong in ({}, {"priority": None}, {"priority": 10}, {"priority": -1}, {"priority": "9"}):
                    assert (await ann.call("agent_prioritize_task", {"task_id": task_id, **wrong}))["code"] == (
                        "invalid_task"
                    )
                other = await bob.call("agent_prioritize_task", {"task_id": task_id, "priority": 1})
                assert other["code"] == "not_allowed"
                path.touch()
                await ann.status(task_id, "completed")
                assert "priority 9 by ann" in [one["message"] for one in ann.of(task_id)]
                late = await ann.call("agent_prioritize_task", {"task_id": task_id, "priority": 1})
                assert late["code"] == "wrong_status"

    run(scenario())


def test_refine_plans_anew_what_asks_about_its_plan(host: Host, tmp_path: Path) -> None:
    (tmp_path / "one.txt").touch()

    async def scenario() -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(task="List the notes", type="list_the_notes")
            asked = await ann.status(task_id, "waiting_user_input")
            assert set(asked["intervention"]["fields"]) == {"folder"}
            more = {"task_id": task_id, "instruction": f"The folder is {tmp_path}"}
            assert await ann.call("agent_refine_task", more) == {"status": "ok"}
            assert (await ann.status(task_id, "completed", "failed"))["result"] == {"count": 1}
            assert "refined by ann" in [one["message"] for one in ann.of(task_id)]
            late = await ann.call("agent_refine_task", more)
            assert (late["code"], "asks about its plan" in late["error"]) == ("wrong_status", True)

    run(scenario())


def test_inputs_are_given_as_a_mapping(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(task="List the notes", type="list_the_notes")
            asked = (await ann.status(task_id, "waiting_user_input"))["intervention"]
            answer = {"task_id": task_id, "intervention_id": asked["id"]}
            wrong = await ann.call("agent_approve_task", {**answer, "response": {"foldr": "x"}})
            assert (wrong["code"], "`response.foldr`" in wrong["error"]) == ("invalid_task", True)
            right = await ann.call("agent_approve_task", {**answer, "response": {"folder": str(tmp_path)}})
            assert right == {"status": "ok"}
            assert (await ann.status(task_id, "completed"))["result"] == {"count": 0}

    run(scenario())


def test_roles(host: Host) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann, client(host, "bob") as bob:
            task_id = await ann.execute(task="Speak", type="say_with_consent")
            await ann.status(task_id, "waiting_user_input")
            async with client(host, "", "Anonymous") as nobody, client(host, "eve", "Viewer") as eve:
                assert (await nobody.call("agent_subscribe_task", {"task_id": task_id}))["code"] == "not_allowed"
                assert (await nobody.call("agent_execute_task", {"task": "x"}))["code"] == "not_allowed"
                assert (await eve.call("agent_execute_task", {"task": "x"}))["code"] == "not_allowed"
                state = await eve.call("agent_subscribe_task", {"task_id": task_id})
                assert (state["state"]["status"], state["state"]["owner"]) == ("waiting_user_input", "ann")
                assert (await eve.call("agent_cancel_task", {"task_id": task_id}))["code"] == "not_allowed"
                assert (await bob.call("agent_cancel_task", {"task_id": task_id}))["code"] == "not_allowed"
                assert [one["code"] for one in nobody.errors] == ["not_allowed"] * 2
                async with client(host, "max", "Owner") as boss:
                    assert await boss.call("agent_cancel_task", {"task_id": task_id}) == {"status": "ok"}
                assert (await eve.status(task_id, "cancelled"))["status"] == "cancelled"

    run(scenario())


def test_two_clients_see_only_their_own(host: Host) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann, client(host, "bob") as bob:
            hers, his = await asyncio.gather(
                ann.execute(task="Say hello", type="say_hello", inputs={"word": "ann"}),
                bob.execute(task="Say hello", type="say_hello", inputs={"word": "bob"}),
            )
            assert (await ann.status(hers, "completed"))["result"] == {"said": "ann"}
            assert (await bob.status(his, "completed"))["result"] == {"said": "bob"}
            assert {one["task_id"] for one in ann.updates} == {hers}
            assert {one["task_id"] for one in bob.updates} == {his}

    run(scenario())


def test_one_id_is_one_task_of_one_owner(host: Host) -> None:
    async def scenario() -> None:
        task_id = f"mine-{uuid4().hex[:6]}"
        async with client(host, "ann") as ann, client(host, "bob") as bob:
            payload = {"task": "Say hello", "type": "say_hello", "task_id": task_id}
            assert await ann.execute(**payload) == task_id
            await ann.status(task_id, "completed")
            assert await ann.execute(**payload) == task_id
            other = await bob.call("agent_execute_task", payload)
            assert (other["status"], other["code"], other["task_id"]) == ("error", "not_allowed", task_id)
            assert bob.errors == [{key: value for key, value in other.items() if key != "status"}]
            assert await ann.call("agent_subscribe_task", {"task_id": "nobody"}) == {
                "status": "error",
                "code": "task_not_found",
                "error": "there is no task `nobody` (any more); `aether-agent tasks` lists them",
                "task_id": "nobody",
            }

    run(scenario())


def test_a_client_that_reconnects_misses_nothing(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        with gate(tmp_path) as path:
            async with client(host, "ann") as ann:
                task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
                await ann.subtask(task_id, "stand", "running")
                last = ann.of(task_id)[-1]["seq"]
            path.touch()
            async with client(host, "ann") as again:
                state = await again.call("agent_subscribe_task", {"task_id": task_id, "after_seq": last})
                assert state["state"]["task_id"] == task_id
                end = await again.status(task_id, "completed")
                assert end["result"] == {"said": "through"}
                seen = [one["seq"] for one in again.of(task_id)]
                assert seen == list(range(last + 1, end["seq"] + 1))
                await again.call("agent_subscribe_task", {"task_id": task_id})
                await again.until(lambda one: one["seq"] == 1)

    run(scenario())


def test_a_task_goes_on_when_its_client_has_gone(host: Host, lab: Lab, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
            await ann.subtask(task_id, "stand", "running")
        ids.append(task_id)

    ids: list[str] = []
    before = len(host.left)
    with gate(tmp_path) as path:
        run(scenario())
        eventually(lambda: len(host.left) > before, what="the host's own handler saw it leave")
        path.touch()
        assert lab.ended(ids[0]) == "completed"


def test_without_persistence_a_task_ends_with_its_client(serve: Serve, lab: Lab, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann, client(host, "bob") as bob:
            task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(tmp_path / "gate")})
            await bob.call("agent_subscribe_task", {"task_id": task_id})
            await bob.subtask(task_id, "stand", "running")
            await ann.sio.disconnect()
            assert "its client has left" in (await bob.status(task_id, "cancelled"))["error"]

    host = serve(session_persistence=False)
    run(scenario())


def test_one_user_has_so_many_tasks_open_at_once(serve: Serve, tmp_path: Path) -> None:
    async def scenario() -> None:
        with gate(tmp_path) as path:
            name = f"ann-{uuid4().hex[:6]}"
            stand = {"task": "Stand", "type": "stand_at_a_gate", "inputs": {"gate": str(path)}}
            async with client(host, name) as ann, client(host, f"{name}-2") as bob:
                first = await ann.execute(**stand)
                await ann.execute(**stand)
                third = await ann.call("agent_execute_task", stand)
                assert (third["code"], "max_background_tasks" in third["error"]) == ("too_many_tasks", True)
                assert await ann.execute(**stand, task_id=first) == first
                other = await bob.execute(**stand)
                path.touch()
                await ann.status(first, "completed")
                await ann.execute(**stand)
                await bob.status(other, "completed")

    host = serve(max_background_tasks=2)
    run(scenario())


def test_progress_is_merged_and_statuses_never(serve: Serve, lab: Lab) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann:
            task_id = await ann.execute(task="Idle", type="idle_for_long", inputs={"seconds": 2.5})
            await ann.status(task_id, "completed")
            ids.append(task_id)
            told.extend(ann.of(task_id))

    host = serve(ui_update_interval=30)
    ids: list[str] = []
    told: list[dict[str, Any]] = []
    run(scenario())
    events = lab.store.events.read(ids[0])
    progress = [event.seq for event in events if event.type == "subtask.progress"]
    assert len(progress) >= 3
    seen = [one["seq"] for one in told]
    assert seen == sorted(seen)
    assert {event.seq for event in events} - set(seen) <= set(progress)
    assert len(set(seen) & set(progress)) <= 2  # the first at once; the last before the subtask ends


def test_twenty_clients(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        with gate(tmp_path) as path:
            async with client(host, "ann") as ann:
                task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
                await asyncio.gather(*(one(number, task_id, path) for number in range(20)))

    async def one(number: int, task_id: str, path: Path) -> None:
        async with client(host, f"user{number}") as somebody:
            await somebody.call("agent_subscribe_task", {"task_id": task_id})
            own = await somebody.execute(task="Say hello", type="say_hello", inputs={"word": str(number)})
            assert (await somebody.status(own, "completed"))["result"] == {"said": str(number)}
            path.touch()  # noqa: ASYNC240 - an empty file
            assert (await somebody.status(task_id, "completed"))["result"] == {"said": "through"}
            for each in (own, task_id):
                seen = [update["seq"] for update in somebody.of(each)]
                assert seen == list(range(1, len(seen) + 1))

    run(scenario())


@pytest.mark.parametrize(
    ("event", "payload", "says"),
    [
        ("agent_execute_task", None, "a mapping is wanted"),
        ("agent_execute_task", "audit", "a mapping is wanted"),
        ("agent_execute_task", {}, "`description` is missing"),
        ("agent_execute_task", {"task": "x", "owner": "root"}, "`owner` is unknown"),
        ("agent_execute_task", {"task": "x", "assume_yes": True}, "`assume_yes` is unknown"),
        ("agent_execute_task", {"task": "x", "priorty": 3}, "did you mean `priority`?"),
        ("agent_execute_task", {"task": "x", "priority": 12}, "`priority`"),
        ("agent_cancel_task", {}, "`task_id` is missing"),
        ("agent_cancel_task", {"task_id": 7}, "`task_id`: a text"),
        ("agent_refine_task", {"task_id": "x"}, "`instruction` is missing"),
        ("agent_approve_task", {"task_id": "x", "intervention_id": "y"}, "`response` is missing"),
        ("agent_subscribe_task", {"task_id": "x", "after_seq": -1}, "`after_seq`"),
    ],
)
def test_a_wrong_payload_is_answered_with_the_field(host: Host, event: str, payload: Any, says: str) -> None:
    async def scenario() -> None:
        async with client(host, "sue", "Supervisor") as sue:
            answer = await sue.call(event, payload)
            assert (answer["status"], answer["code"]) == ("error", "invalid_task")
            assert says in answer["error"]
            assert [one["error"] for one in sue.errors] == [answer["error"]]

    run(scenario())


def test_what_is_taken_off_the_server_is_only_ours(serve: Serve) -> None:
    host = serve()
    assert "agent_execute_task" in host.sio.handlers["/"]
    asyncio.run_coroutine_threadsafe(host.handle.close(), host.loop).result(20)
    assert set(host.sio.handlers["/"]) == {"connect", "disconnect"}


def test_a_lost_connection_to_the_store_loses_no_update(host: Host, lab: Lab, tmp_path: Path) -> None:
    async def scenario() -> None:
        with gate(tmp_path) as path:
            async with client(host, "ann") as ann:
                task_id = await ann.execute(task="Stand", type="stand_at_a_gate", inputs={"gate": str(path)})
                await ann.subtask(task_id, "stand", "running")
                lab.store.connection.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                path.touch()
                await ann.status(task_id, "completed")
                seen = [one["seq"] for one in ann.of(task_id)]
                assert seen == list(range(1, len(seen) + 1))

    run(scenario())


def test_retry_goes_on_where_it_failed_and_is_followed(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with client(host, "ann") as ann, client(host, "bob") as bob:
            late = tmp_path / "late"
            task_id = await ann.execute(task="Say and list", type="say_and_list", inputs={"folder": str(late)})
            await ann.status(task_id, "failed")
            late.mkdir()
            assert (await bob.call("agent_retry_task", {"task_id": task_id}))["code"] == "not_allowed"
            wrong = await ann.call("agent_retry_task", {"task_id": task_id, "inputs": ["x"]})
            assert (wrong["code"], "`inputs`" in wrong["error"]) == ("invalid_task", True)
            again = await ann.call("agent_retry_task", {"task_id": task_id})
            assert again["status"] == "accepted"
            asked = await ann.until(lambda one: one["task_id"] == again["task_id"] and "intervention" in one)
            assert "taken over: say" in asked["intervention"]["prompt"]
            yes = {"task_id": again["task_id"], "intervention_id": asked["intervention"]["id"], "response": "approve"}
            assert (await bob.call("agent_approve_task", yes))["code"] == "not_allowed"
            assert await ann.call("agent_approve_task", yes) == {"status": "ok"}
            last = await ann.status(again["task_id"], "completed", "failed")
            assert last["result"] == {"count": 0}

    run(scenario())
