"""WorkerThread: a worker in a thread of this process, for tests: what `celery -A …` finds, and no other code."""

import threading
from collections.abc import Callable
from typing import Any

from celery import Celery, _state, signals
from celery.app import trace
from celery.worker import WorkController, state

from aether_agents.errors import StackError

#: Seconds a worker may take to begin, and to end.
TIMEOUT = 30.0
HOSTNAME = "worker@one-process"
#: What a worker hears of Celery: one of this process must hear of no other.
SIGNALS = (
    *(signals.setup_logging, signals.worker_init, signals.worker_process_init, signals.worker_process_shutdown),
    *(signals.worker_ready, signals.worker_shutting_down, signals.worker_shutdown),
)


class _Controller(WorkController):  # type: ignore[misc]  # celery has no types
    """Celery's worker without its command line: it leaves signals, logging and the title of the process alone."""

    def __init__(self, ready: threading.Event, **options: Any) -> None:
        self._ready = ready
        super().__init__(**options)

    def on_consumer_ready(self, consumer: Any) -> None:
        signals.worker_ready.send(sender=consumer)
        self._ready.set()


class WorkerThread:
    """Serves the queues of an app until it is stopped. One at a time in a process: Celery's state is the process's."""

    def __init__(self, made: Callable[[], Celery], queues: tuple[str, ...], threads: int) -> None:
        """`made` makes the app; what that has Celery's signals call is taken back when it ends."""
        self._heard = [(signal, list(signal.receivers)) for signal in SIGNALS]
        self._app = app = made()
        self._ready = threading.Event()
        self._worker = _Controller(
            self._ready,
            app=app,
            hostname=HOSTNAME,
            pool="threads",
            concurrency=threads,
            queues=list(queues),
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self._thread = threading.Thread(target=self._worker.start, name="aether-testing-worker", daemon=True)

    def start(self) -> None:
        """Begin; returns when messages are taken.

        Raises:
            StackError: it does not begin.
        """
        self._before = _state.default_app, _state._tls.current_app
        trace.setup_worker_optimizations(self._app, HOSTNAME)  # messages are of this app, in whichever thread they run
        state.should_stop = state.should_terminate = None
        self._thread.start()
        if not self._ready.wait(TIMEOUT):
            self.stop()
            raise StackError(f"the worker did not begin within {TIMEOUT:g} s: its log says why")

    def stop(self) -> None:
        """End it and all that it holds; calls under way are cancelled.

        Raises:
            StackError: it does not end.
        """
        state.should_stop = 0
        signals.worker_shutdown.send(sender=self._worker)
        self._thread.join(TIMEOUT)
        for signal, receivers in self._heard:
            signal.receivers = receivers
            signal.sender_receivers_cache.clear()
        state.should_stop = state.should_terminate = None
        trace.reset_worker_optimizations(self._app)
        _state.default_app, _state._tls.current_app = self._before
        self._app.close()
        if self._thread.is_alive():
            raise StackError(f"the worker did not end within {TIMEOUT:g} s")
