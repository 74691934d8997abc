"""Logging in at a remote server that asks for it, and out again. Imported when asked for: the MCP library is slow."""

import asyncio
import sys
import webbrowser
from typing import NamedTuple

from aether_agents.cli.servers.home_logins import logins_made
from aether_agents.cli.session.lookup import the_server
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, USAGE
from aether_agents.cli.terminal.text import visible
from aether_agents.contracts import ServerSpec
from aether_agents.errors import InvalidSettings, LoginFailed
from aether_agents.mcp_host.authorization.addresses import shown
from aether_agents.mcp_host.authorization.device_flow import Code, log_in_by_code
from aether_agents.mcp_host.authorization.login_flow import log_in
from aether_agents.mcp_host.authorization.login_store import Login
from aether_agents.mcp_host.authorization.loopback import Loopback, loopback


class LoginOptions(NamedTuple):
    """For whom a login is, and how a person gets it."""

    owner: str = ""
    context: str = ""
    client_id: str = ""
    port: int = 0
    #: Whether a browser of this machine is opened.
    browser: bool = True
    #: Whether the person pastes the address that his browser ended at, which runs elsewhere.
    paste: bool = False
    #: Whether the person types a code into a page of the authorisation server, on whatever machine.
    device: bool = False


def login(session: Session, name: str, options: LoginOptions) -> int:
    """Log in at a server and keep what it gives, sealed.

    Raises:
        InvalidSettings: it is not a server that one logs in at.
        LoginFailed: it gave no token; the error says at which step.
    """
    spec, owner, context = _asked(session, name, options)
    if any(header.lower() == "authorization" for header in spec.headers):
        raise InvalidSettings(f"`{name}` has an `Authorization` in its `headers` ({spec.source}): that is used")
    logins = logins_made(session)
    by = _given_by_code if options.device else _given
    given = asyncio.run(by(session, str(spec.url), owner, context, options))
    logins.keep(given)
    scope = f" ({given.scope})" if given.scope else ""
    session.output.good(f"logged in at {shown(str(spec.url))}{scope}, for {owner} in the context {context}")
    if not given.refresh_token:
        session.output.warn("it gave no way to renew the login: when it ends, log in again")
    _listed_anew(session, name)
    session.output.hint(f"try it: aether-agent servers test {name}")
    return COMPLETED


def logout(session: Session, name: str, options: LoginOptions) -> int:
    """Forget a login. What was given out is not taken back at the server: that is for its own pages."""
    spec, owner, context = _asked(session, name, options)
    if not logins_made(session).forget(str(spec.url), owner, context):
        session.output.warn(f"nobody was logged in at {name} for {owner} in the context {context}")
        return USAGE
    _listed_anew(session, name)
    session.output.good(f"logged out at {shown(str(spec.url))}: workers use the login no more")
    return COMPLETED


def _listed_anew(session: Session, name: str) -> None:
    """Have workers that run list the server again: what was refused before may be answered now, or the other way."""
    with session.running_orchestrator() as orchestrator:
        if orchestrator is not None and name in orchestrator.catalogue():
            orchestrator.list_server(name)


def _asked(session: Session, name: str, options: LoginOptions) -> tuple[ServerSpec, str, str]:
    spec = the_server(session, name)
    if spec.url is None:
        raise InvalidSettings(f"`{name}` is a program, which knows no login: what it needs stands in its `env`")
    context = options.context or session.settings.agent_system.cli_interface.default_context
    return spec, options.owner or "local", context


async def _given(session: Session, server: str, owner: str, context: str, options: LoginOptions) -> Login:
    async with loopback(options.port) as place:

        async def show(address: str) -> None:
            place.expect(address)
            session.output.say("log in here, and say what this program may do:")
            session.output.text(address)
            if options.paste:
                await _pasted(session, place)
            elif options.browser:
                await asyncio.to_thread(webbrowser.open, address)

        return await log_in(
            server, place.address, show, place.answer, owner=owner, context=context, client_id=options.client_id
        )


async def _given_by_code(session: Session, server: str, owner: str, context: str, options: LoginOptions) -> Login:
    async def show(code: Code) -> None:
        session.output.say("open this page on any machine, and type the code:")
        session.output.text(visible(code.page))
        session.output.text(visible(code.code))
        if code.whole:
            session.output.say(f"or, with the code in it: {visible(code.whole)}")

    return await log_in_by_code(server, show, owner=owner, context=context, client_id=options.client_id)


async def _pasted(session: Session, place: Loopback) -> None:
    session.output.say("paste the whole address that the browser ends at, even if it shows an error:")
    if not place.came((await asyncio.to_thread(sys.stdin.readline)).strip()) and not place.heard:
        raise LoginFailed("what was pasted is not the address at which this login ends: log in again")
