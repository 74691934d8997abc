"""The worker of the specialist security: `celery -A workers.security worker`, or `aether-agent worker security`."""

from aether_agents.execution.worker.celery_worker import app_for
from aether_agents.settings.loader import load_settings
from aether_agents.specialists import load_specialists
from workers.security import SPECIALIST

_settings = load_settings()

app = app_for(_settings, load_specialists(_settings), [SPECIALIST.queue], name=SPECIALIST.name)
