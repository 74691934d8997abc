"""Identity: who is behind a connection. From the host's own word or a configured proxy's headers, never a payload."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, cast, get_args

from aether_agents.contracts import Role
from aether_agents.settings import AgentServerSettings

ROLES: tuple[Role, ...] = get_args(Role)  # from the least to the most

#: The host's word about a connection: a value, or something to wait for.
Told = Callable[[str], Any]


class Person(NamedTuple):
    """Somebody who asks."""

    name: str
    role: Role


NOBODY = Person("", "Anonymous")


class SessionServer(Protocol):
    """What identity needs of a `socketio.AsyncServer`."""

    def get_session(self, sid: str) -> Awaitable[Mapping[str, Any]]: ...
    def get_environ(self, sid: str) -> Mapping[str, Any] | None: ...


class Identities:
    """Says who is behind a sid. What the host's functions say goes first, then its session, then a proxy's headers."""

    def __init__(
        self,
        sio: SessionServer,
        settings: AgentServerSettings,
        get_role: Told | None = None,
        get_user: Told | None = None,
    ) -> None:
        self._sio = sio
        self._settings = settings
        self._get_role = get_role
        self._get_user = get_user

    async def of(self, sid: str) -> Person:
        """Who it is; Anonymous when nobody says, also when the host is asked for the user and knows none.

        Where only a role is said, one owns what one submits while one is connected.
        """
        found = await self._found(sid)
        role = role_of(await _told(self._get_role, sid)) if self._get_role else found.role
        name = name_of(await _told(self._get_user, sid)) if self._get_user else found.name
        if role == "Anonymous" or (self._get_user and not name):
            return NOBODY
        return Person(name or f"client {sid}", role)

    async def _found(self, sid: str) -> Person:
        try:
            session = await self._sio.get_session(sid)
            environ = self._sio.get_environ(sid) or {}
        except KeyError:  # it has just left
            return NOBODY
        if session.get("role"):
            return Person(name_of(session.get("user")), role_of(session["role"]))
        return from_proxy(self._settings, _peer(environ), lambda name: _header(environ, name))


def from_proxy(settings: AgentServerSettings, peer: str, header: Callable[[str], str]) -> Person:
    """Who a proxy says it is; nobody unless the connection comes from a proxy that is configured."""
    if peer not in settings.proxies:
        return NOBODY
    name = header(settings.user_header).strip()
    if not name:
        return NOBODY
    said = header(settings.role_header)
    return Person(name, role_of(said) if said.strip() else "User")


def role_of(said: object) -> Role:
    """The highest role among those that are said, separated by commas; what is unknown counts for nothing."""
    words = {word.strip().lower() for word in str(said or "").split(",")}
    return next((role for role in reversed(ROLES) if role.lower() in words), "Anonymous")


def name_of(said: object) -> str:
    """A user's name: a text, a mapping with `name` or `username`, or an object with `name` or `uid`."""
    if isinstance(said, str):
        return said
    if isinstance(said, Mapping):
        return str(said.get("name") or said.get("username") or "")
    return str(getattr(said, "name", None) or getattr(said, "uid", None) or "")


async def _told(ask: Told, sid: str) -> object:
    said = ask(sid)
    return await cast("Awaitable[object]", said) if inspect.isawaitable(said) else said


def _peer(environ: Mapping[str, Any]) -> str:
    """The address a connection comes from; `unix` for a unix socket."""
    scope = environ.get("asgi.scope")
    if scope is None:  # another driver than ASGI: it says so itself
        return str(environ.get("REMOTE_ADDR") or "")
    client = scope.get("client")
    return str(client[0]) if client and client[0] else "unix"


def _header(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(f"HTTP_{name.upper().replace('-', '_')}") or "")
