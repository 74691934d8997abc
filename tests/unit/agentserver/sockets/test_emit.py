"""The post: one emit for all who are to have an update now, and each client's in order."""

import asyncio

import pytest

from aether_agents.agentserver.service.update import Message
from aether_agents.agentserver.sockets.emit import Emitter
from tests.unit.agentserver.turn import turn


class Wire:
    """In the place of a Socket.IO server: what was emitted, and to whom."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, list[str]]] = []
        self.fault: Exception | None = None

    async def emit(self, event: str, data: Message, *, to: list[str]) -> None:
        assert event == "agent_update"
        if self.fault:
            raise self.fault
        await turn()
        self.sent.append((data["seq"], to))


def update(seq: int) -> Message:
    return {"task_id": "t", "seq": seq}


def test_the_same_update_is_emitted_once_for_all_and_each_hears_in_order() -> None:
    async def scenario() -> None:
        wire = Wire()
        post = Emitter(wire)

        async def client(sid: str, numbers: range) -> None:
            for seq in numbers:
                await post.send(update(seq), sid)

        await asyncio.gather(client("a", range(1, 4)), client("b", range(1, 4)), client("late", range(2, 4)))
        assert [seq for seq, to in wire.sent if "a" in to] == [1, 2, 3]
        assert [seq for seq, to in wire.sent if "late" in to] == [2, 3]
        assert (1, ["a", "b"]) in wire.sent
        assert len(wire.sent) < 8

    asyncio.run(scenario())


def test_a_client_that_leaves_takes_it_from_nobody() -> None:
    async def scenario() -> None:
        wire = Wire()
        post = Emitter(wire)
        leaving, staying = (asyncio.create_task(post.send(update(1), sid)) for sid in ("a", "b"))
        await turn()
        leaving.cancel()
        await staying
        assert wire.sent == [(1, ["a", "b"])]
        await post.send(update(1), "c")  # a replay is sent anew
        assert wire.sent[1:] == [(1, ["c"])]

    asyncio.run(scenario())


def test_what_the_server_cannot_send_is_told_to_all_who_sent() -> None:
    async def scenario() -> None:
        wire = Wire()
        wire.fault = OSError("the manager of the clients is away")
        post = Emitter(wire)
        with pytest.raises(OSError, match="manager"):
            await post.send(update(1), "a")
        wire.fault = None
        await post.send(update(2), "a")
        assert wire.sent == [(2, ["a"])]

    asyncio.run(scenario())
