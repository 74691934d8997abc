"""SubtaskRunner: one message, one claim, one call, one outcome. What a Celery task of a specialist's queue does.

It raises nothing but `Ignore`: that ends a branch of the canvas, and the store has already seen to it that somebody
sends what the branch would have brought.

The order of its steps: `run` claims; `_granted` holds the lease; `_ran` has the result told; `_work` turns faults into
outcomes; `_decided` decides what runs and calls it. Then one of: `_complete` and `_finish` write the outcome and send
what is ready next, `_give_back` leaves the run to another process, `_fans.send` sends the items of a fan-out.
"""

import logging
import time
from contextlib import suppress
from functools import partial
from typing import NoReturn

from celery import Task
from celery.exceptions import Ignore

from aether_agents.access.secrets import Secrets
from aether_agents.celery_app.app import priority_of
from aether_agents.contracts import Intervention, Outcome
from aether_agents.errors import Barred, CannotOpen, InvalidPlan, Newer, ReferenceMissing, StoreUnavailable, Tampered
from aether_agents.execution.calls.argument_check import applies
from aether_agents.execution.calls.kept_items import writer_for
from aether_agents.execution.calls.progress_report import reporter
from aether_agents.execution.calls.review_step import Reviewing
from aether_agents.execution.calls.tool_call import Caller, Run
from aether_agents.execution.delivery.fan_out import Items, joined
from aether_agents.execution.delivery.fan_sender import FanSender
from aether_agents.execution.delivery.leases import Lease, Leases, others_first
from aether_agents.execution.delivery.run_memory import RunMemory
from aether_agents.execution.delivery.run_results import MOST_OUTPUT, bounded, failed, retry_in, unanswered, word_of
from aether_agents.execution.delivery.sender import Sender
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.execution.turn import Turns
from aether_agents.planning.linked.dry_run import left_out
from aether_agents.process.boot_clock import now
from aether_agents.settings.model import Settings
from aether_agents.store import Granted, Refused, Store, Unopened
from aether_agents.telemetry import logs, tracing

log = logging.getLogger(__name__)

#: A join holds what all its children returned, so it may be this many times as large.
JOIN_FACTOR = 4
#: Workers that a subtask may lose before it counts as what kills them.
LOST_RUNS = 2


class SubtaskRunner:
    """Runs subtasks for one process. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        caller: Caller,
        sender: Sender,
        leases: Leases,
        store_retry: StoreRetry | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._caller = caller
        self._sender = sender
        self._leases = leases
        self._store_retry = store_retry or StoreRetry()
        self._reviewing = Reviewing(store, settings)
        self.memory = RunMemory(store)
        self._turns = Turns(store, self._store_retry)
        self._fans = FanSender(store, sender, self._store_retry)

    def run(self, celery_task: Task, queue: str, task_id: str, subtask_id: str) -> str:
        """Run the subtask a message names, if the store grants it, or the one that it grants instead; its outcome.

        Raises:
            Ignore: this branch of the canvas ends here.
        """
        asked_at = now()
        try:
            claim = self._store.tasks.claim(task_id, subtask_id, queue, priority_of(celery_task))
        except StoreUnavailable as error:
            self._store_retry.outage.trouble(error)  # nothing has begun: the reaper sends it again
            raise Ignore from error
        if isinstance(claim, Refused):
            log.debug("refused: %s", claim.reason)
            raise Ignore(f"refused: {claim.reason}")
        if claim.instead is not None:
            self.side(queue, claim, asked_at)
            raise Ignore("another subtask ran in its place")
        return self._granted(celery_task, queue, Lease(task_id, subtask_id, claim.token), claim, asked_at)

    def side(self, queue: str, claim: Granted | Unopened, asked_at: float) -> None:
        """Run a subtask for which no message is at hand: nothing that its message would bring hangs on this."""
        task_id, subtask_id = claim.instead or ("", "")
        with logs.about(task_id=task_id, subtask_id=subtask_id), suppress(Ignore):
            self._granted(None, queue, Lease(task_id, subtask_id, claim.token), claim, asked_at)

    def _granted(
        self, celery_task: Task | None, queue: str, lease: Lease, claim: Granted | Unopened, asked_at: float
    ) -> str:
        task_id, subtask_id, _ = lease
        if isinstance(claim, Unopened):
            if claim.tampered:
                self._store.alerts.suspect("broken document", f"{task_id}/{subtask_id}", claim.reason)
            again = others_first(claim.attempts) if claim.newer else None
            return self._uncalled(lease, claim, failed("document", claim.reason, sent=False), again)
        if claim.silence:
            return self._uncalled(lease, claim, unanswered(claim.subtask, claim.silence))
        if claim.tampered:
            self._store.alerts.suspect("forged answer", f"{task_id}/{subtask_id}", claim.doubt)
        since = time.time_ns() - int(1e9 * (now() - asked_at))
        ids = {"task_id": task_id, "subtask_id": subtask_id, "specialist": queue}
        span = tracing.span("subtask", parent=lambda: self._trace(task_id), since=since, **ids)
        with self._leases.holding(lease, asked_at), span:
            return self._ran(celery_task, lease, claim)

    def _ran(self, celery_task: Task | None, lease: Lease, claim: Granted) -> str:
        started = time.monotonic()
        try:
            result = self._work(lease, claim)
        except Barred as error:
            self._end_alike(lease, claim, failed("policy", str(error), sent=False))
            return "failed (policy)"
        log.info("%s in %.3f s", word_of(result), time.monotonic() - started)
        failed_now = isinstance(result, Outcome) and result.failed
        tracing.mark(tool=claim.subtask.tool or "", status=word_of(result), failed=failed_now)
        if isinstance(result, Outcome):
            if claim.answer is not None and not result.sent and not claim.subtask.repeatable:
                self._store_retry.ask(lambda: self._store.tasks.use_answer(*lease, used=False))  # it was not, after all
            if result.status == "cancelled" and self._given_up(result):
                self._give_back(lease, claim, result)
            self._complete(lease, claim, result)
            return word_of(result)
        if isinstance(result, Intervention):
            if not claim.subtask.repeatable:
                self.memory.asked(lease, result)
            self._store_retry.ask(lambda: self._store.tasks.ask_subtask(*lease, result))
            raise Ignore(word_of(result))
        return self._fans.send(celery_task, lease, claim, result)

    def _uncalled(self, lease: Lease, claim: Granted | Unopened, outcome: Outcome, again: float | None = None) -> str:
        self._finish(lease, outcome.model_copy(update={"attempts": claim.attempts}), claim, again)
        return word_of(outcome)

    def stop(self) -> None:
        """Wait no longer for a store that is away."""
        self._store_retry.stop()

    def _work(self, lease: Lease, claim: Granted) -> Outcome | Intervention | Items:
        """The result of this run. A fault of ours is an outcome too: its traceback stays in the worker's log."""
        try:
            return self._decided(lease, claim)
        except (Ignore, StoreUnavailable) as error:  # the lease ends, and the reaper decides
            raise Ignore from error
        except Barred:
            raise
        except Newer as error:
            self._finish(lease, failed("document", str(error), sent=False), claim, others_first(claim.attempts))
            raise Ignore from error
        except (InvalidPlan, ReferenceMissing) as error:
            return failed("arguments", str(error), sent=False)
        except CannotOpen as error:
            if isinstance(error, Tampered):
                self._store.alerts.suspect("broken document", f"{lease.task_id}/{lease.subtask_id}", str(error))
            return failed("document", str(error), sent=False)
        except Exception as error:
            log.exception("unexpected")
            return failed("internal", f"a fault of ours ({type(error).__name__}): the worker's log has the traceback")

    def _decided(self, lease: Lease, claim: Granted) -> Outcome | Intervention | Items:
        subtask = claim.subtask
        outcomes = self._turns.outcomes(lease.task_id, claim)
        if claim.join:
            results = self._turns.of_children(lease.task_id, claim, outcomes)
            return bounded(joined(subtask, claim.children, results), f"`{subtask.id}`", JOIN_FACTOR * MOST_OUTPUT)
        if claim.losses >= LOST_RUNS:
            return failed("internal", "its worker was lost twice while it ran: it is not tried again")
        if why := left_out(subtask):
            return Outcome(status="skipped", error=why, sent=False)
        write = partial(writer_for, self._settings.home, lease.task_id)
        if subtask.if_ is not None and not applies(subtask.if_, outcomes):
            return Outcome(status="skipped", error=f"its condition does not hold: {subtask.if_.ref}", sent=False)
        if (ended := self._reviewing.before(lease, claim, outcomes, self._caller, write)) is not None:
            return ended
        secrets = Secrets(self._settings, subtask.context)
        secrets.told(subtask.elicited)
        reviewed = self._reviewing.consent(lease, subtask, claim.answer)
        answer = (claim.answer, claim.doubt or reviewed.doubt, reviewed, lambda: self._use(lease))
        run = Run(lease, subtask, outcomes, secrets, *answer, secure=self._secure, writer=write)
        return self._caller.call(run, reporter(self._store, lease, secrets))

    def _use(self, lease: Lease) -> None:
        """Use a person's answer up: the same yes is never the reason for two calls. `Ignore`: the run is not ours."""
        if not self._store_retry.ask(lambda: self._store.tasks.use_answer(*lease, used=True)):
            raise Ignore

    def _given_up(self, outcome: Outcome) -> bool:
        """Whether a call was cancelled by this process, or was never made: a person's cancellation closes it anyway."""
        return self._store_retry.over or not outcome.sent

    def _give_back(self, lease: Lease, claim: Granted, outcome: Outcome) -> NoReturn:
        """This process ends while the call runs, or was stopped before it: it is made again, if that is safe.

        If it is not, the lease is left to end, and the reaper asks a person: it may have run.
        """
        if claim.subtask.repeatable or not outcome.sent:
            why = "its worker was stopped" if self._store_retry.over else "it was broken off before it was sent"
            told = outcome.model_copy(update={"error": f"{why}: it runs again"})
            self._store_retry.ask(lambda: self._store.tasks.complete(*lease, told, retry_in=0.0, head=claim.head))
        raise Ignore

    def _complete(self, lease: Lease, claim: Granted, outcome: Outcome) -> None:
        outcome = outcome.model_copy(update={"attempts": claim.attempts})
        again = retry_in(claim.subtask, outcome, claim.attempts)
        if again is None and not claim.subtask.repeatable:
            self.memory.completed(lease, outcome)
        self._finish(lease, outcome, claim, again, self._settings.delivery.retries_per_task)

    def _secure(self) -> None:
        self._store_retry.ask(lambda: self._store.durability.secure(self._store.tasks.epoch))

    def _finish(
        self, lease: Lease, outcome: Outcome, claim: Granted | Unopened, again: float | None = None, most: int = -1
    ) -> None:
        self._store.audit.ended(lease, outcome, again)
        done = self._store_retry.ask(
            lambda: self._store.tasks.complete(*lease, outcome, retry_in=again, most=most, head=claim.head)
        )
        if isinstance(claim, Granted) and done.kind == "ok" and again is None:
            self._turns.ended(lease.task_id, claim, outcome)
        self._sender.attempt(done.deliveries)
        if done.kind == "spent":  # it is not made again after all
            self._store.audit.ended(lease, outcome, None)
        elif done.kind == "stale" or again is not None:
            raise Ignore("runs again" if again is not None else "no longer its turn")

    def _end_alike(self, lease: Lease, claim: Granted, outcome: Outcome) -> None:
        """Nobody may make any call of this server any more: what else would call it in this task ends with this run."""
        self._complete(lease, claim, outcome)
        tasks = self._store.tasks
        self._sender.attempt(self._store_retry.ask(lambda: tasks.end_alike(lease.task_id, lease.subtask_id, outcome)))

    def _trace(self, task_id: str) -> str:
        return self._store_retry.ask(lambda: self._store.tasks.trace(task_id))
