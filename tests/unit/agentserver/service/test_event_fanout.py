"""The fan-out: every follower hears everything once and in order, however slow he is and whenever he comes."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from aether_agents.agentserver.service import event_fanout as fanout
from aether_agents.agentserver.service.event_fanout import HELD, EventFanout, Following
from aether_agents.contracts import Event, EventType, TaskStatus
from aether_agents.errors import TaskNotFound
from aether_agents.store.events.stream import Head
from tests.unit.agentserver.turn import turn


def event(seq: int, type_: EventType = EventType.LOG) -> Event:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Event(seq=seq, type=type_, task_id="t", at=at, status=TaskStatus.RUNNING, progress=0.0)


class Kept:
    """In the place of a store: one task's events in a list, and a feed that passes on what the test says."""

    def __init__(self) -> None:
        self.events = self
        self.all: list[Event] = []
        self.followed: dict[str, int] = {}
        self.reads = 0
        self.deliver: Callable[[list[Event]], None]
        self.vanished: Callable[[str], None]

    def read(self, _: str, after: int, limit: int) -> list[Event]:
        self.reads += 1
        return self.all[after : after + limit]

    def head(self, _: str) -> Head:
        return Head(len(self.all), bool(self.all) and self.all[-1].ends_task)

    def feed(self, deliver: Callable[[list[Event]], None], vanished: Callable[[str], None]) -> "Kept":
        self.deliver, self.vanished = deliver, vanished
        return self

    def follow(self, task_id: str, after: int) -> None:
        self.followed[task_id] = after

    def forget(self, task_id: str) -> None:
        self.followed.pop(task_id, None)

    def wake(self) -> None:
        """Nobody sleeps here."""

    close = wake

    def happen(self, count: int = 1, type_: EventType = EventType.LOG) -> None:
        """Write events, and pass them on as one batch."""
        new = [event(len(self.all) + 1 + number, type_) for number in range(count)]
        self.all += new
        self.deliver(new)


def fanout_of(kept: Kept) -> EventFanout:
    async def at_once(work: Callable[[], Any]) -> Any:
        await turn()
        return work()

    return EventFanout(kept, at_once)  # type: ignore[arg-type] # what it needs of a store


def run(scenario: Callable[[Kept, EventFanout], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        kept = Kept()
        await asyncio.wait_for(scenario(kept, fanout_of(kept)), 5)

    asyncio.run(bounded())


async def all_of(following: Following) -> list[int]:
    heard: list[int] = []
    while (events := await following.next()) is not None:
        heard += [one.seq for one in events]
    return heard


@pytest.mark.parametrize("group", [3, fanout.GROUP])
def test_many_hear_all_of_it_once_and_the_store_is_read_once_by_each(
    group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "GROUP", group)

    async def scenario(kept: Kept, fanout: EventFanout) -> None:
        async def follow() -> list[int]:
            async with fanout.following("t") as following:
                first = await following.next() or []
                ready.release()
                return [one.seq for one in first] + await all_of(following)

        ready = asyncio.Semaphore(0)
        kept.all = [event(1), event(2)]
        followers = [asyncio.create_task(follow()) for _ in range(20)]
        for _ in followers:
            await ready.acquire()
        for _ in range(5):
            kept.happen()
            kept.happen(2)
            await turn()
        kept.happen(type_=EventType.TASK_COMPLETED)
        assert await asyncio.gather(*followers) == [list(range(1, 19))] * 20
        assert kept.reads == 20
        assert (fanout.followed, kept.followed) == (0, {})

    run(scenario)


def test_who_is_too_slow_for_what_is_held_reads_the_store() -> None:
    async def scenario(kept: Kept, fanout: EventFanout) -> None:
        kept.all = [event(1)]
        async with fanout.following("t") as slow, fanout.following("t") as quick:
            assert [await one.next() for one in (slow, quick)] == [[kept.all[0]]] * 2
            for _ in range(3):
                kept.happen(HELD - 1)
                await turn()
                assert len(await quick.next() or ()) == HELD - 1
            reads = kept.reads
            kept.happen(type_=EventType.TASK_FAILED)
            await turn()
            assert await all_of(quick) == [kept.all[-1].seq]
            assert kept.reads == reads
            assert await all_of(slow) == list(range(2, len(kept.all) + 1))
            assert kept.reads > reads

    run(scenario)


def test_what_happens_while_the_store_is_read_is_heard() -> None:
    async def scenario(kept: Kept, fanout: EventFanout) -> None:
        kept.all = [event(1)]
        async with fanout.following("t", after=1) as following:
            hearing = asyncio.create_task(all_of(following))
            await turn()  # it asks the store, which has nothing new yet, or just now
            kept.happen()
            kept.happen(type_=EventType.TASK_CANCELLED)
            assert await hearing == [2, 3]

    run(scenario)


def test_who_asks_for_what_is_not_there_yet_gets_what_comes() -> None:
    async def scenario(kept: Kept, fanout: EventFanout) -> None:
        kept.all = [event(1)]
        async with fanout.following("t", after=40) as following:
            assert await following.next(within=0.001) == []
            kept.happen()
            assert [one.seq for one in await following.next() or ()] == [2]

    run(scenario)


def test_a_task_that_has_ended_is_replayed_and_followed_by_no_reader() -> None:
    async def scenario(kept: Kept, fanout: EventFanout) -> None:
        kept.all = [event(1), event(2, EventType.TASK_COMPLETED)]
        async with fanout.following("t") as following:
            assert kept.followed == {}
            assert await all_of(following) == [1, 2]
        async with fanout.following("t", after=2) as following:
            assert await all_of(following) == []

    run(scenario)


def test_a_task_that_expires_is_not_found_and_a_fan_out_that_closes_ends_all() -> None:
    async def scenario(kept: Kept, fanout: EventFanout) -> None:
        kept.all = [event(1)]
        async with fanout.following("t", after=1) as following:
            assert await following.next(within=0.001) == []
            waiting = asyncio.create_task(following.next())
            kept.vanished("t")
            with pytest.raises(TaskNotFound, match="expired"):
                await waiting
        async with fanout.following("t", after=1) as following:
            assert await following.next(within=0.001) == []
            waiting = asyncio.create_task(following.next())
            await turn()
            await fanout.close()
            assert await waiting is None

    run(scenario)
