"""The worker process of the embedded stack: `python -m aether_agents.local.worker NEWS_FD`.

Standard input is first its orders (the settings as one line of JSON, then `go` once the server answers), then it
is watched: when it closes, even because the supervisor was killed, the worker ends. Its calls are cancelled, unless the
last order was `finish`: then they have the grace of the settings to end by themselves.
"""

import os
import sys

from aether_agents.errors import AetherError
from aether_agents.local.supervision.orders import Orders, say_ready, say_state
from aether_agents.process.startup import loading
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists

PLANNER = "planner"


def main(news: int) -> None:
    """Load, wait for `go`, serve every queue until its standard input closes."""
    os.set_inheritable(news, False)
    orders = Orders()
    settings = Settings.model_validate_json(orders.order())
    specialists = load_specialists(settings)
    queues = (PLANNER, *(specialist.queue for specialist in specialists))

    # Loaded here because it takes seconds: by now its standard input is watched, and wrong settings were reported.
    with loading():
        from celery import signals  # noqa: PLC0415

        from aether_agents.execution.worker.celery_worker import serve  # noqa: PLC0415

    orders.order()
    orders.serving, orders.grace = True, settings.delivery.grace

    def say_so(**_: object) -> None:
        say_ready(news, settings.delivery.deaf_after, queues)

    signals.worker_ready.connect(say_so, weak=False)
    sys.exit(serve(settings, specialists, queues, name="worker", tell=lambda state: say_state(news, state)))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except AetherError as wrong:
        sys.exit(str(wrong))  # what the supervisor passes on as the worker's last words
