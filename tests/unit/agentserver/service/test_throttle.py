"""How progress is merged: the latest per subtask, once per interval; statuses are never held nor overtaken."""

from datetime import UTC, datetime

from aether_agents.agentserver.service.throttle import Throttle
from aether_agents.contracts import Event, EventType, TaskStatus


def event(seq: int, type_: EventType = EventType.SUBTASK_PROGRESS, subtask: str | None = "a") -> Event:
    return Event(
        seq=seq,
        type=type_,
        task_id="t",
        subtask_id=subtask,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        status=TaskStatus.RUNNING,
        progress=0.0,
    )


def seqs(events: list[Event]) -> list[int]:
    return [one.seq for one in events]


def test_the_first_progress_goes_at_once_and_the_next_after_the_interval() -> None:
    throttle = Throttle(1.0)
    assert seqs(throttle.take([event(1)], 10.0)) == [1]
    assert throttle.wait(10.0) is None
    assert seqs(throttle.take([event(2)], 10.2)) == []
    assert seqs(throttle.take([event(3)], 10.4)) == []
    assert round(throttle.wait(10.4) or 0, 3) == 0.6
    assert seqs(throttle.take([], 11.0)) == [3]
    assert throttle.wait(11.0) is None


def test_each_subtask_has_its_latest_and_numbers_only_grow() -> None:
    throttle = Throttle(1.0)
    throttle.take([event(1)], 10.0)
    assert seqs(throttle.take([event(2), event(3, subtask="b"), event(4)], 10.1)) == []
    assert seqs(throttle.take([], 11.1)) == [3, 4]


def test_a_change_of_status_is_told_at_once_after_what_was_held() -> None:
    throttle = Throttle(60.0)
    throttle.take([event(1)], 10.0)
    done = event(3, EventType.SUBTASK_COMPLETED)
    assert seqs(throttle.take([event(2), done, event(4)], 10.1)) == [2, 3]
    assert seqs(throttle.take([event(5, EventType.TASK_COMPLETED, None)], 10.2)) == [4, 5]


def test_without_an_interval_everything_goes_at_once() -> None:
    assert seqs(Throttle(0).take([event(1), event(2), event(3)], 10.0)) == [1, 2, 3]
