"""Where the time of a task went, from the times of its events."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from aether_agents.contracts import Event, EventType, Plan, PlannedSubtask, Profile, TaskStatus
from aether_agents.orchestrator.profile import profile

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STATUS = {"pending": "pending", "planning": "planning", "waiting": "waiting_user_input", "paused": "paused"}


def events(*said: tuple[float, str]) -> list[Event]:
    """Events by `seconds, "task.planning"` or `seconds, "a ready"`."""
    found, status = [], TaskStatus.PENDING
    for number, (at, text) in enumerate(said, 1):
        subtask, _, word = text.rpartition(" ")
        kind = f"subtask.{word}" if subtask else text
        if not subtask:
            last = text.partition(".")[2]
            status = TaskStatus(STATUS.get(last, last if last in ("completed", "failed", "cancelled") else "running"))
        found.append(
            Event(
                seq=number,
                type=EventType(kind),
                task_id="t",
                subtask_id=subtask or None,
                at=BEGIN + timedelta(seconds=at),
                status=status,
                progress=0.0,
            )
        )
    return found


def plan(**needs: Iterable[str]) -> Plan:
    subtasks = [PlannedSubtask(id=name, tool="s/t", needs=tuple(ones), specialist="dev", risk="read")
                for name, ones in needs.items()]  # fmt: skip
    return Plan(name="p", description="p", origin="file", subtasks=tuple(subtasks))


def spent(found: Profile, subtask: str) -> dict[str, float]:
    return next(one.layers for one in found.steps if one.subtask == subtask)


BEFORE = [(0, "task.pending"), (1, "task.planning"), (3, "task.running")]


def test_each_second_is_in_one_layer_of_the_way_that_decided() -> None:
    """b took longer than a, and c waited for both; what a did meanwhile decided nothing."""
    said = [
        *BEFORE, (3, "a ready"), (3, "b ready"), (3.5, "a started"), (4, "b started"), (5, "a completed"),
        (10, "b retrying"), (12, "b ready"), (12.5, "b started"), (20, "b completed"), (20, "c ready"),
        (21, "c started"), (22, "c completed"), (22.25, "task.completed"),
    ]  # fmt: skip
    found = profile(events(*said), plan(a=(), b=(), c=("a", "b")))
    assert found.seconds == 22.25
    assert found.path == ("b", "c")
    assert found.layers == {
        "call": 6 + 7.5 + 1, "queue": 1 + 0.5 + 1, "planning": 2, "back-off": 2, "slot": 1, "delivery": 0.25,
    }  # fmt: skip
    assert sum(found.layers.values()) == found.seconds
    assert [(one.subtask, one.decides) for one in found.steps] == [("b", True), ("a", False), ("c", True)]
    assert spent(found, "a") == {"queue": 0.5, "call": 1.5}


def test_a_person_and_a_pause_are_layers_and_a_call_goes_on_through_a_pause() -> None:
    said = [
        *BEFORE, (3, "a ready"), (4, "a waiting"), (4, "task.waiting"), (64, "task.running"), (64, "a ready"),
        (65, "a started"), (66, "task.paused"), (68, "a completed"), (68, "b ready"), (78, "task.resumed"),
        (79, "b started"), (80, "b completed"), (80, "task.completed"),
    ]  # fmt: skip
    found = profile(events(*said), plan(a=(), b=("a",)))
    assert found.layers == {
        "person": 60, "paused": 10, "call": 3 + 1, "queue": 1 + 1 + 1, "planning": 2, "slot": 1,
    }  # fmt: skip
    assert sum(found.layers.values()) == found.seconds


def test_items_belong_to_their_step_and_hold_each_other_up() -> None:
    """Two at once of three: the third waits for the first."""
    said = [
        *BEFORE, (3, "a ready"), (4, "a started"), (4, "a#0 ready"), (4, "a#1 ready"), (5, "a#0 started"),
        (5, "a#1 started"), (7, "a#0 completed"), (7, "a#2 ready"), (8, "a#2 started"), (8.5, "a#1 completed"),
        (18, "a#2 completed"), (18, "a ready"), (18.5, "a started"), (19, "a completed"), (19, "task.completed"),
    ]  # fmt: skip
    found = profile(events(*said), plan(a=()))
    assert found.path == ("a", "a#0", "a#2")
    assert sum(found.layers.values()) == pytest.approx(19)
    (step,) = found.steps
    assert (step.items, step.seconds, step.decides) == (3, 16, True)
    assert step.layers == {"queue": 1 + 1 + 1 + 1 + 0.5, "call": 2 + 3.5 + 10 + 0.5}


def test_of_a_task_that_goes_on_or_never_began_what_there_is_is_told() -> None:
    assert profile([], None) == Profile(seconds=0)
    waits = profile(events((0, "task.pending"), (1, "task.planning"), (2, "task.waiting"), (9, "task.waiting")), None)
    assert waits.layers == {"person": 7, "planning": 1, "slot": 1}
    going = profile(events(*BEFORE, (3, "a ready"), (4, "a started"), (8, "a progress")), plan(a=()))
    assert going.layers == {"call": 4, "planning": 2, "slot": 1, "queue": 1}


def test_a_clock_that_is_set_back_stands_still() -> None:
    found = profile(
        events(*BEFORE, (3, "a ready"), (1, "a started"), (5, "a completed"), (5, "task.completed")), plan(a=())
    )
    assert found.layers == {"planning": 2, "call": 2, "slot": 1}
    assert sum(found.layers.values()) == found.seconds == 5


def test_a_thousand_items_are_looked_at_in_time() -> None:
    names = [f"a#{at}" for at in range(3_000)]
    said = [*BEFORE, (3, "a ready"), (3, "a started")]
    for word, at in (("ready", 3), ("started", 4), ("completed", 5)):
        said += [(at, f"{name} {word}") for name in names]
    said += [(5, "a ready"), (5, "a started"), (5, "a completed"), (5, "task.completed")]
    found = profile(events(*said), plan(a=()))
    assert (found.steps[0].items, found.layers["call"]) == (3_000, 1)
