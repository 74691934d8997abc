"""The planner's worker: `celery -A workers.planner worker`, or `aether-agent worker planner`.

It serves the queue `planner`: a task comes in by its id, its plan goes out to the specialists' queues.
"""

from aether_agents.execution.worker.celery_worker import app_for
from aether_agents.settings.loader import load_settings
from aether_agents.specialists import load_specialists
from aether_agents.store import PLANNER

_settings = load_settings()

app = app_for(_settings, load_specialists(_settings), [PLANNER], name=PLANNER)
