"""Parts: the servers and templates that hold here, looked up by name."""

import re

from aether_agents.cli.session.session import Session
from aether_agents.contracts import ServerSpec, Template
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.project_scope import reason, visible
from aether_agents.mcp_host.registry.registry import Servers, load_servers
from aether_agents.planning.files.templates import Templates, gather


def servers_here(session: Session) -> Servers:
    """All servers that are known or listed here."""
    return load_servers(session.settings, session.specialists, session.folder)


def templates_here(session: Session) -> Templates:
    """All templates that hold here."""
    return gather(session.specialists, session.settings, session.folder, session.trust.is_trusted)


def server_names(session: Session) -> list[str]:
    """Names of the servers that may be started."""
    return list(servers_here(session).known)


def template_names(session: Session) -> list[str]:
    """Names of the templates."""
    return [template.name for template in templates_here(session)]


def the_server(session: Session, name: str) -> ServerSpec:
    """The server of that name.

    Raises:
        InvalidSettings: there is none, or it is not trusted; the error says which.
    """
    servers = servers_here(session)
    said = visible(servers.known, session.folder).names.get(name, name)
    if said in servers.known:
        return servers.known[said]
    if why := why_inert(session, name):
        raise InvalidSettings(f"`{name}` is not trusted: {why}")
    faults = [fault for fault in servers.faults if re.search(rf"`[\w.]*\.{re.escape(name)}[.`]", fault)]
    if faults:
        raise InvalidSettings("\n".join(faults))
    near = nearest(name, servers.known) or "; `aether-agent servers list` shows them"
    raise InvalidSettings(f"there is no server `{name}`{near}")


def why_inert(session: Session, name: str) -> str:
    """Why a server that is declared here may not be started; empty for any other."""
    servers = servers_here(session)
    return next((reason(spec, servers.lost) for spec in servers.inert if spec.name == name), "")


def the_template(session: Session, name: str) -> Template:
    """The template of that name.

    Raises:
        InvalidSettings: there is none.
    """
    templates = templates_here(session)
    found = templates.named(name)
    if found is None:
        near = nearest(name, (one.name for one in templates)) or "; `aether-agent templates list` shows them"
        raise InvalidSettings(f"there is no template `{name}`{near}")
    return found
