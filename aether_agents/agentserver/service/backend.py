"""Backend: what AgentServer reaches the tasks with. Everything in here blocks; the service calls it in threads."""

from types import TracebackType
from typing import Self

from aether_agents.local import Lease, Stack
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store


class Backend:
    """The orchestrator to the tasks, the store behind it, and, with no broker configured, the embedded stack.

    Raises:
        StoreUnavailable, StackError: the tasks cannot be reached.
        CannotOpen: this process has no sealing key.
    """

    def __init__(self, settings: Settings) -> None:
        self._lease: Lease | None = None
        self._stack: Stack | None = None
        if settings.broker.url is None:
            self._stack = Stack(settings)
            self._lease = self._stack.join_or_start()
            settings = self._stack.settings()
        try:
            self.store: Store = open_store(settings)
        except BaseException:
            self._let_go()
            raise
        self.settings = settings
        self.orchestrator = Orchestrator(settings, self.store)

    def schedules_changed(self) -> None:
        """Have an embedded stack remember whether there are schedules that people added, and start what fires them."""
        if self._stack is None:
            return
        there = bool(self.store.schedules.added())
        self._stack.note_schedules(there=there)
        if there:
            self._stack.join_or_start(also=("beat",)).release()

    def close(self) -> None:
        """Let go of all connections, and of the stack. Tasks go on, unless the stack ends with it."""
        self.orchestrator.close()
        self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _let_go(self) -> None:
        if self._lease is not None:
            self._lease.release()
