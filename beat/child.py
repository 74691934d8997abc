"""Beat in the embedded stack: `python -m beat.child NEWS_FD`, started by the supervisor as the worker is."""

import os
import sys

from aether_agents.errors import AetherError
from aether_agents.local.supervision.orders import Orders, say_ready
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists


def main(news: int) -> None:
    """Load, wait for `go`, fire the schedules until its standard input closes."""
    os.set_inheritable(news, False)
    orders = Orders()
    settings = Settings.model_validate_json(orders.order())
    specialists = load_specialists(settings)

    # Loaded here because it takes a second: by now its standard input is watched.
    from beat.service import serve  # noqa: PLC0415

    orders.order()
    orders.serving = True
    serve(settings, specialists, lambda: say_ready(news, settings.delivery.deaf_after))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except AetherError as wrong:
        sys.exit(str(wrong))  # what the supervisor passes on as its last words
