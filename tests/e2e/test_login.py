"""Logging in at a remote server from the terminal, a worker that calls with it, and logging out."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.terminal import Person, only
from tests.integration.mcp_host.protected import Choice, browse, holds, protected
from tests.integration.mcp_host.test_login import SECRET, authorising, free_port, provider

__all__ = ["provider"]

pytestmark = pytest.mark.timeout(300)
ADDRESS = re.compile(r"^(http://\S+)$", re.MULTILINE)


class Remote(NamedTuple):
    """Somebody, and a server that asks for a login."""

    person: Person
    seen: list[str]


@pytest.fixture
def remote(stranger: Person, provider: Path, tmp_path: Path) -> Iterator[Remote]:
    """A server of his own file, far away on loopback, and its authorisation server."""
    port, resource = free_port(), [""]
    choice = Choice(
        issuer=f"http://127.0.0.1:{port}",
        good=lambda token: bool(token) and holds(token, SECRET, resource[0], time.time()),
    )
    stranger.environ |= only("dev")
    stranger.home.mkdir()
    with protected(choice) as server, authorising(provider, port, server.url, 600):
        resource[0] = server.url
        far = {"url": server.url, "type": "http", "queue": "dev", "mode": "legacy"}
        far["table"] = {"who": {"risk": "read"}}
        (stranger.home / "mcp.json").write_text(json.dumps({"mcpServers": {"far": far}}))
        yield Remote(stranger, server.seen)


def log_in(person: Person, *how: str) -> None:
    """What a person does: start the login, visit the address it shows, and say yes."""
    with person.terminal("servers", "login", "far", *how, columns=2_000) as terminal:
        terminal.sees("http://127.0.0.1")
        shown = terminal.sees("with the code in it:" if "--device" in how else "code_challenge")
        found = re.findall(r"with the code in it: (\S+)", shown) or ADDRESS.findall(shown)
        browse(found[-1])
        terminal.sees("logged in at http://127.0.0.1")


@pytest.mark.parametrize("how", [("--no-browser",), ("--device",)], ids=["browser", "device"])
def test_a_worker_calls_with_the_login_until_it_is_forgotten(remote: Remote, how: tuple[str, ...]) -> None:
    person = remote.person
    without = person.run("tools", "call", "far/who", "--json")
    assert without.returncode != 0
    assert "aether-agent servers login far" in without.stdout + without.stderr
    log_in(person, *how)
    called = person.json("tools", "call", "far/who")
    assert called["status"] == "completed"
    token = remote.seen[-1]
    assert token, "the worker presented the token"
    assert token not in json.dumps(called)
    assert person.run("servers", "logout", "far").returncode == 0
    again = person.run("tools", "call", "far/who", "--json")
    assert again.returncode != 0
    assert "aether-agent servers login far" in again.stdout + again.stderr
    person.run("down")
