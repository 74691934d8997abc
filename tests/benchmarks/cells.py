"""Beyond one store, simulated from measured costs: `python -m tests.benchmarks.cells`.

A cell is a store of its own, with all its tasks. Each store does one thing at a time; workers follow every cell.
What is simulated is queueing alone: no failures, no network beyond a fixed latency.
"""

import heapq
import random
import statistics
import sys
from collections.abc import Callable
from typing import NamedTuple

#: Measured: seconds of the store's only thread a subtask takes; of a worker's core; and that a call waits for its tool.
STORE, WORKER, TOOL = 0.000_38, 0.002_16, 0.005
#: Subtasks of a task, one after the other; cores of workers beside each cell, so that the store is what gives out.
STEPS, CORES = 5, 8
#: Owners, and how unevenly they ask: the first as often as the second and third together, and so on.
OWNERS, SKEW = 200, 1.1
SECONDS = 4.0


class Shown(NamedTuple):
    """What came of one run."""

    carried: float  #: subtasks a second
    median: float  #: of a task, milliseconds
    slowest: float  #: p99
    busiest: float  #: the busiest cell ÷ the mean


def run(cells: int, load: float, chosen: Callable[[random.Random, int], int]) -> Shown:
    """Tasks arrive at `load` of what all stores together can; `chosen` says in which cell one lies."""
    dice = random.Random(7)
    rate = load * cells / STORE / STEPS
    free, work = [0.0] * cells, [0.0] * (CORES * cells)
    heapq.heapify(work)
    done = [0] * cells
    events: list[tuple[float, int, int, int, float]] = []  # when, number, cell, steps left, since
    moment, number = 0.0, 0
    while moment < SECONDS:
        moment += dice.expovariate(rate)
        number += 1
        heapq.heappush(events, (moment, number, chosen(dice, cells), STEPS, moment))
    took: list[float] = []
    carried = 0
    while events:
        now, number, cell, left, since = heapq.heappop(events)
        if now > SECONDS:
            break
        if left == 0:
            took.append(now - since)
            continue
        begun = max(now, free[cell])
        free[cell] = begun + STORE
        done[cell] += 1
        carried += free[cell] <= SECONDS
        core = max(heapq.heappop(work), free[cell])
        heapq.heappush(work, core + WORKER)
        heapq.heappush(events, (core + WORKER + TOOL, number, cell, left - 1, since))
    took = sorted(took[len(took) // 4 :])  # once it has settled
    return Shown(
        carried / SECONDS,
        statistics.median(took) * 1e3,
        took[int(len(took) * 0.99)] * 1e3,
        max(done) / statistics.mean(done),
    )


def by_task(dice: random.Random, cells: int) -> int:
    """A task's id says its cell: drawn evenly."""
    return dice.randrange(cells)


_WEIGHTS = [1 / (one + 1) ** SKEW for one in range(OWNERS)]


def by_owner(dice: random.Random, cells: int) -> int:
    """An owner's tasks all lie in one cell."""
    return dice.choices(range(OWNERS), _WEIGHTS)[0] * 2_654_435_761 % 2**32 % cells


def main() -> None:
    """Print the table of docs/concepts/beyond-one-store.md."""
    rows = [
        "| cells | carried at most | a task at 70 % (p50, p99) | busiest ÷ mean, by task | by owner | lost with one |"
    ]
    rows.append("|---|---|---|---|---|---|")
    for cells in (1, 4, 16):
        full, usual, owned = run(cells, 1.5, by_task), run(cells, 0.7, by_task), run(cells, 0.7, by_owner)
        rows.append(
            f"| {cells} | {full.carried:,.0f}/s | {usual.median:.0f} ms, {usual.slowest:.0f} ms | {usual.busiest:.2f} "
            f"| {owned.busiest:.2f} | {100 / cells:.0f} % of tasks |"
        )
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
