"""The table of faults: what each left of the tasks that met it, shown at the end of the run."""

import time
from collections import Counter
from collections.abc import Callable, Iterable

from tests.conftest import eventually
from tests.integration.execution.lab import Lab

#: Under which name a test's report carries its row.
ROW = "fault"
HEAD = ("fault", "what it broke", "tasks end as", "seconds to recovery", "lost", "doubled", "asked")

Record = Callable[[str, object], None]


class Toll:
    """What one fault cost, from the moment on at which it was over."""

    def __init__(self, lab: Lab, record: Record, fault: str, broke: str) -> None:
        """`broke` is the invariant that did not hold under this fault, in the version in which it was found."""
        self._lab, self._record, self._fault, self._broke = lab, record, fault, broke
        self._began = time.monotonic()

    def over(self) -> None:
        """The fault is over: from here on the recovery is measured."""
        self._began = time.monotonic()

    def of(self, ids: Iterable[str], within: float = 60, again: Iterable[str] = ()) -> dict[str, str]:
        """Wait until all of these tasks have ended, or a question is all that holds one up; gives how each stands.

        Calls in `again` may safely be made again, and are not counted as doubled.
        """
        waiting = set(ids)
        last = self._began

        def settled() -> bool:
            nonlocal last
            done = {one for one in waiting if self._settled(one)}
            waiting.difference_update(done)
            last = time.monotonic() if done else last
            return not waiting

        names = sorted(waiting)
        try:
            eventually(settled, within=within, what=f"after {self._fault} they end")
        finally:
            self._row(names, len(waiting), last - self._began, set(again))
        return {one: self._lab.store.tasks.view(one).status.value for one in names}

    def _settled(self, task_id: str) -> bool:
        view = self._lab.store.tasks.view(task_id)
        return view.finished_at is not None or bool(view.interventions)

    def _row(self, ids: list[str], lost: int, seconds: float, again: set[str]) -> None:
        views = [self._lab.store.tasks.view(one) for one in ids]
        ends = Counter(view.status.value for view in views)
        started = self._lab.calls().started
        doubled = sum(count > 1 and key.partition("/")[0] in ids for key, count in started.items() if key not in again)
        asked = sum(event.type.value == "subtask.waiting" for one in ids for event in self._lab.store.events.read(one))
        shown = ", ".join(f"{count} {status}" for status, count in ends.most_common())
        self._record(ROW, [self._fault, self._broke, shown, f"{seconds:.1f}", lost, doubled, asked])
