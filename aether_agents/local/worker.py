"""The worker process of the embedded stack: `python -m aether_agents.local.worker NEWS_FD`.

Standard input is first its orders (the settings as one line of JSON, then `go` once the server answers), then its
lifeline: when it closes, even because the supervisor was killed, the worker cancels what it does and ends.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time

from celery import signals

from aether_agents.execution.worker import serve
from aether_agents.local.child import GRACE
from aether_agents.settings import Settings
from aether_agents.specialists import load_specialists

PLANNER = "planner"


def main(news: int) -> None:
    """Load, wait for `go`, serve every queue until the lifeline closes."""
    os.set_inheritable(news, False)
    orders = sys.stdin.buffer
    settings = Settings.model_validate_json(orders.readline())
    specialists = load_specialists(settings)
    queues = (PLANNER, *(specialist.queue for specialist in specialists))
    if not orders.readline():
        return
    threading.Thread(target=_end_with_lifeline, name="lifeline", daemon=True).start()

    def say_so(**_: object) -> None:
        os.write(news, json.dumps({"queues": queues}).encode() + b"\n")

    signals.worker_ready.connect(say_so, weak=False)
    serve(settings, specialists, queues, name="worker")


def _end_with_lifeline() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1_024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.killpg(0, signal.SIGKILL)  # a session of its own: nobody else is in this group


if __name__ == "__main__":
    main(int(sys.argv[1]))
