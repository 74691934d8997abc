"""Flower in the embedded stack: `python -m aether_agents.local.flower NEWS_FD`, started by the supervisor."""

import logging
import os
import sys

from aether_agents.errors import AetherError
from aether_agents.local.supervision.orders import Orders, say_ready
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists
from aether_agents.telemetry import logs

log = logging.getLogger("flower")


def main(news: int) -> None:
    """Load, wait for `go`, serve Flower until its standard input closes."""
    os.set_inheritable(news, False)
    orders = Orders()
    settings = Settings.model_validate_json(orders.order())
    specialists = load_specialists(settings)
    told = settings.agent_system.cli_interface
    logs.begin("flower", told.logging_level, told.logging_format)

    # Loaded here because it takes a second: by now its standard input is watched.
    from aether_agents.monitoring.flower import serve  # noqa: PLC0415

    def ready(address: str) -> None:
        log.info("flower: %s", address)
        say_ready(news, settings.delivery.deaf_after)

    orders.order()
    orders.serving = True
    serve(settings, specialists, ready)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except AetherError as wrong:
        sys.exit(str(wrong))  # what the supervisor passes on as its last words
