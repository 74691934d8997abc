"""The settings of a stack of one process: what a test gives, with a store, a key and a home of the stack's own."""

from pathlib import Path

from aether_agents.errors import StackError
from aether_agents.settings.model import Settings


def stack_settings(given: Settings, home: Path, url: str, key: Path) -> Settings:
    """Such a stack is never taken for deaf: that ends the process, which is the test's.

    Raises:
        StackError: they name a broker.
    """
    if given.broker.url:
        raise StackError("a stack of one process has a store of its own: leave `broker.url` out of its settings")
    return given.model_copy(
        update={
            "home": home,
            "project": given.project if "project" in given.model_fields_set else home,
            "broker": given.broker.model_copy(update={"url": url}),
            "encryption": given.encryption.model_copy(update={"key_file": key}),
            "delivery": given.delivery.model_copy(update={"deaf_after": 0.0, "grace": 1.0}),
        }
    )
