"""Many at once: real threads on one task, and a server that restarts under it."""

import queue
import threading
from pathlib import Path

from aether_agents.contracts import HighLevelTask
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import Settings
from aether_agents.store import Granted, Store, open_store
from tests.conftest import eventually, leaks
from tests.integration.store.plans import DONE, granted, overdue, reap, run, started, status

LAYERS = {
    f"n{layer}_{at}": [f"n{layer - 1}_{i}" for i in range(6)] if layer else [] for layer in range(6) for at in range(6)
}


def test_one_of_many_claims_is_granted(store: Store) -> None:
    started(store, {"a": []})
    gate, answers = threading.Barrier(8), []

    def claim() -> None:
        gate.wait(5)
        answers.append(store.tasks.claim("t", "a", "dev"))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sum(isinstance(answer, Granted) for answer in answers) == 1
    assert len(answers) == 8


def test_one_of_many_submissions_is_new(store: Store) -> None:
    task = HighLevelTask(task_id="t", description="do it")
    gate, answers = threading.Barrier(8), []

    def submit() -> None:
        gate.wait(5)
        answers.append(store.tasks.create(task))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(answers) == [False] * 7 + [True]


def test_eight_workers_on_doubled_messages_run_each_subtask_once(store: Store) -> None:
    mail: queue.Queue[str | None] = queue.Queue()
    ran: list[str] = []

    def send(names: list[str]) -> None:
        for name in names * 2:
            mail.put(name)

    def work() -> None:
        while (name := mail.get()) is not None:
            claim = store.tasks.claim("t", name, "dev")
            if isinstance(claim, Granted):
                ran.append(name)
                send([d.subtask_id for d in store.tasks.complete("t", name, claim.token, DONE).deliveries])

    send([d.subtask_id for d in started(store, LAYERS)])
    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    try:
        eventually(lambda: status(store) == "completed", within=30)
    finally:
        for _ in workers:
            mail.put(None)
        for worker in workers:
            worker.join(10)
    assert sorted(ran) == sorted(LAYERS)


def test_a_server_that_restarts_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path / "own")
    elsewhere = settings.model_copy(update={"broker": settings.broker.model_copy(update={"url": server.url})})
    with server, open_store(elsewhere) as store:
        started(store, {"a": [], "b": ["a"], "c": ["b"]})
        run(store, "a")
        held = granted(store, "b")
        server.stop()
        server.start()
        assert status(store, "b") == "running"
        done = store.tasks.complete("t", "b", held.token, DONE)
        assert [d.subtask_id for d in done.deliveries] == ["c"]
        overdue(store, "c")
        assert reap(store) == ["c"]
        run(store, "c")
        assert status(store) == "completed"
        events = store.events.read("t")
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert leaks(store) == []
