"""Workers of one name on several hosts: one that leaves under load is one less, and nothing is refused or lost."""

import threading

from tests.integration.execution.lab import Lab, step


def test_one_of_two_workers_that_share_a_name_leaves_under_load(bare_lab: Lab) -> None:
    lab = bare_lab
    first, second = lab.worker(called="worker"), lab.worker(called="worker")
    pids = {one.pid for one in lab.store.presence.alive()}
    unserved, left = [], threading.Event()

    def watch() -> None:
        while not left.wait(0.01):
            served = [one.pid for one in lab.store.presence.alive() if "planner" in one.queues]
            unserved.extend([] if served else ["nobody serves the planner"])

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    names = [f"down-{number}" for number in range(20)]
    for name in names[:10]:
        lab.launch([step(name, "a"), step(name, "b", ["a"])], name)
    assert lab.stop(first, 40) == 0
    for name in names[10:]:
        lab.launch([step(name, "a"), step(name, "b", ["a"])], name)
    assert {lab.ended(name) for name in names} == {"completed"}
    left.set()
    watcher.join(10)
    assert unserved == []
    assert {lab.calls().started[f"{name}/{one}"] for name in names for one in "ab"} == {1}
    if len(pids) == 2:  # with threads, a worker is its process; with processes, each child speaks for itself
        assert {one.pid for one in lab.store.presence.alive()} == {second.pid}
