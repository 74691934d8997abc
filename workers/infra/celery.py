"""The worker of the specialist infra: `celery -A workers.infra worker`, or `aether-agent worker infra`."""

from aether_agents.execution.worker.celery_worker import app_for
from aether_agents.settings.loader import load_settings
from aether_agents.specialists import load_specialists
from workers.infra import SPECIALIST

_settings = load_settings()

app = app_for(_settings, load_specialists(_settings), [SPECIALIST.queue], name=SPECIALIST.name)
