"""The logins of this home, opened with the key that its workers have."""

from aether_agents.cli.session.session import Session
from aether_agents.errors import CannotOpen, InvalidSettings
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.settings.model import Settings
from aether_agents.store.client.sealing import Sealer, load_keyring


def logins_here(session: Session) -> LoginStore | None:
    """The logins; None where there is no key yet, and so none of them."""
    settings = session.stack.settings() if session.stack else session.settings
    try:
        return _opened(settings)
    except (CannotOpen, InvalidSettings):
        return None


def logins_made(session: Session) -> LoginStore:
    """The logins, with a key in any case: the embedded stack makes its own when it first starts.

    Raises:
        CannotOpen: a store is configured, and no key for it.
    """
    if (found := logins_here(session)) is not None:
        return found
    with session.reaching() as settings:
        return _opened(settings)


def _opened(settings: Settings) -> LoginStore:
    return LoginStore(settings.home, Sealer(load_keyring(settings)))
