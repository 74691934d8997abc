"""register_aetherterm: tasks on AetherTerm's AgentServer, with roles and users as the platform has them.

The platform's workspace says who is a Viewer. Names and further roles are in the headers of a proxy, which AetherTerm
believes whoever sends them. Here they count from a proxy that the settings name and that proves itself, or where the
host says that nothing but its proxy can connect.
"""

import sys
from typing import Any, NamedTuple

from aether_agents.agentserver.service.identity import ROLES, Said, from_proxy, headers_of, peer_of, role_of
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.sockets.handlers import Handle, register
from aether_agents.contracts import Role
from aether_agents.errors import InvalidSettings
from aether_agents.settings.loader import load_settings
from aether_agents.settings.model import Settings

#: Headers by which AetherTerm's proxies name a user and his roles, as its handlers read them.
USER_HEADER = "X-Remote-User"
ROLE_HEADERS = ("X-Auth-Roles", "X-User-Roles", "X-Roles")

#: Where AetherTerm keeps who is in its workspace.
WORKSPACES = (
    "aetherterm.agentserver.domain.services.global_workspace_service",
    "aetherterm.agentserver.services.global_workspace_service",
)


class _Who(NamedTuple):
    name: str
    role: Role


def register_aetherterm(
    app: Any, settings: Settings | None = None, *, proxy_only: bool = False, service: Service | None = None
) -> Handle:
    """Put tasks on the AgentServer that AetherTerm's `create_asgi_app()` gave, or on its `AsyncServer`.

    Args:
        app: the ASGI application, or the Socket.IO server.
        settings: where the tasks are; without them, as `load_settings()` finds them.
        proxy_only: nothing but the platform's own proxy can connect to this server, and it sets the headers anew:
            they are believed, as AetherTerm does.
        service: one to share with other faces of this process.

    Raises:
        InvalidSettings: there is no Socket.IO server in `app`, or the settings are wrong.
    """
    sio = app if hasattr(app, "handlers") else getattr(app, "engineio_server", None)
    if sio is None or not hasattr(sio, "get_environ"):
        raise InvalidSettings("no Socket.IO server is in this application: give what `create_asgi_app()` returned")
    settings = settings or load_settings()

    def who(sid: str) -> _Who:
        environ = sio.get_environ(sid) or {}
        seen = _seen(settings, environ, proxy_only=proxy_only)
        workspace = workspace_role(sid)
        return _Who(seen.name, min(seen.role, workspace, key=ROLES.index) if workspace == "Viewer" else seen.role)

    return register(
        sio, settings, lambda sid: who(sid).role, lambda sid: who(sid).name or f"client {sid}", service=service
    )


def _seen(settings: Settings, environ: Any, *, proxy_only: bool) -> _Who:
    headers: Said = (lambda name: headers_of(environ, name)) if "asgi.scope" in environ else lambda _: ()
    if settings.agentserver.proxies:
        person = from_proxy(settings.agentserver, peer_of(environ), headers)
        if person.name:
            return _Who(person.name, person.role)
    said = [value for name in ROLE_HEADERS for value in headers(name)]
    roles = role_of(",".join(said))
    names = headers(USER_HEADER)
    if proxy_only and len(names) == 1 and names[0].strip():
        return _Who(names[0].strip(), roles if said else "User")
    return _Who("", "Viewer" if "viewer" in ",".join(said).lower() else "User")


def workspace_role(sid: str) -> Role:
    """What the platform's workspace says of a connection; User where it says nothing."""
    for name in WORKSPACES:
        service = getattr(sys.modules.get(name), "get_global_workspace_service", None)
        if service is not None and (said := service().get_user_role(sid)):
            return role_of(said)
    return "User"
