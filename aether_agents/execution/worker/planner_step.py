"""PlannerStep: the planner's own step. A task is claimed, planned, and its plan handed to delivery."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import ParamSpec, TypeVar

from celery.exceptions import Ignore

from aether_agents.contracts import Plan
from aether_agents.errors import CannotOpen, Newer, StoreUnavailable, TaskNotFound, WrongStatus
from aether_agents.execution.delivery.leases import Lease, Leases
from aether_agents.execution.delivery.sender import Sender
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.execution.linked import cases, rerun_step
from aether_agents.execution.worker.known_servers import KnownServers
from aether_agents.execution.worker.known_specialists import CurrentTemplates, project_templates
from aether_agents.mcp_host.files.project_scope import Visible
from aether_agents.planning.linked.dry_run import only_reading
from aether_agents.planning.model.model_planner import ModelPlanner
from aether_agents.planning.planning_result import Asked, NotYet, Planned, Unplannable
from aether_agents.process.boot_clock import now
from aether_agents.settings.model import Settings
from aether_agents.store import CatalogueEntry, PlanningClaim, Refused, Store, Unopened
from aether_agents.telemetry import tracing

log = logging.getLogger(__name__)
Given = ParamSpec("Given")
Value = TypeVar("Value")

#: Seconds until a task is looked at again whose servers a worker is still listing.
LOOK_AGAIN = 0.3
#: Seconds a worker gets to start, beyond the time a server may take to connect.
MARGIN = 10.0
#: Seconds until a task is tried again that needs what only a later version can read.
_OTHERS_FIRST = 10.0
#: Tasks of which a process remembers since when they wait.
TASKS_WAITED_FOR = 1_000


class PlannerStep:
    """Opens tasks for one process. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        sender: Sender,
        leases: Leases,
        servers: KnownServers,
        needed: Callable[[Collection[str]], None],
        notice: Callable[[], None],
        store_retry: StoreRetry | None = None,
    ) -> None:
        """`servers` are those that may be started; `needed` hears which of them a task waits for.

        `notice` looks which of them were changed, so that a plan waits until they are listed anew.
        """
        self._settings = settings
        self._store = store
        self._sender = sender
        self._leases = leases
        self._store_retry = store_retry or StoreRetry()
        self._needed, self._notice = needed, notice
        self._servers = servers
        model = ModelPlanner(settings.llm, store.model_budget) if settings.llm.model else None
        self._templates = CurrentTemplates(settings, servers.specialists, model)
        self._waited: dict[str, float] = {}

    def open(self, task_id: str) -> None:
        """Plan the task a message names, if the store grants it, and deliver its plan.

        Raises:
            Ignore: it was refused, or the store is away; the reaper sends it again.
        """
        asked_at, since = now(), time.time_ns()
        try:
            claim = self._store.tasks.claim_planning(
                task_id, limit=self._settings.agent_system.orchestrator.max_concurrent_tasks
            )
            if isinstance(claim, Refused):
                log.debug("refused: %s", claim.reason)
                raise Ignore
            if isinstance(claim, Unopened):
                if claim.tampered:
                    self._store.alerts.suspect("broken document", task_id, claim.reason)
                if claim.newer:
                    self._leave(task_id, claim.token, claim.reason)
                else:
                    self._ask(self._store.tasks.fail_planning, task_id, claim.token, claim.reason, "document")
                return
            with (
                self._leases.holding(Lease(task_id, "", claim.token), asked_at),
                tracing.span(
                    "plan", parent=lambda: self._ask(self._store.tasks.trace, task_id), since=since, task_id=task_id
                ),
            ):
                self._step(task_id, claim)
        except StoreUnavailable as error:  # nothing has begun, or the plan is on its way: the reaper brings what is not
            self._store_retry.outage.trouble(error)
            raise Ignore from error
        except CannotOpen as error:
            log.warning("not planned: %s", error)
            raise Ignore from error

    def _ask(self, ask: Callable[Given, Value], *args: Given.args, **options: Given.kwargs) -> Value:
        """Ask the store for as long as it may take: what was planned is not to be planned again.

        Raises:
            Ignore: it stayed away.
        """
        return self._store_retry.ask(lambda: ask(*args, **options))

    def _trace(self, task_id: str) -> str:
        return self._ask(self._store.tasks.trace, task_id)

    def _step(self, task_id: str, claim: PlanningClaim) -> None:
        if claim.doubt:
            self._store.alerts.suspect("forged answer", task_id, claim.doubt)
        try:
            if claim.plan is not None and (barred := self._barred(claim.plan)):
                self._ask(self._store.tasks.fail_planning, task_id, claim.token, barred, "invalid_plan")
                return
            plan = claim.plan or self._planned(task_id, claim)
            if plan is not None:
                self._run(task_id, claim, plan)
        except (Ignore, StoreUnavailable):
            raise
        except (WrongStatus, TaskNotFound) as error:  # what it runs again is not there any more, or nothing would run
            self._ask(self._store.tasks.fail_planning, task_id, claim.token, str(error), "invalid_task")
        except CannotOpen as error:  # what a later version knows of servers: a process of that version plans it
            self._leave(task_id, claim.token, str(error))
        except Exception as error:
            log.exception("unexpected")
            text = f"a fault of ours ({type(error).__name__}) while it was planned: the worker's log has the traceback"
            self._ask(self._store.tasks.fail_planning, task_id, claim.token, text, "internal")

    def _leave(self, task_id: str, token: int, why: str) -> None:
        """Leave a task to a planner that reads what this one does not."""
        log.warning("not planned here: %s", why)
        self._ask(self._store.tasks.postpone_planning, task_id, token, _OTHERS_FIRST, why)

    def _planned(self, task_id: str, claim: PlanningClaim) -> Plan | None:
        """The plan, saved; None when there is none, and the store knows why."""
        tasks = self._store.tasks
        planner, faults = self._templates.planner()
        self._ask(self._notice)
        catalogue = self._catalogue()
        servers = self._servers.visible(claim.task.folder)
        conclusion = planner.plan(
            claim.task,
            self._said(catalogue, servers),
            project_templates(self._settings, claim.task.folder),
            servers,
            self._ask(rerun_step.unfinished, self._store, self._settings, claim.task),
        )
        if isinstance(conclusion, NotYet):
            self._needed([servers.names.get(name, name) for name in conclusion.servers])
            self._wait_for(task_id, claim, conclusion.servers)
            return None
        self._waited.pop(task_id, None)
        tracing.mark(status=type(conclusion).__name__.lower(), failed=isinstance(conclusion, Unplannable))
        if isinstance(conclusion, Planned):
            made = only_reading(conclusion.plan) if claim.task.dry_run else conclusion.plan
            plan = self._ask(rerun_step.planned, self._store, self._settings, claim.task, made, catalogue)
            if not self._ask(tasks.save_plan, task_id, claim.token, plan):
                return None
            unused = ", ".join(f"`{one}`" for one in conclusion.unused)
            for said in (*faults, *conclusion.warnings, *([f"not used of the request: {unused}"] if unused else [])):
                self._ask(tasks.log, task_id, said)
            return plan
        near = self._ask(cases.with_case, self._store, conclusion, claim.task)
        if isinstance(near, Asked):
            self._ask(tasks.ask, task_id, claim.token, near.intervention)
        if isinstance(near, Unplannable):
            for why in self._ask(self._store.catalogue.newer).values():
                raise Newer(why)  # who reads all of the catalogue may find a way
            self._ask(tasks.fail_planning, task_id, claim.token, near.error, near.code)
        return None

    def _catalogue(self) -> dict[str, CatalogueEntry]:
        """The catalogue, with every server that was listed here and may not be started any more as failed, and why."""
        self._servers.now()
        found = self._ask(self._store.catalogue.entries)
        for name, entry in found.items():
            if entry.status == "live" and (reason := self._servers.barred(entry)) is not None:
                found[name] = entry.model_copy(update={"status": "failed", "error": reason})
        return found

    def _said(self, catalogue: Mapping[str, CatalogueEntry], servers: Visible) -> dict[str, CatalogueEntry]:
        """The catalogue by the names that a task says; without the servers of other projects."""
        others = {name: entry for name, entry in catalogue.items() if name not in self._servers()}
        return {**others, **{said: catalogue[name] for said, name in servers.names.items() if name in catalogue}}

    def _barred(self, plan: Plan) -> str:
        """What speaks against a plan that was saved before: servers that may not be started any more."""
        self._servers.now()
        entries = self._ask(self._store.catalogue.entries)
        named = dict.fromkeys((subtask.tool or "").partition("/")[0] for subtask in plan.subtasks)
        found = {name: self._servers.barred(entries[name]) for name in named if name in entries}
        return "\n".join(f"the server `{name}` is not live: {reason}" for name, reason in found.items() if reason)

    def _run(self, task_id: str, claim: PlanningClaim, plan: Plan) -> None:
        tasks = self._store.tasks
        if claim.task.plan_only or (claim.task.dry_run and plan.origin in ("draft", "llm")):  # a draft runs nothing yet
            self._ask(tasks.finish_planning, task_id, claim.token)
        elif not claim.approved and (asked := rerun_step.question(claim.task, plan)) is not None:
            self._ask(tasks.ask, task_id, claim.token, asked)
        elif claim.task.rerun is not None:
            sends = self._ask(rerun_step.start, self._store, self._settings, claim, plan, claim.task.rerun)
            self._sender.send(sends or [])
        else:
            self._deliver(task_id, claim, plan)

    def _deliver(self, task_id: str, claim: PlanningClaim, plan: Plan) -> None:
        """As a canvas if the plan has its shape and size; else directly, as also when Celery refuses the canvas."""
        canvas = self._sender.canvas(
            task_id,
            plan.subtasks,
            priority=claim.task.priority,
            limit=self._settings.delivery.canvas_limit,
        )
        deliveries = self._ask(self._store.tasks.start, task_id, claim.token, plan, direct=canvas is None)
        if deliveries is None:
            return  # the claim was lost: whoever has it now starts the plan
        log.info("planned: %d subtasks, sent %s", len(plan.subtasks), "directly" if canvas is None else "as canvas")
        if canvas is not None and not self._sender.launch(canvas):
            log.warning("Celery refused its canvas: sent directly")
            deliveries = self._ask(self._store.tasks.flip, task_id)
        self._sender.send(deliveries)

    def _wait_for(self, task_id: str, claim: PlanningClaim, servers: tuple[str, ...]) -> None:
        """Look again soon, for as long as a server may take to start."""
        now = time.monotonic()
        if len(self._waited) >= TASKS_WAITED_FOR:  # tasks that were cancelled while they waited leave theirs behind
            self._waited.pop(next(iter(self._waited)))
        began = self._waited.setdefault(task_id, now)
        names = ", ".join(servers)
        if now - began > self._servers.store_retry(servers) + MARGIN:
            self._waited.pop(task_id, None)
            error = f"no worker has listed the tools of {names}: see `aether-agent ps` and `aether-agent servers list`"
            self._ask(self._store.tasks.fail_planning, task_id, claim.token, error, "could_not_plan")
            return
        message = f"waits for the tools of {names}" if began == now else ""
        self._ask(self._store.tasks.postpone_planning, task_id, claim.token, LOOK_AGAIN, message)
