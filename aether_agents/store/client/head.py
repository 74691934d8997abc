"""The head of a task: which version of each of its documents counts, sealed. An older one put back does not open.

Most documents are written once and have version 0. The task itself, the plan, a subtask and the answer about one may be
written again; whoever does so writes the head with them, in one step that fails if another was faster. The head has a
number of its own; a process that has seen one does not believe a lower one later (`Heads`).

A head that is put back together with all it names, to a process that never saw the later one, is not noticed. Nor is
one after the server was restarted, or another took its place: a store that comes back older has older heads.
"""

import secrets
import threading
from collections import OrderedDict

from pydantic import Field

from aether_agents.contracts import Contract

#: Tasks of which a process remembers the head.
REMEMBERED = 10_000


class Head(Contract):
    """What counts of one task's documents."""

    number: int = Field(default=0, description="Goes up with each change; 0 is of a task that has no head.")
    life: str = Field(default="", description="Drawn when the task was accepted: an id may be used again years later.")
    versions: dict[str, int] = Field(
        default_factory=dict, description="Version by field: `task`, `plan`, `d:SUBTASK`, `a:SUBTASK`; else 0."
    )
    used: dict[str, int] = Field(
        default_factory=dict,
        description="By subtask, the version of the answer on which a call was begun that is not safe to repeat.",
    )

    def version(self, field: str) -> int:
        """The version of a field's document that counts."""
        return self.versions.get(field, 0)

    def after(self, *fields: str) -> "Head":
        """The head when the documents of these fields have been written once more."""
        raised = {field: self.version(field) + 1 for field in fields}
        return self.model_copy(update={"number": self.number + 1, "versions": {**self.versions, **raised}})

    def using(self, subtask_id: str, *, used: bool) -> "Head":
        """The head when the answer about a subtask has been used, or was not used after all."""
        rest = {one: version for one, version in self.used.items() if one != subtask_id}
        now = {subtask_id: self.version(f"a:{subtask_id}")} if used else {}
        return self.model_copy(update={"number": self.number + 1, "used": {**rest, **now}})


#: Of a task that a version before accepted.
NO_HEAD = Head()


def first_head() -> Head:
    """The head of a task that is being accepted."""
    return Head(number=1, life=secrets.token_hex(4))


class Heads:
    """What a process has seen of heads. Opening one is the cost, and most tasks never change theirs. Thread-safe."""

    def __init__(self) -> None:
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
        """The head that was opened from the same bytes before."""
        with self._lock:
            seen = self._seen.get(task_id)
        return seen[1] if seen is not None and seen[0] == blob else None

    def saw(self, task_id: str, blob: bytes, head: Head) -> bool:
        """Remember a head; False if a later one was seen before."""
        with self._lock:
            before = self._seen.get(task_id)
            if before is not None and head.life in ("", before[1].life) and head.number < before[1].number:
                return False
            if head.number:
                self._seen[task_id] = blob, head
                self._seen.move_to_end(task_id)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return True
