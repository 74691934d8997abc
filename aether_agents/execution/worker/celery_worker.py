"""Worker: what serves queues. `serve` runs one in the foreground; `app_for` is what `celery -A …` finds."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal

from celery import Celery, Task, signals
from celery.utils.nodenames import host_format

from aether_agents.celery_app.app import create_app
from aether_agents.celery_app.producers import SPARE
from aether_agents.contracts import Specialist
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.outage import Outage
from aether_agents.execution.worker.consumer import LOOK_AGAIN, Broker
from aether_agents.execution.worker.services import Services
from aether_agents.execution.worker.warm_shutdown import WarmShutdown
from aether_agents.execution.worker.watchdog import Watchdog
from aether_agents.settings.model import Settings
from aether_agents.store import open_store
from aether_agents.telemetry import logs, tracing
from aether_agents.telemetry.logs import celery_logs

log = logging.getLogger(__name__)

Pool = Literal["threads", "prefork"]


def serve(
    settings: Settings,
    specialists: Sequence[Specialist],
    queues: Sequence[str],
    *,
    name: str,
    pool: Pool = "threads",
    concurrency: int | None = None,
    tell: Callable[[str], None] | None = None,
) -> int:
    """Serve queues until the process is told to end (SIGTERM, SIGINT), or is deaf. Gives the exit code.

    `concurrency` is the number of threads or processes; without it, what the settings give each queue, added up.
    `tell` hears each new state of the worker: `ready`, `waits for the store`, `deaf`.

    Raises:
        StoreUnavailable: there is no store.
        CannotOpen: this process has no sealing key, or not the one that the store's documents are sealed with.
        ValueError: a queue is nobody's.
    """
    with open_store(settings) as store:
        store.catalogue.entries()  # a wrong key is found now, not at the first subtask
    app = app_for(settings, specialists, queues, name=name, tell=tell)
    concurrency = concurrency or threads(settings, queues)
    app.conf.broker_pool_limit = concurrency + SPARE
    node = node_of(name)
    told = settings.agent_system.cli_interface
    logs.begin(node, told.logging_level, told.logging_format)
    worker = app.Worker(
        hostname=node,
        pool=pool,
        concurrency=concurrency,
        queues=list(queues),
        loglevel=told.logging_level,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def app_for(
    settings: Settings,
    specialists: Sequence[Specialist],
    queues: Sequence[str],
    *,
    name: str = "worker",
    tell: Callable[[str], None] | None = None,
) -> Celery:
    """A Celery object that serves queues, and opens what it needs in the process that runs their messages.

    Raises:
        StoreUnavailable: the settings name no broker.
        ValueError: a queue is nobody's.
    """
    bench = _Bench(settings, specialists, queues, name, tell or _nobody)
    app = create_app(settings, specialists, queues, handler=bench.handle)
    bench.attend(app)
    # For `celery -A`: threads unless told otherwise. Celery takes `-P prefork` for "not told"; `-P processes` is that.
    count = threads(settings, queues)
    app.conf.update(
        worker_pool="threads",
        worker_concurrency=count,
        broker_pool_limit=count + SPARE,
        worker_consumer="aether_agents.execution.worker.consumer:LastingConsumer",
    )
    return app


def node_of(name: str) -> str:
    """The name as Celery's nodes have it, with this host: `dev` is `dev@box`; in `dev@%h`, %h is the host."""
    return str(host_format(name if "@" in name else f"{name}@%h"))


def threads(settings: Settings, queues: Sequence[str]) -> int:
    """Threads that the settings give these queues, added up."""
    own = {name: chosen.concurrency for name, chosen in settings.specialists.items()}
    return sum(own.get(queue) or settings.delivery.concurrency for queue in queues)


class _Bench:
    """The services of whichever process this is: made on first use, once per process, closed when it ends."""

    def __init__(
        self,
        settings: Settings,
        specialists: Sequence[Specialist],
        queues: Sequence[str],
        name: str,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._specialists = specialists
        self._queues = queues
        self._name = name
        self._threads = threads(settings, queues)
        self._app: Celery | None = None
        self._lock = threading.Lock()
        self._services: Services | None = None
        self._pid = 0
        self._ended = threading.Event()
        self._ending = WarmShutdown(settings.delivery.grace)
        self._outage = Outage()
        self._broker = Broker(settings, self._outage, queues)
        self._watchdog = Watchdog(settings, self._broker, queues, grace=settings.delivery.grace, tell=tell)

    def attend(self, app: Celery) -> None:
        """Open and close with the process: a forked child by itself, any other pool in the one process there is."""
        self._app = app
        app.broker, app.watchdog = self._broker, self._watchdog
        signals.setup_logging.connect(self._log, weak=False)
        signals.worker_init.connect(self._before_forks, weak=False)
        signals.worker_process_init.connect(self._begin_child, weak=False)
        signals.worker_process_shutdown.connect(self._end, weak=False)
        signals.worker_ready.connect(self._begin, weak=False)
        signals.worker_shutting_down.connect(self._wind_down, weak=False)
        signals.worker_shutdown.connect(self._end, weak=False)

    def handle(self, celery_task: Task, queue: str, ids: tuple[str, ...]) -> str | None:
        """Run one message with this process's services; a word for its result."""
        return self._open().handle(celery_task, queue, ids)

    def _open(self) -> Services:
        if self._services is None or self._pid != os.getpid():
            with self._lock:
                if self._services is None or self._pid != os.getpid():
                    self._services, self._pid = self._made(), os.getpid()
        return self._services

    def _made(self) -> Services:
        if self._app is None:
            raise RuntimeError("the bench serves no app")
        tracing.begin("worker")
        services = Services(
            self._settings,
            self._specialists,
            self._app,
            self._queues,
            self._name,
            self._threads,
            self._outage,
            lambda: self._watchdog.state,
        )
        services.start()
        return services

    def _open_now_or_later(self) -> None:
        """Without a message too: this process lists its servers and renews. Not while the store is away, but then."""
        try:
            self._open()
        except StoreUnavailable as error:
            self._outage.trouble(error)
            threading.Thread(target=self._open_later, name="aether-opening", daemon=True).start()

    def _open_later(self) -> None:
        while not self._ended.wait(LOOK_AGAIN):
            with suppress(StoreUnavailable):
                self._open()
                return

    def refuse(self) -> None:
        """Take nothing new from now on: this process ends."""
        self._ended.set()
        if (services := self._here()) is not None:
            services.refuse()

    def cut(self) -> None:
        """Cancel the calls under way in this process."""
        if (services := self._here()) is not None:
            services.cut()

    def _here(self) -> Services | None:
        """The services of this process; a child's parent has none."""
        return self._services if self._pid == os.getpid() else None

    def _log(self, loglevel: int, logfile: str | None = None, **_: object) -> None:
        """In Celery's place: what it says goes the same way, at the level and to the file `celery -A …` was told."""
        celery_logs.begin(self._name, loglevel, self._settings.agent_system.cli_interface.logging_format, logfile)

    def _begin(self, sender: Any, **_: object) -> None:
        if not _forks(sender):
            self._open_now_or_later()

    def _before_forks(self, sender: Any, **_: object) -> None:
        self._threads = int(sender.concurrency)
        self._ending.before_forks()

    def _begin_child(self, **_: object) -> None:
        self._lock = threading.Lock()  # the parent's may have been held when it forked
        self._outage = Outage()
        self._name, self._threads = f"{self._name}-{os.getpid()}", 1
        self._open_now_or_later()
        self._ending.in_child(self)

    def _wind_down(self, sig: str = "SIGTERM", **_: object) -> None:
        self._watchdog.spare()
        self._ending.told(self, sig)

    def _end(self, **_: object) -> None:
        self._ended.set()
        services, self._services = self._here(), None
        if services is not None:
            services.close()
            tracing.end()
        self._watchdog.stop()
        self._broker.close()


def _nobody(_state: str) -> None:
    """Nobody wants to know."""


def _forks(consumer: Any) -> bool:
    """Whether the worker's messages run in other processes than this one."""
    return type(consumer.controller.pool).__module__.endswith("prefork")
