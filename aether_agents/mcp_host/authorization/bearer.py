"""Bearer: the token that a session presents to its server, renewed before it ends, by one process at a time."""

import base64
import time
from typing import Any
from urllib.parse import quote

import httpx2

from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.guarded_client import post_form
from aether_agents.mcp_host.authorization.login_store import Login, LoginStore

#: Seconds before its end in which a token is renewed: the clocks of two machines differ, and requests take time.
EARLY = 30.0
_OK = 200


class Bearer:
    """The login of one session. Its methods wait for disk and network: call them in a thread of their own."""

    def __init__(self, logins: LoginStore, name: str, server: str) -> None:
        self._logins, self._name, self._server = logins, name, server
        self._known: Login | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may not be seen in an answer."""
        login = self._known
        return tuple(word for word in (login.access_token, login.refresh_token) if word) if login else ()

    def token(self, refused: str = "") -> str:
        """A token that holds; with `refused`, another one than that.

        Raises:
            LoginFailed: there is none, and a person has to log in again.
        """
        login = self._known = self._logins.read(self._name, self._server)
        if _holds(login, refused):
            return login.access_token
        if not login.refresh_token:
            raise LoginFailed("its login has ended")
        with self._logins.refreshing(self._name):
            login = self._logins.read(self._name, self._server)
            if not _holds(login, refused):  # else another process was quicker
                login = renewed(login)
                self._logins.keep(login)
            self._known = login
        return login.access_token


def renewed(login: Login) -> Login:
    """A login with the next token, of the same authorisation server, for the same resource.

    Raises:
        LoginFailed: it is not given out, or not now.
    """
    form = {"grant_type": "refresh_token", "refresh_token": str(login.refresh_token), "client_id": login.client_id}
    form["resource"] = login.resource
    headers: dict[str, str] = {}
    if login.client_secret and login.client_auth == "client_secret_basic":
        pair = f"{quote(login.client_id, safe='')}:{quote(login.client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif login.client_secret:
        form["client_secret"] = login.client_secret
    try:
        response = post_form(login.token_endpoint, form, headers, login.server)
    except httpx2.TransportError as error:
        raise LoginFailed(f"its login could not be renewed now: {type(error).__name__}") from None
    return login.model_copy(update=_given(response, login))


def _given(response: httpx2.Response, login: Login) -> dict[str, Any]:
    try:
        said: Any = response.json()
    except ValueError:
        said = None
    token = said.get("access_token") if isinstance(said, dict) else None
    if response.status_code != _OK or not isinstance(token, str) or not token:
        word = said.get("error") if isinstance(said, dict) else None
        raise LoginFailed(f"its login has ended ({word if isinstance(word, str) else f'HTTP {response.status_code}'})")
    lasts, fresh = said.get("expires_in"), said.get("refresh_token")
    return {
        "access_token": token,
        "refresh_token": fresh if isinstance(fresh, str) and fresh else login.refresh_token,
        "expires_at": time.time() + lasts if isinstance(lasts, int | float) else 0.0,
    }


def _holds(login: Login, refused: str) -> bool:
    in_time = not login.expires_at or time.time() < login.expires_at - EARLY
    return in_time and login.access_token != refused
