"""Turns: whether a subtask's turn has come, by the result of the others, sealed; the store's word for it is not enough.

Who can write to the store can have any subtask claimed: by its state there, and by a message. So before anything of it
is done, each subtask that it needs must have an outcome that opens, and that lets it go on; and what joins the children
of a fan-out must have all of them. What was found is remembered by the process: an outcome is the last word.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress

from aether_agents.contracts import Outcome
from aether_agents.errors import CannotOpen, Tampered
from aether_agents.execution.calls.references import needed, resolve
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.store import Granted, Store
from aether_agents.store.client.head import Head

#: Subtasks of which a process remembers that they let others go on.
REMEMBERED = 20_000


class Turns:
    """What a process knows of how subtasks ended. Thread-safe."""

    def __init__(self, store: Store, store_retry: StoreRetry) -> None:
        self._tasks = store.tasks
        self._store_retry = store_retry
        self._lock = threading.Lock()
        self._good: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def ended(self, task_id: str, claim: Granted, outcome: Outcome) -> None:
        """This process has recorded the result of a subtask."""
        if outcome.status == "completed":
            self._learn(task_id, claim, [claim.subtask.id])

    def outcomes(self, task_id: str, claim: Granted) -> Mapping[str, Outcome]:
        """The result of a subtask refers to, once it is sure that its turn has come.

        Raises:
            Tampered: something that it needs has not ended, or not in a way that lets it go on.
        """
        subtask = claim.subtask
        with self._lock:
            unsure = [name for name in subtask.needs if (task_id, claim.head.life, name) not in self._good]
        found = self._read(task_id, (*needed(subtask), *unsure), claim.head)
        for name in unsure:
            if (why := self._bars(task_id, name, found.get(name))) is not None:
                raise Tampered(
                    f"`{subtask.id}` was to run before its turn: `{name}`, which it needs, {why}. Somebody who lacks "
                    "the key has written to the store"
                )
        self._learn(task_id, claim, unsure)
        return found

    def of_children(self, task_id: str, claim: Granted, outcomes: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
        """The result of the children of a join; `outcomes` are those that it refers to.

        Raises:
            Tampered: one of them has not ended, or there are not as many as there are items.
        """
        name, children = claim.subtask.id, claim.children
        found = self._read(task_id, children, claim.head)
        if (missing := next((child for child in children if child not in found), None)) is not None:
            raise Tampered(f"`{name}` was to join the result of `{missing}`, which has not ended")
        items = resolve(claim.subtask.for_each, outcomes)
        if not isinstance(items, list) or len(items) != len(children):
            raise Tampered(f"`{name}` was to join {len(children)} children, which is not one for each of its items")
        return found

    def _bars(self, task_id: str, name: str, outcome: Outcome | None) -> str | None:
        """Why the result of a subtask lets nothing behind it run; None when it does."""
        if outcome is None:
            return "has not ended"
        if outcome.status == "completed" or (outcome.failed and self._is_tolerated(task_id, name)):
            return None
        return f"is {outcome.status}"

    def _is_tolerated(self, task_id: str, name: str) -> bool:
        """Whether the failure of a subtask lets the plan go on, as its sealed document has it."""
        found = self._store_retry.ask(lambda: self._tasks.subtask(task_id, name))
        return found is not None and found.on_failure == "continue"

    def _read(self, task_id: str, ids: Iterable[str], head: Head) -> dict[str, Outcome]:
        wanted = tuple(ids)
        if not wanted:
            return {}
        with suppress(CannotOpen):  # or one of them was written after the claim: under the head of now, then
            return self._store_retry.ask(lambda: self._tasks.outcomes_at(task_id, wanted, head))
        return self._store_retry.ask(lambda: self._tasks.outcomes(task_id, wanted))

    def _learn(self, task_id: str, claim: Granted, names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                self._good[task_id, claim.head.life, name] = None
            while len(self._good) > REMEMBERED:
                self._good.popitem(last=False)
