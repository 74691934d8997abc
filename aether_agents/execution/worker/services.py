"""Services: all that one worker process works with, opened in it (never before a fork) and closed in order."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from celery import Celery, Task
from celery.exceptions import Ignore, Reject

from aether_agents.access.policy_rules import Asker
from aether_agents.celery_app.producers import OwnProducer
from aether_agents.contracts import Json, Specialist
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.calls.call_counts import CallCounts
from aether_agents.execution.calls.pinned_tools import PinnedTools
from aether_agents.execution.calls.remembered_pins import RememberedPins
from aether_agents.execution.calls.tool_call import Caller
from aether_agents.execution.delivery.call_limits import CallLimits
from aether_agents.execution.delivery.call_record import CallRecord
from aether_agents.execution.delivery.late_endings import LateEndings
from aether_agents.execution.delivery.leases import Leases
from aether_agents.execution.delivery.outage import Outage
from aether_agents.execution.delivery.report_retention import ReportRetention
from aether_agents.execution.delivery.sender import Sender
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.execution.worker.heartbeat import Heartbeat
from aether_agents.execution.worker.known_servers import KnownServers
from aether_agents.execution.worker.known_specialists import KnownSpecialists
from aether_agents.execution.worker.occupancy import Occupancy
from aether_agents.execution.worker.planner_step import PlannerStep
from aether_agents.execution.worker.side_threads import SideThreads
from aether_agents.execution.worker.subtask_runner import SubtaskRunner
from aether_agents.execution.worker.tool_listing import ToolListing
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.pool.opener import Limits
from aether_agents.mcp_host.process.resource_use import ResourceUse
from aether_agents.mcp_host.process.sandbox_view import Confinement, confinement_of
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, Sealer, Store, open_store
from aether_agents.store.client.sealing import load_keyring
from aether_agents.telemetry import logs

log = logging.getLogger(__name__)


class Services:
    """Store, host, runner, planner's step, heartbeat and listing of one process, which runs so many messages at once.

    Raises:
        StoreUnavailable: there is no store.
        CannotOpen: this process has no sealing key.
    """

    _asked_anew = False

    def __init__(
        self,
        settings: Settings,
        specialists: Sequence[Specialist],
        app: Celery,
        queues: Sequence[str],
        name: str,
        threads: int,
        outage: Outage | None = None,
        state: Callable[[], str] = str,
    ) -> None:
        self._store, self._leases = open_store(settings), Leases(settings.delivery.lease)
        retry = StoreRetry(outage, settings.delivery.offer_for)
        self._sender = sender = Sender(app, trouble=retry.outage.trouble)
        self._store.when_freed(sender.attempt)
        self._own = OwnProducer(app)  # the heartbeat's: whatever the threads wait for, it renews and reaps
        servers = KnownServers(settings, KnownSpecialists(specialists))
        self._host, self._late_endings = _host(settings, servers)
        pins = RememberedPins(settings.home)
        toolbox = PinnedTools(self._host, self._store, servers.specialists, servers, pins, retry, servers.barred)
        counts, use, caller = self._calling(settings, queues, toolbox, retry)
        self._runner = SubtaskRunner(settings, self._store, caller, sender, self._leases, retry)
        self._occupancy, most = Occupancy(threads), min(threads, settings.delivery.spare)
        self._listing = ToolListing(self._store, toolbox, servers, queues, lambda: bool(self._leases.leases()), retry)
        self._reports, self._planner_step = _reports(settings, self._store), None
        if PLANNER in queues:  # its index of templates is made at once: a worker that plans nothing has none
            known = servers, self._listing.first, self._listing.notice, retry
            self._planner_step = PlannerStep(settings, self._store, sender, self._leases, *known)
        side = self._runner.side, queues, most, self._planner_step
        self._side_threads = SideThreads(self._store, self._occupancy, self._leases, *side)
        self._heartbeat = Heartbeat(
            settings,
            self._store,
            Sender(app, self._own),
            self._leases,
            self._host.cancel,
            name=name,
            kind="worker",
            queues=queues,
            watched=[PLANNER, *(specialist.queue for specialist in specialists)],
            pid=os.getpid(),
            call_counts=counts,
            outage=retry.outage,
            memory=self._runner.memory,
            state=state,
            memory_used=use.by_name,
            more=(use.turn, self._side_threads.turn, self._record, self._ask_anew),
        )
        self._ending, self._over, self._closed = threading.Event(), threading.Event(), threading.Lock()

    def _calling(
        self, settings: Settings, queues: Sequence[str], toolbox: PinnedTools, retry: StoreRetry
    ) -> tuple[CallCounts, ResourceUse, Caller]:
        """What makes calls, counts them, and looks what they use; a process by itself is named by its queues."""
        own = "+".join(queue for queue in queues if queue != PLANNER or len(queues) == 1)
        counts, limits = CallCounts(self._host.starts), CallLimits(settings, self._store.spent, retry.ask)
        told = CallRecord(self._store.audit), self._asker, self._git
        caller = Caller(self._host, toolbox, settings, self._leases, counts, *told, reserve=limits.reserve)
        return counts, ResourceUse(own, self._host.processes, counts.spent), caller

    def start(self) -> None:
        """Begin to renew, reap and list, as soon as the store is there for it."""
        self._store.tasks.when_scarce(self._occupancy.full)
        self._store.audit.begun()
        self._heartbeat.start()
        self._listing.start()
        self._reports.start()

    def handle(self, celery_task: Task, queue: str, ids: tuple[str, ...]) -> str | None:
        """Run one message; a word for its result.

        Raises:
            Ignore: its branch of the canvas ends here.
            Reject: this process ends; the message goes back, for another one.
        """
        if self._ending.is_set():
            raise Reject("this worker ends", requeue=True)
        if not all(isinstance(one, str) for one in ids) or len(ids) != (1 if queue == PLANNER else 2):
            log.warning("a message on %s carries something else than ids: left alone", queue)
            raise Ignore
        with logs.about(**dict(zip(("task_id", "subtask_id"), ids, strict=False))), self._occupancy.taken():
            if self._planner_step is not None and queue == PLANNER:
                self._planner_step.open(ids[0])
                return None
            return self._runner.run(celery_task, queue, *ids)

    def refuse(self) -> None:
        """Take nothing new from now on: this process ends. Calls under way go on, and keep their leases."""
        self._ending.set()
        self._listing.end()
        self._side_threads.end()
        self._heartbeat.serve_no_more()

    def cut(self) -> None:
        """Cancel the calls under way. What may be made again is given back; about the rest a person is asked."""
        self._over.set()
        self._runner.stop()
        for lease in self._leases.leases():
            self._host.cancel(lease)

    def close(self) -> None:
        """End everything: no call, no server, no thread, no connection is left. Idempotent."""
        if not self._closed.acquire(blocking=False):
            return
        while self._ending.is_set() and self._leases.leases() and not self._over.wait(0.05):
            log.debug("calls beside the pool's threads have their grace too")
        self.cut()
        self._side_threads.stop()
        self._reports.stop()
        self._listing.stop()
        self._host.close()
        with suppress(StoreUnavailable):
            self._record()
        self._heartbeat.stop()
        self._own.close()
        self._store.close()

    def _asker(self, task_id: str) -> Asker:
        task = self._store.tasks.task(task_id)
        return Asker(task.owner, task.role)

    def _git(self, task_id: str) -> dict[str, Json] | None:
        git = self._store.tasks.task(task_id).git
        return git.model_dump(mode="json") if git is not None else None

    def _ask_anew(self) -> None:
        """Once: what a version before asked in clear."""
        if not self._asked_anew:
            self._sender.send(self._store.tasks.ask_anew_in_clear())
            self._asked_anew = True

    def _record(self) -> None:
        self._late_endings.record(self._store)


def _reports(settings: Settings, store: Store) -> ReportRetention:
    """What removes the reports that are over their time from this machine."""
    return ReportRetention(settings.home, settings.retention.report_days, store.tasks.known)


def _host(settings: Settings, servers: KnownServers) -> tuple[Host, LateEndings]:
    """The host of a process, and what it hears of calls that were cancelled."""
    late = LateEndings()
    timeout = settings.agent_system.mcp_integration.server_timeout
    limits, confinement = Limits(grace=settings.delivery.cancelled_grace), _confinement(settings)
    return Host(
        servers,
        home=settings.home,
        connect_timeout=timeout,
        limits=limits,
        confinement=confinement,
        tell=late.heard,
        logins=LoginStore(settings.home, Sealer(load_keyring(settings))),
    ), late


def _confinement(settings: Settings) -> Confinement:
    """How servers are confined here; that they cannot be is said once in the life of a worker."""
    confinement = confinement_of(settings)
    if confinement.by is None and confinement.isolation == "auto":
        log.warning(
            "this machine cannot confine programs: servers that are not ours, and scanners, run as this worker does; "
            "install bubblewrap or allow user namespaces, or set `isolation: required` to start none of them"
        )
    return confinement
