"""Heartbeat: the heartbeat of a process. Renews its leases, says it is alive, and takes back what others lost."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from aether_agents.errors import AetherError, StoreUnavailable
from aether_agents.execution.calls.call_counts import CallCounts
from aether_agents.execution.delivery.leases import Lease, Leases
from aether_agents.execution.delivery.outage import Outage
from aether_agents.execution.delivery.run_memory import RunMemory
from aether_agents.execution.delivery.sender import Sender
from aether_agents.execution.worker.descriptors import strain
from aether_agents.process.boot_clock import now
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, Store

log = logging.getLogger(__name__)

#: Seconds between two signs of life; the store forgets a process after ten.
BEAT_EVERY = 2.0
#: Messages one round of the reaper may send: more waits half a second.
REAP_AT_MOST = 200


class Heartbeat:
    """One daemon thread. Every round does all its parts, whichever of them fails; it outlives a lost broker."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        sender: Sender,
        leases: Leases,
        cancel: Callable[[Lease], None],
        *,
        name: str,
        kind: str,
        queues: Sequence[str],
        watched: Sequence[str],
        pid: int,
        call_counts: CallCounts,
        memory: RunMemory,
        outage: Outage | None = None,
        state: Callable[[], str] = str,
        memory_used: Callable[[], Mapping[str, int]] = dict,
        more: Sequence[Callable[[], None]] = (),
    ) -> None:
        """`queues` are served here; `watched` are all there are: the reaper looks whether messages wait in them.

        `state` and `memory_used` are what the process says of itself beside that it is alive; `more` is done in each
        round too.
        """
        self._every = settings.delivery.pump
        self._store = store
        self._sender = sender
        self._leases = leases
        self._cancel = cancel
        self._worker = (name, kind, tuple(queues), pid)
        self._watched = tuple(watched)
        self._call_counts = call_counts
        self._memory = memory
        self._witness = memory.name if set(queues) - {PLANNER} else ""
        self._epoch = 0
        self._more = tuple(more)
        self._beaten = float("-inf")
        self._outage = outage or Outage()
        self._state, self._memory_used = state, memory_used
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aether-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin, with a first round at once."""
        self._thread.start()

    def serve_no_more(self) -> None:
        """Say from now on that this process serves no queue: it ends, and takes nothing new."""
        name, kind, _, pid = self._worker
        self._worker = (name, kind, (), pid)
        self._beaten = float("-inf")

    def stop(self, timeout: float = 5.0) -> None:
        """End it, and say goodbye. Idempotent."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        try:
            self._carry()
            self._tried(self._record)
            self._store.presence.leave(self._worker[0], self._worker[3], witness=self._witness)
        except StoreUnavailable:
            log.debug("the store is away: it will notice by itself that this worker has left")

    def turn(self) -> None:
        """One round."""
        parts = (self._renew, self._beat, self._reap, *self._more, self._tell, self._record)
        failures = [error for part in parts if (error := self._tried(part)) is not None]
        if failures:
            self._outage.trouble(failures[0])
        else:
            self._outage.over()

    def _run(self) -> None:
        while True:
            self.turn()
            if self._stopped.wait(self._every):
                return

    def _tried(self, part: Callable[[], None]) -> Exception | None:
        try:
            part()
        except AetherError as error:
            return error
        except Exception as error:
            log.exception("unexpected in the heartbeat")
            return error
        return None

    def _renew(self) -> None:
        leases = self._leases.leases()
        if not leases:
            return
        asked_at = now()
        lost, in_doubt = self._store.tasks.renew(leases)
        for lease in leases:
            if lease in lost:
                self._cancel(lease)
            elif lease not in in_doubt:
                self._leases.renewed(lease, asked_at)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= BEAT_EVERY:
            self._store.presence.beat(
                *self._worker,
                witness=self._witness,
                sure=self._store.durability.sure,
                state=self._state() if self._worker[2] else "ending",
                strain=strain(),
                memory=self._memory_used(),
            )
            self._carry()
            self._beaten = now

    def _carry(self) -> None:
        """Carry what was counted here to the store, or keep it for the next time."""
        counts = self._call_counts.take()
        try:
            self._store.counts.add(counts)
        except StoreUnavailable:
            self._call_counts.put_back(counts)
            raise
        self._store.durations.add(self._call_counts.take_durations())

    def _reap(self) -> None:
        """Take back what others lost; not before this process could say itself that it is alive.

        After a time in which the store took nothing, the first sign of life gives holders the time to renew.
        """
        if time.monotonic() - self._beaten > 2 * BEAT_EVERY:
            return
        self._sender.send(self._store.tasks.reap(REAP_AT_MOST, self._store.busy(self._watched)))
        self._sender.send(self._store.tasks.expire())

    def _record(self) -> None:
        """Carry what was said for the audit record, and link it if it is this process's turn."""
        self._store.audit.flush()
        if self._store.tasks.links_record:
            self._store.linker.turn()

    def _tell(self) -> None:
        """In a new epoch of the store, say again what is held and what was done: it may have forgotten it."""
        epoch = self._store.tasks.epoch
        if epoch == self._epoch:
            return
        self._renew()
        told = self._memory.of_other_epochs(epoch)
        for tell in told:
            self._sender.attempt(list(tell()))
        if self._witness:
            self._store.presence.heard(self._witness)
        if told:
            log.info("the store was restarted, or another took its place: %d unrepeatable calls told again", len(told))
        self._epoch = epoch
