"""The watch: looks at what ended and at what there is, and sends an alert where the settings say so."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping

from aether_agents.contracts import FailureClass, TaskView, failure_class
from aether_agents.errors import AetherError, CannotOpen, StoreRefuses, StoreUnavailable, Tampered, TaskNotFound
from aether_agents.execution.delivery.outage import Outage
from aether_agents.monitoring.budgets import spending
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, Store, schedule_of
from aether_agents.store.measures.counters import DAY
from aether_agents.store.system.alert_outbox import Severity
from aether_agents.store.system.alerts import Suspicion
from beat.alerts import Alert, AlertSender
from beat.finding_changes import compared, found_by, from_level
from beat.life import Life
from beat.near import near_their_end

log = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK = 5.0

#: Findings one alert names.
NAMED = 10

#: How bad a failed task is, by whose failure it is, from the nearest to who asked: what he mistyped wakes nobody.
_SEVERITY: Mapping[FailureClass, Severity] = {
    "user": "notice",
    "policy": "notice",
    "tool": "warning",
    "lost": "warning",
    "document": "critical",
    "ours": "critical",
}
#: How an error begins that is nobody else's.
_OURS = "a fault of ours"


class Watcher:
    """One daemon thread. Of several, each task that ended is looked at by one."""

    def __init__(self, settings: Settings, store: Store, alarm: AlertSender | None, life: Life | None = None) -> None:
        """Without an alarm, audits are compared all the same, and the log tells. `life` gives signs with each look."""
        self._settings = settings.alerts
        self._schedules = settings.schedules
        self._store = store
        self._alarm = alarm
        self._life = life
        self._unserved: dict[str, float] = {}
        self._logged: set[tuple[str, str]] = set()  # what lasts, and was said when it began
        self._outage = Outage()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aether-watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._store.alerts.begin()
        self._thread.start()

    def stop(self) -> None:
        """End it, in three seconds at most."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(3)

    def turn(self) -> None:
        """One look at everything.

        Raises:
            StoreUnavailable: the store is away.
        """
        for entry, task_id in self._store.alerts.ended():
            try:
                view = self._store.tasks.view(task_id, outputs=True)
                for alert in self._about(view):
                    self._raise(alert)
            except TaskNotFound:
                log.debug("task %s is forgotten already", task_id)
            except CannotOpen as error:  # it holds nothing up
                log.warning("task %s cannot be looked at: %s", task_id, error)
                if isinstance(error, Tampered):
                    self._store.alerts.suspect("broken document", task_id, str(error))
            self._store.alerts.seen(entry)
        for entry, suspicion in self._store.alerts.suspicions():
            self._raise(_about_security(suspicion))
            self._store.alerts.looked_into(entry)
        near = near_their_end(self._store, self._settings.store_fuller_than)
        there = [*self._waits(), *self._queues(), *self._servers(), *self._budgets(), *near]
        for alert in there:
            self._raise(alert)
        self._logged &= {(alert.key, alert.title) for alert in there}
        if self._alarm is not None:  # a queue may lie unserved for a while before it is told: it is not resolved then
            self._alarm.settle([*(alert.key for alert in there), *(f"queue {queue}" for queue in self._unserved)])

    def look(self) -> None:
        """One look, whatever comes of it: a store that refuses is told of, one that is away is waited for."""
        try:
            self.turn()
            self._outage.over()
        except StoreRefuses as error:
            self._outage.trouble(error)
            self._raise(
                Alert("store refuses", "the store takes nothing that is written", str(error), "critical", lasting=True)
            )
        except StoreUnavailable as error:
            self._outage.trouble(error)
        except AetherError as error:
            log.warning("the watch could not look: %s", error)
        except Exception:
            log.exception("unexpected in the watch")

    def _run(self) -> None:
        while not self._stopped.wait(LOOK):
            self._sign()
            self.look()

    def _sign(self) -> None:
        try:
            if self._life is not None:
                self._life.sign()
        except Exception:
            log.exception("no sign of life could be given")

    def _raise(self, alert: Alert) -> None:
        if self._alarm is not None:
            self._alarm.raise_(alert)
        elif (alert.key, alert.title) not in self._logged:
            self._logged.add((alert.key, alert.title))
            log.warning("%s: %s", alert.title, alert.text)

    # -- what ended --------------------------------------------------------------------------------------------

    def _about(self, view: TaskView) -> Iterator[Alert]:
        what = f"task {view.task_id}"
        name = schedule_of(view.owner)
        if name is not None:
            what = f"schedule {name}, task {view.task_id}"
        if view.status == "failed" and self._settings.failed_tasks:
            about = name or (view.plan.template if view.plan else None) or view.task_id
            whose = failure_of(view)
            text = f"{view.error or 'it does not say why'}\n(a failure of this class: {whose})"
            severity, kind = _SEVERITY[whose], f"tasks that failed ({whose})"
            yield Alert(f"failed {about}", f"{what} failed", text, severity, kind, view.task_id)
        if name is not None and name in self._schedules and view.status == "completed":
            audit, new = compared(view, self._store.schedules.audit(name))
            self._store.schedules.audited(name, audit)
            found, title = new, "new findings"
        else:
            found, title = found_by(view), "findings"
        level = self._settings.findings_from
        if level is not None and (bad := from_level(found, level)):
            lines = [one.line for one in bad[:NAMED]] + ([f"and {len(bad) - NAMED} more"] if len(bad) > NAMED else [])
            key = "findings " + " ".join(sorted({one.fingerprint for one in bad}))
            worst: Severity = "critical" if bad[0].severity == "critical" else "warning"
            where = f" in {bad[0].place}" if bad[0].place else ""
            text = "\n".join(lines)
            yield Alert(key, f"{len(bad)} {title}{where}: {what}", text, worst, "findings", view.task_id)

    # -- what there is now ---------------------------------------------------------------------------------------

    def _waits(self) -> Iterator[Alert]:
        if self._settings.waits_longer_than:
            for task_id in self._store.counts.waiting(self._settings.waits_longer_than):
                text = f"it is asked: aether-agent approve {task_id}"
                title = f"task {task_id} waits for a person"
                yield Alert(f"waits {task_id}", title, text, "notice", "tasks that wait for a person", task_id)

    def _queues(self) -> Iterator[Alert]:
        if not self._settings.queue_without_worker:
            return
        served = {queue for worker in self._store.presence.alive() if worker.hears for queue in worker.queues}
        known = {PLANNER, *self._store.counts.queues()} - served
        now = time.monotonic()
        lying = {queue for queue, length in self._store.backlog(known).items() if length}
        self._unserved = {queue: self._unserved.get(queue, now) for queue in lying}
        for queue, since in self._unserved.items():
            if now - since >= self._settings.queue_without_worker:
                title, text = f"nobody serves the queue {queue}", f"aether-agent worker {queue}"
                yield Alert(f"queue {queue}", title, text, "critical", lasting=True)

    def _servers(self) -> Iterator[Alert]:
        if self._settings.server_down:
            for name, entry in self._store.catalogue.entries().items():
                if entry.status != "live":
                    title = f"the MCP server {name} is {entry.status}"
                    yield Alert(f"server {name}", title, entry.error or "", kind="MCP servers", lasting=True)

    def _budgets(self) -> Iterator[Alert]:
        if not self._settings.budgets:
            return
        today = self._store.counts.today()
        for one in spending(self._settings.budgeted(), today.calls):
            if one.spent:
                title = f"the budget of {one.server} is spent"
                text = f"{one.calls} calls today (UTC), {one.budget} are budgeted; more: aether-agent metrics"
                yield Alert(f"budget {one.server} {today.day}", title, text, every=DAY)


def failure_of(view: TaskView) -> FailureClass:
    """Whose failure a failed task is: of several, the one that is furthest from who asked."""
    if any(_OURS in (one or "") for one in (view.error, *(subtask.error for subtask in view.subtasks))):
        return "ours"
    kinds = [failure_class(one.error_kind) for one in view.subtasks if one.status == "failed"]
    return max(kinds, key=list(_SEVERITY).index, default="user")


def _about_security(suspicion: Suspicion) -> Alert:
    title = f"security: {suspicion.what} ({suspicion.about})"
    return Alert(f"security {suspicion.what} {suspicion.about}", title, suspicion.text, "critical", title)
