"""How to get at Flower. Nothing of Flower is imported to say it."""

from aether_agents.settings.model import Settings


def access(settings: Settings, where: str = "") -> str:
    """Address, user and where the password is."""
    where = where or f"http://{settings.flower.address}:{settings.flower.port}"
    return f"flower: {where}  user aether, password in {settings.home / 'flower.password'}"
