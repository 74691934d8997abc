"""What Celery's own monitors (Flower) see of subtasks: the truth, in a word."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery
from celery.events.state import State

from aether_agents.celery_app.app import create_app
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, specialists, step


@contextmanager
def watched(lab: Lab) -> Iterator[State]:
    """All that a monitor knows while it looks."""
    app: Celery = create_app(lab.settings, specialists(lab.count_log, lab.names))
    state, ended = app.events.State(), threading.Event()

    def listen() -> None:
        with app.connection_for_read() as connection:
            receiver = app.events.Receiver(connection, handlers={"*": state.event})
            while not ended.is_set():
                try:
                    receiver.capture(limit=None, timeout=0.5, wakeup=False)
                except TimeoutError:
                    continue

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    # A worker that is not listening yet hears nothing of it: asked until one has answered.
    eventually(lambda: app.control.enable_events(reply=True, timeout=1, limit=1), within=30, what="it sends events")
    try:
        yield state
    finally:
        app.control.disable_events()
        ended.set()
        thread.join(10)
        app.close()


def seen(state: State, task_id: str) -> dict[str, tuple[str, str]]:
    """The last state of each subtask's message, and the word beside it."""
    found = {}
    for message in sorted(state.tasks.values(), key=lambda one: one.timestamp or 0):
        if task_id in str(message.args):
            name = str(message.args).rpartition(",")[2].strip(" ')\"")
            found[name] = (message.state, str(message.result or message.exception or ""))
    return found


def test_a_monitor_sees_what_became_of_each_subtask(lab: Lab) -> None:
    plan = [
        step("seen", "well"),
        step("seen", "badly", tool="fail", args={"message": "no"}, on_failure="continue"),
        step("seen", "waiting", approval="required"),
    ]
    with watched(lab) as state:
        lab.launch(plan, "seen")
        eventually(lambda: lab.store.tasks.view("seen").interventions, within=40, what="it asks")
        wanted = {
            "well": ("SUCCESS", "completed"),
            "badly": ("SUCCESS", "failed (tool_error)"),
            "waiting": ("RETRY", "waits for a person"),
        }

        def told() -> bool:
            found = seen(state, "seen")
            return all(
                name in found and found[name][0] == kind and word in found[name][1]
                for name, (kind, word) in wanted.items()
            )

        try:
            eventually(told, within=30, what="the monitor sees it")
        except AssertionError as error:
            raise AssertionError(seen(state, "seen")) from error
    lab.store.tasks.cancel("seen", "test")
    assert lab.ended("seen") == "cancelled"
