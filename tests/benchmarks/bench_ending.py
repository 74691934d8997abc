"""From the last subtask of ten thousand to the end of what follows the task: what a person waits for at the end."""

import io
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.follower import Follower, attach
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.views.screen import screen_for
from aether_agents.contracts import TaskView
from aether_agents.orchestrator.orchestrator import Orchestrator, connect
from aether_agents.settings.model import Settings
from aether_agents.store import Store
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.integration.store.plans import DONE, granted, started, subtask

FANS, ITEMS = 10, 1_000


def but_the_last(store: Store) -> None:
    """A task of ten fan-outs of which all is done but one subtask behind them."""
    fans = [f"f{at}" for at in range(FANS)]
    started(store, {**{name: [] for name in fans}, "z": fans}, **{name: {"for_each": ["x"]} for name in fans})
    for name in fans:
        items = [subtask(f"{name}#{at}") for at in range(ITEMS)]
        store.tasks.fan("t", name, granted(store, name).token, items, window=None)
        for one in (*(item.id for item in items), name):
            store.tasks.complete("t", one, granted(store, one).token, DONE)


@dataclass
class Following:
    """Follows the task as `execute` does."""

    orchestrator: Orchestrator
    follows: bool = False
    ended: float = 0.0
    found: list[TaskView] = field(default_factory=list)

    def run(self) -> None:
        output = Output()
        state = attach(self.orchestrator, "t")
        screen = screen_for(output, state)
        self.follows = True
        self.found.append(Follower(self.orchestrator, state, screen, None, cancels=False).follow())
        ending(output, self.found[0])
        self.ended = time.monotonic()


def test_ending(settings: Settings, store: Store, measured: Measured) -> None:
    but_the_last(store)
    with connect(settings) as orchestrator, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        following = Following(orchestrator)
        thread = threading.Thread(target=following.run)
        last = granted(store, "z")
        thread.start()
        eventually(lambda: following.follows, 120, "it has looked, and follows")
        store.tasks.complete("t", "z", last.token, DONE)
        at = time.monotonic()
        thread.join(120)
    seconds = following.ended - at
    assert len(following.found[0].subtasks) == FANS * (ITEMS + 1) + 1
    measured(
        f"{FANS * ITEMS} subtasks: from the last one to the end of `execute`", "≤ 1 s", f"{seconds:.2f} s", seconds <= 1
    )
