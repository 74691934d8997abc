"""The login without a browser on this machine (RFC 8628): a person types a short code into a page, wherever he is.

Discovery, registration and the token's handling are the other flow's. Only what stands between is different: a code
is asked for, shown, and its token asked for until the person has said yes or no.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx2
from mcp.client.auth.utils import build_oauth_authorization_server_metadata_discovery_urls
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata

from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.addresses import on_loopback, shown, visited
from aether_agents.mcp_host.authorization.guarded_client import GuardedTransport, post_form
from aether_agents.mcp_host.authorization.login_flow import NAME, Flow, Kept, gone_through, is_document
from aether_agents.mcp_host.authorization.login_store import Login

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
#: Seconds between two questions for the token where the server names none, and what each `slow_down` adds.
_PAUSE, _SLOWER = 5.0, 5.0
#: Seconds a person has at most, whatever the server says.
_LONGEST = 1_800.0
_OK = 200


class Code(NamedTuple):
    """What a person types, and where."""

    page: str
    code: str
    whole: str  #: a page that knows the code already; empty where there is none


async def log_in_by_code(
    server: str, show: Callable[[Code], Awaitable[None]], *, owner: str, context: str, client_id: str = ""
) -> Login:
    """Log in at a server by a code that `show` hears.

    Raises:
        LoginFailed: it did not come to a token; the error says at which step.
    """
    kept = Kept()
    if client_id and not is_document(client_id):
        kept.client = OAuthClientInformationFull(client_id=client_id, redirect_uris=None)
    metadata = OAuthClientMetadata(
        client_name=NAME,
        redirect_uris=None,
        response_types=[],
        grant_types=[_GRANT, "refresh_token"],
        token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
    )
    document = client_id if is_document(client_id) else None
    flow = _CodeFlow(server, metadata, kept, None, _nobody, client_metadata_url=document)
    flow.show = show
    return await gone_through(flow, kept, _Asking(server), owner, context)


async def _nobody() -> AuthorizationCodeResult:
    raise LoginFailed("no browser comes back to a login by a code")


class _CodeFlow(Flow):
    """The library's flow, with a code for a person in the place of his browser."""

    show: Callable[[Code], Awaitable[None]]

    async def _perform_authorization(self) -> httpx2.Request:
        endpoint, client = await self._endpoint(), self.context.client_info
        if client is None:
            raise LoginFailed("this program is not registered there")
        form = {"client_id": client.client_id, "resource": self.context.get_resource_url()}
        if self.context.client_metadata.scope:
            form["scope"] = self.context.client_metadata.scope
        form, headers = self.context.prepare_token_auth(form, {})
        given = await asyncio.to_thread(_asked, endpoint, form, headers, self.context.server_url)
        local = on_loopback(self.context.server_url)
        code = Code(given["verification_uri"], given["user_code"], given.get("verification_uri_complete") or "")
        for address in (code.page, code.whole):
            if address:
                visited(address, local=local)  # a person's browser is led there
        await self.show(code)
        wanted = {"grant_type": _GRANT, "device_code": given["device_code"], "client_id": client.client_id}
        wanted["resource"] = self.context.get_resource_url()
        wanted, headers = self.context.prepare_token_auth(wanted, {"Content-Type": "application/x-www-form-urlencoded"})
        pause, lasts = _seconds(given.get("interval"), _PAUSE), _seconds(given.get("expires_in"), _LONGEST)
        told = {"asking": (pause, time.monotonic() + min(lasts, _LONGEST))}
        return httpx2.Request("POST", self._get_token_endpoint(), data=wanted, headers=headers, extensions=told)

    async def _endpoint(self) -> str:
        """Where codes are given out: the library does not read it, so its document is read again.

        Raises:
            LoginFailed: there is none.
        """
        known = self.context.oauth_metadata
        transport = GuardedTransport(self.context.server_url)
        async with httpx2.AsyncClient(transport=transport) as client:
            for address in build_oauth_authorization_server_metadata_discovery_urls(
                self.context.auth_server_url, self.context.server_url
            ):
                said = _document(await client.get(address))
                same = known is not None and said.get("issuer") == str(known.issuer)
                if same and isinstance(endpoint := said.get("device_authorization_endpoint"), str):
                    visited(endpoint, local=on_loopback(self.context.server_url))
                    return endpoint
        issuer = known.issuer if known else shown(self.context.server_url)
        raise LoginFailed(f"{issuer} gives out no codes (device flow): log in with a browser, without `--device`")


class _Asking(GuardedTransport):
    """Asks for a token until the person has said yes or no."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it; one that asks for a token by a code is sent again while the answer is that it is too early."""
        asking = request.extensions.get("asking")
        if asking is None:
            return await super().handle_async_request(request)
        pause, until = asking
        address, content = str(request.url), request.content
        while True:
            await asyncio.sleep(pause)
            if time.monotonic() > until:
                raise LoginFailed("nobody typed the code in time: log in again")
            again = httpx2.Request("POST", address, content=content, headers=request.headers)
            response = await super().handle_async_request(again)
            match _document(response).get("error"):
                case "authorization_pending":
                    pass
                case "slow_down":
                    pause += _SLOWER
                case "access_denied":
                    raise LoginFailed("the login was refused on that page")
                case "expired_token":
                    raise LoginFailed("nobody typed the code in time: log in again")
                case _:
                    return response


def _asked(endpoint: str, form: dict[str, str], headers: dict[str, str], server: str) -> dict[str, Any]:
    """The code that an authorisation server gives."""
    try:
        response = post_form(endpoint, form, headers, server)
    except httpx2.TransportError as error:
        raise LoginFailed(f"cannot reach {shown(endpoint)}: {error or type(error).__name__}") from None
    said = _document(response)
    wanted = ("device_code", "user_code", "verification_uri")
    if response.status_code != _OK or not all(isinstance(said.get(name), str) and said[name] for name in wanted):
        word = said.get("error")
        why = word if isinstance(word, str) else f"HTTP {response.status_code}"
        raise LoginFailed(f"{shown(endpoint)} gives no code ({why}): log in with a browser, without `--device`")
    return said


def _document(response: httpx2.Response) -> dict[str, Any]:
    try:
        said = json.loads(response.content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(value: object, usual: float) -> float:
    """A number of seconds that a server says; the usual one where it says none."""
    return float(value) if isinstance(value, int | float) and 0 < value < _LONGEST else usual
