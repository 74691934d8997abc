"""A worker whose store turns away just as it is ready: `python -m tests.chaos.starting NAME COUNT_LOG NAMES QUEUES`.

`AETHER_TEST_AT_READY` is a command for the server, sent before the worker opens what it needs.
"""

import os
import sys

from celery import signals
from redis import Redis

from aether_agents.settings.model import Settings
from tests.integration.execution.entry import main


def _turn_away(**_: object) -> None:
    settings = Settings.model_validate_json(os.environ["AETHER_TEST_SETTINGS"])
    with Redis.from_url(str(settings.broker.url)) as admin:
        admin.execute_command(*os.environ["AETHER_TEST_AT_READY"].split())


if __name__ == "__main__":
    forks = os.environ["AETHER_TEST_POOL"] == "prefork"
    (signals.worker_process_init if forks else signals.worker_ready).connect(_turn_away, weak=False)
    sys.exit(main())
