"""The head of a task: which version of each of its documents counts, sealed. An older one put back does not open.

Most documents are written once and have version 0. The task itself, the plan, a subtask and the answer about one may be
written again; whoever does so writes the head with them, in one step that fails if another was faster. The result of a
subtask has as its version how often what it rests on was written again: its document, and the answer about it. The head
has a number of its own; a process that has seen one does not believe a lower one later (`Heads`), and neither does any
other on its machine (`store/client/head_memory.py`).

A head that is put back together with all it names is not noticed where nobody ever saw a later one: on a machine (an
AETHER_HOME) whose processes had nothing to do with that task since.
"""

import secrets
import threading
import time
from collections import OrderedDict

from pydantic import Field

from aether_agents.contracts import Contract
from aether_agents.store.client.head_memory import HeadMemory, Seen, is_later

#: Tasks of which a process remembers the head.
REMEMBERED = 10_000


class Head(Contract):
    """What counts of one task's documents."""

    number: int = Field(default=0, description="Goes up with each change; 0 is of a task that has no head.")
    life: str = Field(
        default="",
        description="Drawn when the task was accepted, a later one greater: an id may be used again years later.",
    )
    bound: bool = Field(
        default=False,
        description="Whether its documents are sealed to this life, and outcomes to a version; unset: of before.",
    )
    versions: dict[str, int] = Field(
        default_factory=dict, description="Version by field: `task`, `plan`, `d:SUBTASK`, `a:SUBTASK`; else 0."
    )
    used: dict[str, int] = Field(
        default_factory=dict,
        description="By subtask, the version of the answer on which a call was begun that is not safe to repeat.",
    )
    later: int = Field(
        default=0,
        description="Never kept: the number of one that was seen here before the store came back older; else 0.",
    )

    def version(self, field: str) -> int:
        """The version of a field's document that counts."""
        return self.versions.get(field, 0)

    def of_outcome(self, subtask_id: str) -> int:
        """The version of the result of a subtask that counts."""
        return self.version(f"d:{subtask_id}") + self.version(f"a:{subtask_id}") if self.bound else 0

    def place(self, place: str) -> str:
        """Where a document of this task is sealed to: another task's with the same id is no help."""
        return f"{place}@{self.life}" if self.bound else place

    def after(self, *fields: str) -> "Head":
        """The head when the documents of these fields have been written once more."""
        raised = {field: self.version(field) + 1 for field in fields}
        return self._next(versions={**self.versions, **raised})

    def using(self, subtask_id: str, *, used: bool) -> "Head":
        """The head when the answer about a subtask has been used, or was not used after all."""
        rest = {one: version for one, version in self.used.items() if one != subtask_id}
        now = {subtask_id: self.version(f"a:{subtask_id}")} if used else {}
        return self._next(used={**rest, **now})

    def _next(self, **changes: dict[str, int]) -> "Head":
        number = max(self.number, self.later) + 1
        return self.model_copy(update={"number": number, "later": 0, **changes})


#: Of a task that a version before accepted.
NO_HEAD = Head()


def first_head(*, bound: bool = True) -> Head:
    """The head of a task that is being accepted; without `bound`, of one that a version before accepted."""
    return Head(number=1, life=f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(4)}", bound=bound)


class Heads:
    """What a process has seen of heads. Opening one is the cost, and most tasks never change theirs. Thread-safe."""

    def __init__(self, memory: HeadMemory | None = None) -> None:
        """`memory` is what all processes of this machine have seen."""
        self._memory = memory
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[bytes, Head]] = OrderedDict()
        self._server = ""

    def on(self, server: str) -> bool:
        """Say which server gives the heads; True if it is another than before: what was seen there is forgotten."""
        with self._lock:
            another = server != self._server
            self._server = server
            if another:
                self._seen.clear()
        return another

    @property
    def begun(self) -> bool:
        """Whether it is known which server gives the heads."""
        return bool(self._server)

    def known(self, task_id: str, blob: bytes) -> Head | None:
        """The head that was opened from the same bytes before, unless somebody here has seen a later one since."""
        with self._lock:
            seen = self._seen.get(task_id)
        known = seen[1] if seen is not None and seen[0] == blob else None
        return known if known is None or self.later(task_id, known) is None else None

    def later(self, task_id: str, head: Head) -> Seen | None:
        """A later head of a task than this that some process of this machine has seen."""
        seen = self._memory.of(task_id) if self._memory is not None else None
        return seen if seen is not None and is_later(seen, head.life, head.number) else None

    def here(self, seen: Seen) -> bool:
        """Whether it was seen on the server that gives the heads now, which then has not come back older."""
        return seen.server == self._server

    def saw(self, task_id: str, blob: bytes, head: Head) -> bool:
        """Remember a head; False if a later one was seen before."""
        with self._lock:
            before = self._seen.get(task_id)
            if before is not None and is_later(Seen(before[1].life, before[1].number, ""), head.life, head.number):
                return False
            if head.number:
                self._seen[task_id] = blob, head
                self._seen.move_to_end(task_id)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        if head.number > 1 and self._memory is not None:  # one that has changed: most never do
            self._memory.keep(task_id, Seen(head.life, head.number, self._server))
        return True
