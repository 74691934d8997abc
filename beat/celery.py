"""What `celery -A beat beat` starts."""

from aether_agents.settings.loader import load_settings
from aether_agents.specialists import load_specialists
from beat.service import beat_app

_settings = load_settings()

app = beat_app(_settings, load_specialists(_settings))
