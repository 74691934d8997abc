"""Attack → what must not happen: what somebody with the key has taken away comes back, because it was kept and is
written into the store again; or what was said by a person stands there for everybody to read.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from aether_agents.contracts import AddedSchedule, Answer, Fired
from aether_agents.errors import NotAllowed
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import Settings
from aether_agents.settings.policy import PolicySettings
from aether_agents.store import PlanningClaim, Store, open_store, owner_of
from beat.added import only_added, with_added
from beat.firing import task_of
from tests.hostile.store.test_store_dump import everything
from tests.integration.store.plans import plan_of, started

ADDER = "ann"


def added(task: str = "look") -> AddedSchedule:
    settings: dict[str, Any] = {"every": 60, "task": task, "yes": True}
    return AddedSchedule(owner=ADDER, at=datetime.now(UTC), sentence="…", settings=settings)


Undo = Callable[[], None]


def kept(store: Store) -> Undo:
    """Remembers all that the store has of added schedules; called, puts it there again."""
    command, keys = store.connection.command, (store.keys.added_schedules, store.keys.schedules_head)
    held = [(key, command("DUMP", key)) for key in keys]

    def put() -> None:
        for key, blob in held:
            command("DEL", key)
            if blob is not None:
                command("RESTORE", key, 0, blob)

    return put


def its_field(store: Store) -> Undo:
    field = store.connection.command("HGET", store.keys.added_schedules, "night")
    return lambda: store.connection.command("HSET", store.keys.added_schedules, "night", field)


def its_field_without_the_head(store: Store) -> Undo:
    put = its_field(store)

    def both() -> None:
        put()
        store.connection.command("DEL", store.keys.schedules_head)

    return both


@pytest.mark.parametrize("attack", [its_field, its_field_without_the_head, kept])
def test_a_schedule_that_was_removed_is_not_fired_again(
    store: Store, settings: Settings, attack: Callable[[Store], Undo]
) -> None:
    """Also by a beat that starts later on that machine, and until somebody adds it again."""
    assert store.schedules.add("other", added())
    assert store.schedules.add("night", added())
    put_back = attack(store)
    assert store.schedules.remove("night")
    put_back()
    assert "night" not in store.schedules.added()
    with open_store(settings) as again:
        assert "night" not in with_added(settings, again.schedules).schedules
        assert again.schedules.add("night", added("look again"))
        assert again.schedules.added()["night"].settings["task"] == "look again"


def test_a_schedule_is_not_changed_back_to_what_it_was(store: Store) -> None:
    assert store.schedules.add("night", added("the old task"))
    old = its_field(store)
    assert store.schedules.remove("night")
    assert store.schedules.add("night", added("the new task"))
    old()
    assert store.schedules.added() == {}


def test_schedules_of_a_version_before_count_until_they_are_removed(store: Store) -> None:
    blob = store._access.seal("schedules:added:night", added())
    for name in ("night", "day"):
        sealed = store._access.seal(f"schedules:added:{name}", added())
        store.connection.command("HSET", store.keys.added_schedules, name, sealed)
    assert sorted(store.schedules.added()) == ["day", "night"]
    assert not store.schedules.add("night", added())
    assert store.schedules.remove("night")
    store.connection.command("HSET", store.keys.added_schedules, "night", blob)
    assert list(store.schedules.added()) == ["day"]


def test_who_added_a_schedule_is_known_after_it_was_removed(store: Store, settings: Settings) -> None:
    """Nobody approves what his own schedule asked for: removing it first changes nothing."""
    store.schedules.add("night", added())
    merged = with_added(settings, store.schedules)
    task = task_of("night", merged.schedules["night"], added=only_added(settings, store.schedules)["night"])
    assert store.tasks.create(task.model_copy(update={"task_id": "t"}))
    claim = store.tasks.claim_planning("t", limit=100)
    assert isinstance(claim, PlanningClaim)
    store.tasks.start("t", claim.token, plan_of({"a": []}, a={"needs_approval": True}), direct=True)
    store.schedules.remove("night")
    four_eyes = settings.model_copy(update={"policy": PolicySettings(four_eyes=True)})
    orchestrator = Orchestrator(four_eyes, store)
    (asked,) = store.tasks.view("t").interventions
    with pytest.raises(NotAllowed, match="asked for this"):
        orchestrator.answer("t", Answer(intervention_id=asked.id, response="approve", by=ADDER))
    assert store.tasks.view("t").owner == owner_of("night")
    store.tasks.cancel("t", "bob")


def test_the_yes_of_several_in_an_earlier_life_of_an_id_is_none_in_this_one(store: Store) -> None:
    """A batch's or a schedule's task has the same id each time, and may ask the very same thing."""
    for life in (1, 2):
        started(store, {"a": []}, a={"needs_approval": True})
        (asked,) = store.tasks.view("t").interventions
        if life == 1:
            store.tasks.vote("t", asked, "ann", 2)
            votes = store.connection.command("HGET", store.keys.subtasks("t"), f"y:{asked.id}")
            store.tasks.cancel("t", "ann")
            for key in (
                store.keys.task("t"),
                store.keys.subtasks("t"),
                store.keys.events("t"),
                store.keys.waiting("t"),
            ):
                store.connection.command("DEL", key)
    store.connection.command("HSET", store.keys.subtasks("t"), f"y:{asked.id}", votes)
    assert store.tasks.voted("t", asked) == ()
    assert store.tasks.vote("t", asked, "bob", 2) == ("bob",)
    store.tasks.cancel("t", "ann")


def test_what_people_say_beside_tasks_is_sealed_too(store: Store) -> None:
    canary = "the-reason-that-nobody-else-reads"
    store.tasks.put_brake_on("ann", canary)
    store.schedules.fired("night", Fired(slot=datetime.now(UTC), task_id="", error=canary))
    store.schedules.add("night", added(canary))
    assert canary.encode() not in everything(store)
    brake = store.tasks.brake()
    assert brake is not None
    assert brake.reason == canary
    fired = store.schedules.notes()["night"].fired
    assert fired is not None
    assert fired.error == canary
    store.tasks.release_brake("ann")


def test_what_a_version_before_said_in_clear_is_read(store: Store) -> None:
    store.connection.command("HSET", store.keys.brake, "by", "ann", "reason", "fire", "at", 1, "tasks", "")
    text = Fired(slot=datetime.now(UTC), task_id="", error="paused").model_dump_json()
    store.connection.command("HSET", store.keys.schedules, "fired|night", text)
    brake, fired = store.tasks.brake(), store.schedules.notes()["night"].fired
    assert brake is not None
    assert fired is not None
    assert (brake.reason, fired.error) == ("fire", "paused")
    store.connection.command("DEL", store.keys.brake, store.keys.schedules)
