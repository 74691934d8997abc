"""The Lua library: loaded where it is missing, side by side with other versions, by many at once."""

import threading

import pytest

from aether_agents.contracts import SUBTASK_ARROWS, TASK_ARROWS, HighLevelTask, SubtaskStatus, TaskStatus
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from aether_agents.store.client.connection import ResponseError
from aether_agents.store.client.encoding import CODES
from aether_agents.store.client.lua_library import FORGET_AFTER, render
from tests.integration.store.plans import plan_of, planned, run, started, status

VERSION, SOURCE = render()


def libraries(store: Store) -> list[str]:
    found = store.connection.command("FUNCTION", "LIST", "LIBRARYNAME", "aether_*")
    return sorted(dict(zip(line[::2], line[1::2], strict=True))[b"library_name"].decode() for line in found)


def test_a_server_that_lost_its_functions_gets_them_again(store: Store) -> None:
    started(store, {"a": []})
    store.connection.command("FUNCTION", "FLUSH")
    run(store, "a")
    assert status(store) == "completed"
    assert libraries(store) == [f"aether_{VERSION}"]


def test_many_processes_load_it_at_once(store: Store, settings: Settings) -> None:
    store.connection.command("FUNCTION", "FLUSH")
    gate, faults = threading.Barrier(6), []

    def begin(number: int) -> None:
        with open_store(settings) as mine:
            gate.wait(5)
            try:
                assert mine.tasks.create(HighLevelTask(task_id=f"t{number}", description="do it"))
            except Exception as error:  # noqa: BLE001 - shown by the test
                faults.append(error)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert faults == []
    assert len(store.tasks.recent()) == 6


def test_another_version_stays_until_nobody_has_loaded_it_for_a_month(store: Store) -> None:
    other = SOURCE.replace(VERSION, "0123456789ab")
    store.connection.command("FUNCTION", "LOAD", other)
    started(store, {"a": []})
    now = int(store.connection.command("TIME")[0]) * 1000
    store.connection.command("HSET", store.keys.libraries, "0123456789ab", now - FORGET_AFTER + 60_000)
    store.tasks._access.library.load()
    assert "aether_0123456789ab" in libraries(store)
    store.connection.command("HSET", store.keys.libraries, "0123456789ab", now - FORGET_AFTER - 60_000)
    store.tasks._access.library.load()
    assert libraries(store) == [f"aether_{VERSION}"]
    run(store, "a")


def test_the_tables_of_the_contracts_are_the_librarys() -> None:
    for state, after in SUBTASK_ARROWS.items():
        body = ", ".join(f"{CODES[to]} = true" for to in SubtaskStatus if to in after)
        assert f"{CODES[state]} = {{{body}}}" in SOURCE
    for task_state, task_after in TASK_ARROWS.items():
        names = ", ".join(f"{to.value} = true" for to in TaskStatus if to in task_after)
        assert f"{task_state.value} = {{{names}}}" in SOURCE


def test_an_arrow_that_is_not_in_the_table_stops_the_call(store: Store) -> None:
    claim = planned(store)
    store.connection.command("HSET", store.keys.task("t"), "status", "pending")
    with pytest.raises(ResponseError, match="no arrow from pending to running"):
        store.tasks.start("t", claim.token, plan_of({"a": []}), direct=True)
    assert store.tasks.log("t", "and the numbering goes on")
    assert [event.seq for event in store.events.read("t")] == [1, 2, 3]
