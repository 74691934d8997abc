"""Logs of a Celery worker: its own lines go where ours go, and it says nothing twice that we say once."""

import logging
import warnings

from aether_agents.telemetry import logs
from aether_agents.telemetry.logs.handler import Style

#: Celery's own lines about each message; ours has one per subtask. And bm25s, which sets itself to DEBUG.
_TALKATIVE = ("celery.worker.strategy", "celery.app.trace", "bm25s")

#: Celery's warnings about each lost connection and each message that could not be sent; ours is said once.
_REPEATING = ("celery.worker.consumer.consumer", "celery.app.amqp")

#: How what Celery could not send after a task begins: of a store that is away. The reaper sends it.
_AWAY = "StoreRefuses|OperationalError"


def begin(name: str, level: int, form: Style, file: str | None) -> None:
    """Log in Celery's place, at the level and to the file that `celery -A …` was told."""
    logs.begin(name, level, form, file=file)
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
    for repeating in _REPEATING:
        logging.getLogger(repeating).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", f"Exception raised outside body: ({_AWAY})", RuntimeWarning)
