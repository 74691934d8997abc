"""Servers of the transport before streamable HTTP."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.documents.document import Document
from aether_agents.mcp_host.files.server_file import declared
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost
from tests.integration.mcp_host.test_http import TOKEN, at, free_port, listens
from tests.servers import FOLDER


@contextmanager
def older(port: int) -> Iterator[None]:
    words = [sys.executable, str(FOLDER / "echo.py"), "--http", str(port), TOKEN, "--sse"]
    process = subprocess.Popen(words)
    try:
        eventually(lambda: listens(port), within=30, what="the server does not listen")
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    with older(number):
        yield number


def spec_at(port: int, **more: object) -> ServerSpec:
    return at(port, url=f"http://127.0.0.1:{port}/sse", transport="sse", **more)


def test_it_is_spoken_to(open_host: OpenHost, port: int) -> None:
    host = open_host(spec_at(port))
    heard: list[str] = []
    echoed = host.call("remote", "echo", {"message": "hello"}, timeout=10)
    waited = host.call("remote", "wait", {"seconds": 0.1}, timeout=10, on_progress=lambda _, text: heard.append(text))
    failed = host.call("remote", "fail", {"message": "no"}, timeout=10)
    late = host.call("remote", "wait", {"seconds": 30}, timeout=0.5)
    assert isinstance(echoed.output, dict)
    assert echoed.output["message"] == "hello"
    assert (waited.ok, heard[-1:]) == (True, ["step 10 of 10"])
    assert (failed.kind, late.kind) == ("tool_error", "timeout")


def test_who_is_refused_is_told_why(open_host: OpenHost, port: int) -> None:
    result = open_host(spec_at(port, headers={"Authorization": "Bearer wrong"})).call("remote", "echo", timeout=10)
    assert (result.kind, result.sent) == ("transport", False)
    assert "HTTP 401" in str(result.error)
    assert "correct `headers` of `remote`" in str(result.error)


def test_a_restarted_server_is_found_again_and_one_that_is_away_is_said(open_host: OpenHost) -> None:
    number = free_port()
    host = open_host(spec_at(number))
    with older(number):
        assert host.call("remote", "echo", timeout=10).ok
    away = host.call("remote", "echo", timeout=10)
    with older(number):
        back = host.call("remote", "echo", timeout=10)
    assert away.kind == "transport"  # whether it was sent depends on who hears first that the server is gone
    assert back.ok, back


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_one_that_is_spoken_to_in_the_wrong_way_says_what_to_write(open_host: OpenHost, port: int, mode: str) -> None:
    result = open_host(at(port, url=f"http://127.0.0.1:{port}/sse", mode=mode)).call("remote", "echo", timeout=10)
    assert (result.kind, result.sent) == ("transport", False)
    assert '`"type": "sse"`' in str(result.error)


@pytest.mark.parametrize(
    ("entry", "transport"),
    [
        ({"url": "https://x.example/sse"}, "sse"),
        ({"url": "https://x.example/sse/?key=1"}, "sse"),
        ({"url": "https://x.example/sse", "type": "http"}, "http"),
        ({"url": "https://x.example/mcp", "type": "sse"}, "sse"),
        ({"url": "https://x.example/mcp", "transport": "sse"}, "sse"),
        ({"url": "https://x.example/mcp"}, "http"),
    ],
)
def test_which_it_is_stands_in_the_file(entry: dict[str, str], transport: str) -> None:
    document = Document("x.json", {"mcpServers": {"s": entry}})
    assert next(declared(document, Path())).spec({}).transport == transport
