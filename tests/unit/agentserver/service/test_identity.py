"""Who is behind a connection: the host's word, its session, a configured proxy; never anybody else's."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from aether_agents.agentserver.service.identity import NOBODY, Identities, Person, from_proxy, name_of, role_of
from aether_agents.settings.model import AgentServerSettings
from aether_agents.store import owner_of


class Server:
    """What a Socket.IO server knows of one sid."""

    def __init__(self, session: Mapping[str, Any] | None = None, environ: Mapping[str, Any] | None = None) -> None:
        self.session, self.environ = session, environ

    async def get_session(self, sid: str) -> Mapping[str, Any]:
        if self.session is None:
            raise KeyError(sid)
        return self.session

    def get_environ(self, sid: str) -> Mapping[str, Any] | None:
        return self.environ


def found(server: Server, settings: AgentServerSettings | None = None, **told: Any) -> Person:
    return asyncio.run(Identities(server, settings or AgentServerSettings(), **told).of("s1"))


def environ(address: str, *more: tuple[bytes, bytes], **headers: str) -> dict[str, Any]:
    """A request as its driver hands it over: with the headers as they came, and the variables it makes of them."""
    came = [(name[5:].replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    made = dict(headers)
    for key, value in more:
        variable = f"HTTP_{key.decode().upper().replace('-', '_')}"
        made[variable] = f"{made[variable]},{value.decode()}" if variable in made else value.decode()
    return {"asgi.scope": {"client": (address, 1), "headers": [*more, *came]}, "REMOTE_ADDR": "127.0.0.1", **made}


def test_nobody_says_anything() -> None:
    assert found(Server({}, environ("127.0.0.1"))) == NOBODY
    assert found(Server()) == NOBODY


def test_the_hosts_functions_go_first_and_may_be_awaited() -> None:
    async def role(sid: str) -> str:
        return "Supervisor"

    server = Server({"user": "eve", "role": "Viewer"})
    assert found(server, get_role=role, get_user=lambda sid: {"name": "ann"}) == ("ann", "Supervisor")
    assert found(server, get_role=role) == ("eve", "Supervisor")
    assert found(Server({}), get_role=role) == ("client s1", "Supervisor")
    assert found(server, get_role=lambda sid: "God") == NOBODY
    assert found(server, get_role=role, get_user=lambda sid: None) == NOBODY  # the host knows of no user


def test_the_session_is_the_servers_own() -> None:
    assert found(Server({"user": SimpleNamespace(name="ann"), "role": "user"})) == ("ann", "User")


def test_headers_count_only_from_a_configured_proxy_that_proves_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"HTTP_X_REMOTE_USER": "ann", "HTTP_X_AUTH_ROLES": "viewer, Supervisor, cook"}
    trusting = AgentServerSettings(proxies=("127.0.0.1",), proxy_secret="env:PROXY_SECRET")
    monkeypatch.setenv("PROXY_SECRET", "one that the proxy has too")
    assert found(Server({}, environ("127.0.0.1", **headers)), trusting) == NOBODY
    headers["HTTP_X_AETHER_PROXY_SECRET"] = "one that the proxy has too"
    assert found(Server({}, environ("127.0.0.1", **headers))) == NOBODY
    assert found(Server({}, environ("10.0.0.7", **headers)), trusting) == NOBODY
    assert found(Server({}, environ("127.0.0.1", **headers)), trusting) == ("ann", "Supervisor")
    proven = {"HTTP_X_AETHER_PROXY_SECRET": "one that the proxy has too"}
    assert found(Server({}, environ("127.0.0.1", HTTP_X_AUTH_ROLES="Owner", **proven)), trusting) == NOBODY
    assert found(Server({}, environ("127.0.0.1", HTTP_X_REMOTE_USER="ann", **proven)), trusting) == ("ann", "User")
    for wrong in ("one that the proxy has", "", "ONE THAT THE PROXY HAS TOO"):
        headers["HTTP_X_AETHER_PROXY_SECRET"] = wrong
        assert found(Server({}, environ("127.0.0.1", **headers)), trusting) == NOBODY
    for place in ("", "env:NOT_THERE", "env:SHORT", "file:/not/there", "one that the proxy has too"):
        monkeypatch.setenv("SHORT", "short")
        headers["HTTP_X_AETHER_PROXY_SECRET"] = {"env:SHORT": "short"}.get(place, "")
        vague = AgentServerSettings(proxies=("127.0.0.1",), proxy_secret=place)
        assert found(Server({}, environ("127.0.0.1", **headers)), vague) == NOBODY


@pytest.mark.parametrize("driver", ["asgi", "another"])
@pytest.mark.parametrize(
    "more",
    [
        [(b"X_Auth_Roles", b"Owner")],
        [(b"x_remote_user", b"root"), (b"X_AUTH_ROLES", b"Owner")],
        [(b"x-auth-roles", b"Owner")],
        [(b"X-Remote-User", b"root")],
        [(b"X-Aether-Proxy-Secret", b"a guess of mine, long enough")],
    ],
)
def test_what_a_client_adds_to_the_headers_of_its_proxy_makes_it_nobody_else(
    monkeypatch: pytest.MonkeyPatch, more: list[tuple[bytes, bytes]], driver: str
) -> None:
    """With underscores, in other letters, once more beside the proxy's own: drivers make one variable of all these."""
    settings = AgentServerSettings(proxies=("127.0.0.1",), proxy_secret="env:PROXY_SECRET")
    monkeypatch.setenv("PROXY_SECRET", "one that the proxy has too")
    said = environ(
        "127.0.0.1",
        *more,
        HTTP_X_REMOTE_USER="ann",
        HTTP_X_AUTH_ROLES="Viewer",
        HTTP_X_AETHER_PROXY_SECRET="one that the proxy has too",
    )
    if driver == "another":  # it has the variables alone: no proxy's word is taken from those
        del said["asgi.scope"]
    person = found(Server({}, said), settings)
    assert person in (NOBODY, ("ann", "Viewer"))


def test_nobody_goes_by_a_name_that_is_no_persons() -> None:
    for name in ("local", "mcp", owner_of("nightly")):
        said = {"X-Remote-User": name, "X-Auth-Roles": "User"}
        proxy = AgentServerSettings(proxies=("unix",))
        assert from_proxy(proxy, "unix", lambda key, said=said: [said[key]]) == NOBODY
        assert found(Server({}), get_role=lambda _: "User", get_user=lambda _, name=name: name) == NOBODY
        assert found(Server({"user": name, "role": "Viewer"})) == NOBODY
        assert found(Server({"user": name, "role": "Owner"})) == (name, "Owner")


@pytest.mark.parametrize(
    ("roles", "role", "own_only"),
    [
        ("", "User", True),
        ("Viewer", "Viewer", True),
        ("User", "User", True),
        ("User, Auditor", "User", False),
        ("Viewer,Auditor", "Auditor", False),
        ("Supervisor", "Supervisor", False),
        ("Owner", "Owner", False),
    ],
)
def test_behind_a_proxy_one_sees_what_is_ones_own_unless_a_role_says_otherwise(
    roles: str, role: str, own_only: bool
) -> None:
    said = {"X-Remote-User": "ann", "X-Auth-Roles": roles}
    person = from_proxy(
        AgentServerSettings(proxies=("unix",)), "unix", lambda name: [said[name]] if name in said else []
    )
    assert (person, person.own_only) == (("ann", role), own_only)
    assert (person.may_see("ann"), person.may_see("bob")) == (True, not own_only)


def test_the_headers_have_the_names_that_are_configured() -> None:
    settings = AgentServerSettings(proxies=("unix",), user_header="X-Me", role_header="X-Am")
    said = {"X-Me": "ann", "X-Am": "Owner", "X-Remote-User": "eve"}
    assert from_proxy(settings, "unix", lambda name: [said[name]] if name in said else []) == ("ann", "Owner")


@pytest.mark.parametrize(
    ("said", "role"),
    [("Owner", "Owner"), ("user,viewer", "User"), ("", "Anonymous"), (None, "Anonymous"), ("root", "Anonymous")],
)
def test_the_highest_known_role_counts(said: object, role: str) -> None:
    assert role_of(said) == role


def test_a_user_is_a_name_a_mapping_or_an_object() -> None:
    assert name_of("ann") == name_of({"username": "ann"}) == name_of(SimpleNamespace(uid="ann")) == "ann"
    assert name_of(None) == ""
