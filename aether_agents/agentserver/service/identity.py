"""Identity: who is behind a connection. From the host's own word or a configured proxy's headers, never a payload."""

import inspect
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast, get_args

from aether_agents.access.roles import SEES_ALL, may_approve
from aether_agents.contracts import GitIdentity, HighLevelTask, Role
from aether_agents.errors import InvalidSettings, SecretMissing
from aether_agents.settings.model import AgentServerSettings
from aether_agents.settings.secret_source import value_at
from aether_agents.store import schedule_of
from aether_agents.telemetry.logs import hide

log = logging.getLogger(__name__)

#: Characters a secret has at least.
SECRET_MIN = 16

ROLES: tuple[Role, ...] = get_args(Role)  # from the least to the most

#: Who is said to ask where nobody says it: at the machine itself.
HERE = "local"

#: In whose name MCP clients of this installation ask (`aether-agent mcp serve`).
CLIENT = "mcp"

#: All that a request has of a header, by its name.
Said = Callable[[str], Sequence[str]]

#: The host's word about a connection: a value, or something to wait for.
Told = Callable[[str], Any]


class Person(NamedTuple):
    """Somebody who asks."""

    name: str
    role: Role

    @property
    def own_only(self) -> bool:
        """Whether he sees tasks of his own only."""
        return False

    def may_see(self, owner: str) -> bool:
        """Whether he sees the tasks of an owner."""
        return not self.own_only or owner == self.name


def in_name_of(person: Person, task: HighLevelTask) -> HighLevelTask:
    """A task as somebody's. Without a git identity of his own nothing is committed as who runs this server."""
    git = task.git or (None if person.name == HERE else GitIdentity())
    return task.model_copy(update={"owner": person.name, "role": person.role, "git": git})


class Confined(Person):
    """Somebody who sees tasks of his own only."""

    __slots__ = ()

    @property
    def own_only(self) -> bool:
        """He does."""
        return True


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
        if role == "Anonymous" or (self._get_user and not name) or is_nobodys(name, role):
            return NOBODY
        kind = Confined if found.own_only and role not in SEES_ALL else Person
        return kind(name or f"client {sid}", role)

    async def _found(self, sid: str) -> Person:
        try:
            session = await self._sio.get_session(sid)
            environ = self._sio.get_environ(sid) or {}
        except KeyError:  # it has just left
            return NOBODY
        if session.get("role"):
            kind = Confined if session.get("own_only") else Person
            return kind(name_of(session.get("user")), role_of(session["role"]))
        return from_proxy(self._settings, peer_of(environ), lambda name: headers_of(environ, name))


def from_proxy(settings: AgentServerSettings, peer: str, headers: Said) -> Person:
    """Who a proxy says it is; nobody unless the connection comes from a proxy that is configured, and proves it.

    It sees the tasks of this name only, unless one of its roles says otherwise. A header that is there twice is a
    client's beside the proxy's own: nobody knows which is whose, so it is nobody.
    """
    if peer not in settings.proxies or not is_proven(settings, peer, headers):
        return NOBODY
    names, roles = headers(settings.user_header), headers(settings.role_header)
    name, said = "".join(names).strip(), "".join(roles)
    if not name or len(names) > 1 or len(roles) > 1:
        return NOBODY
    role = role_of(said) if said.strip() else "User"
    if role == "Anonymous" or is_nobodys(name, role):
        return NOBODY
    return Person(name, role) if SEES_ALL & roles_of(said) else Confined(name, role)


def is_proven(settings: AgentServerSettings, peer: str, headers: Said) -> bool:
    """Whether a connection is a proxy's own: over a unix socket, which only it can open, or with the shared secret.

    Anybody on the proxy's host can open a connection from its address.
    """
    if peer == "unix":
        return True
    if not settings.proxy_secret:
        log.error("agentserver.proxies names %s, and agentserver.proxy_secret nothing: its word is not taken", peer)
        return False
    try:
        secret = proxy_secret(settings.proxy_secret)
    except InvalidSettings as error:
        log.error("the proxy at %s cannot prove itself: %s", peer, error)  # noqa: TRY400 - the error says all
        return False
    said = headers(settings.proxy_secret_header)
    return len(said) == 1 and secrets.compare_digest(said[0].encode(), secret.encode())


def proxy_secret(place: str, environ: Mapping[str, str] = os.environ) -> str:
    """The secret that a proxy shares with us, read where the settings say, so that it can be changed while we run.

    Raises:
        InvalidSettings: it is not there, or is too short to be one.
    """
    try:
        found = value_at(place, "`agentserver.proxy_secret`: this process", environ).strip()
    except SecretMissing as error:
        raise InvalidSettings(str(error)) from None
    if len(found) < SECRET_MIN:
        raise InvalidSettings(f"`agentserver.proxy_secret`: `{place}` must hold {SECRET_MIN} characters or more")
    hide(found)
    return found


def roles_of(said: object) -> set[Role]:
    """All roles among those that are said, separated by commas."""
    words = {word.strip().lower() for word in str(said or "").split(",")}
    return {role for role in ROLES if role.lower() in words}


def role_of(said: object) -> Role:
    """The highest role among those that are said, separated by commas; what is unknown counts for nothing."""
    known = roles_of(said)
    return next((role for role in reversed(ROLES) if role in known), "Anonymous")


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


def is_nobodys(name: str, role: Role) -> bool:
    """Whether a name is no person's: what is asked at this machine, and by schedules, is owned by such names.

    Who may act on everybody's tasks gains nothing by it.
    """
    taken = (name in (HERE, CLIENT) or schedule_of(name) is not None) and not may_approve(role)
    if taken:
        log.error("somebody calls himself `%s`, which is no person's name: he is let in as nobody", name)
    return taken


def peer_of(environ: Mapping[str, Any]) -> str:
    """The address a connection comes from; `unix` for a unix socket, nothing where its driver does not say."""
    scope = environ.get("asgi.scope")
    if scope is None:
        return ""
    client = scope.get("client")
    return str(client[0]) if client and client[0] else "unix"


def headers_of(environ: Mapping[str, Any], name: str) -> Sequence[str]:
    """A header as it came; not from the variables made of it: there `X_Remote_User` is `X-Remote-User`, whoever's."""
    wanted = name.lower().encode()
    return [value.decode("latin-1") for key, value in environ["asgi.scope"]["headers"] if key.lower() == wanted]
