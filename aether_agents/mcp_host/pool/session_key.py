"""SessionKey: which session serves a call: one for each server, and at a remote one for each login."""

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.mcp_host.session.call_request import Who


def with_login(spec: ServerSpec, logins: LoginStore | None, who: Who | None) -> ServerSpec:
    """A remote server with the name of the login a call is made with: its owner's, or none.

    Without an owner, for a list of tools, it is the newest of anybody. A token in the file's own headers goes before.
    """
    given = any(name.lower() == "authorization" for name in spec.headers)
    if logins is None or given or spec.url is None:
        return spec
    name = logins.someone(spec.url) if who is None else logins.of(spec.url, *who)
    return spec.model_copy(update={"login": name}) if name else spec


def key_of(spec: ServerSpec) -> str:
    """What its session is known by: nobody's call goes out under another's login."""
    return f"{spec.name}\0{spec.login}" if spec.login else spec.name
