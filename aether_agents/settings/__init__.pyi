from aether_agents.settings.loader import load_settings as load_settings
from aether_agents.settings.model import Settings as Settings
