"""The worker process of the embedded stack: `python -m aether_agents.local.worker NEWS_FD`.

Standard input is first its orders (the settings as one line of JSON, then `go` once the server answers), then its
lifeline: when it closes, even because the supervisor was killed, the worker cancels what it does and ends.
"""

import json
import os
import queue
import signal
import sys
import threading
import time

from aether_agents.errors import AetherError
from aether_agents.local.child import GRACE
from aether_agents.settings import Settings
from aether_agents.specialists import load_specialists

PLANNER = "planner"


class Lifeline:
    """Reads the orders, and ends the process when they can come no more."""

    def __init__(self) -> None:
        self.serving = False  # whether there may be anything to finish
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="lifeline", daemon=True).start()

    def order(self) -> str:
        """The next order; the process ends instead if there is none."""
        return self._orders.get()

    def _read(self) -> None:
        for line in sys.stdin:
            self._orders.put(line)
        if self.serving:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE)
        os.killpg(0, signal.SIGKILL)  # a session of its own: nobody else is in this group


def main(news: int) -> None:
    """Load, wait for `go`, serve every queue until the lifeline closes."""
    os.set_inheritable(news, False)
    lifeline = Lifeline()
    settings = Settings.model_validate_json(lifeline.order())
    specialists = load_specialists(settings)
    queues = (PLANNER, *(specialist.queue for specialist in specialists))

    # Loaded here because it takes seconds: by now the lifeline is watched, and wrong settings have been complained of.
    from celery import signals  # noqa: PLC0415

    from aether_agents.execution.worker import serve  # noqa: PLC0415

    lifeline.order()
    lifeline.serving = True

    def say_so(**_: object) -> None:
        os.write(news, json.dumps({"queues": queues}).encode() + b"\n")

    signals.worker_ready.connect(say_so, weak=False)
    serve(settings, specialists, queues, name="worker")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except AetherError as wrong:
        sys.exit(str(wrong))  # what the supervisor passes on as the worker's last words
