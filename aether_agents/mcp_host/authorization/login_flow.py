"""The login at a terminal: what the server says of itself, a registration, a person's consent in a browser, a token.

The steps are the MCP library's: protected resource metadata, metadata of the authorisation server, client registration,
PKCE, state and issuer. Beside them, no address is visited that a stranger should not lead us to, and a server whose
authorisation server does not do PKCE is refused.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.addresses import on_loopback, shown, visited
from aether_agents.mcp_host.authorization.guarded_client import TIMEOUT, GuardedTransport
from aether_agents.mcp_host.authorization.login_store import Login

#: As whom we register.
NAME = "AetherTerm agents"
#: The version of the protocol in which the question is asked that a server answers with where to log in.
_VERSION = "2025-11-25"
_UNAUTHORISED = 401
_HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": _VERSION,
        "capabilities": {},
        "clientInfo": {"name": "aether-agents", "version": "1"},
    },
}


async def log_in(
    server: str,
    redirect: str,
    show: Callable[[str], Awaitable[None]],
    answer: Callable[[], Awaitable[AuthorizationCodeResult]],
    *,
    owner: str,
    context: str,
    client_id: str = "",
) -> Login:
    """Log in at a server. `show` hears the address a person has to visit, `answer` waits for where that leads to.

    Raises:
        LoginFailed: it gave no token; the error says at which step.
    """
    kept = Kept()
    if client_id and not is_document(client_id):
        kept.client = OAuthClientInformationFull(client_id=client_id, redirect_uris=[AnyUrl(redirect)])
    metadata = OAuthClientMetadata(
        client_name=NAME,
        redirect_uris=[AnyUrl(redirect)],
        token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
    )
    document = client_id if is_document(client_id) else None
    flow = Flow(server, metadata, kept, show, answer, client_metadata_url=document)
    return await gone_through(flow, kept, GuardedTransport(server), owner, context)


async def gone_through(
    flow: "Flow", kept: "Kept", transport: httpx2.AsyncBaseTransport, owner: str, context: str
) -> Login:
    """The login that a flow comes to: the server is asked for something, and says where to log in.

    Raises:
        LoginFailed: it did not come to a token.
    """
    server = flow.context.server_url
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": _VERSION}
    try:
        async with httpx2.AsyncClient(transport=transport, auth=flow, timeout=TIMEOUT, headers=headers) as client:
            response = await client.post(server, json=_HELLO)
    except OAuthFlowError as error:
        raise LoginFailed(f"the login at {shown(server)} failed: {error}") from None
    if kept.tokens is None:
        raise LoginFailed(f"{shown(server)} does not ask for a login (HTTP {response.status_code})")
    if response.status_code == _UNAUTHORISED:
        raise LoginFailed(f"{shown(server)} refuses the very token that was given for it")
    return flow.login(owner, context)


def is_document(client_id: str) -> bool:
    """Whether an id is the address of a document about the client, as some authorisation servers take it."""
    return client_id.startswith("https://")


class Kept:
    """What the library would store: it is kept here until all of it has succeeded."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Flow(OAuthClientProvider):
    """The library's flow, with what it leaves to its caller."""

    async def _perform_authorization_code_grant(self) -> tuple[str, str]:
        found = self.context.oauth_metadata
        if found is not None and "S256" not in (found.code_challenge_methods_supported or ()):
            raise LoginFailed(f"{found.issuer} does not do PKCE (S256), without which a login is not safe")
        local = on_loopback(self.context.server_url)
        if found is not None:
            visited(str(found.authorization_endpoint), local=local)  # a person's browser is led there
            visited(str(found.token_endpoint), local=local)
        return await super()._perform_authorization_code_grant()

    def login(self, owner: str, context: str) -> Login:
        """What is kept of it."""
        tokens, client = self.context.current_tokens, self.context.client_info
        if tokens is None or client is None:
            raise LoginFailed("the login gave no token")
        lasts: Any = tokens.expires_in
        return Login(
            server=self.context.server_url,
            owner=owner,
            context=context,
            issuer=str(self.context.oauth_metadata.issuer) if self.context.oauth_metadata else "",
            token_endpoint=self._get_token_endpoint(),
            resource=self.context.get_resource_url(),
            client_id=client.client_id,
            client_secret=client.client_secret,
            client_auth=client.token_endpoint_auth_method,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=time.time() + lasts if lasts else 0.0,
            scope=tokens.scope,
        )
