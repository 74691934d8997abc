"""What a login visits is a stranger's: where it leads, how much it says, and how slowly."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization import guarded_client
from aether_agents.mcp_host.authorization.addresses import visited
from aether_agents.mcp_host.authorization.guarded_client import LARGEST, GuardedTransport, post_form

BOMB = gzip.compress(b"\0" * (200 * LARGEST))


@contextmanager
def answering(body: bytes, *, slow: bool = False) -> Iterator[str]:
    """A server on loopback that answers with packed bytes; a slow one sends one of them at a time, without end."""
    ended = threading.Event()

    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "identity" if slow else "gzip")
            self.end_headers()
            while slow and not ended.wait(0.02):
                self.wfile.write(b" ")
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            ended.set()
            server.shutdown()


async def posted(address: str) -> bytes:
    async with httpx2.AsyncClient(transport=GuardedTransport(address)) as client:
        return (await client.post(address)).content


def test_an_answer_is_counted_as_it_is_unpacked() -> None:
    with answering(BOMB) as address:
        with pytest.raises(LoginFailed, match="is over"):
            asyncio.run(posted(address))
        with pytest.raises(LoginFailed, match="is over"):
            post_form(address, {}, {}, address)
    with answering(gzip.compress(b"{}")) as address:
        assert asyncio.run(posted(address)) == post_form(address, {}, {}, address).content == b"{}"


def test_an_answer_that_drips_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_client, "TIMEOUT", 0.5)
    with answering(b"", slow=True) as address:
        with pytest.raises(LoginFailed, match="did not answer whole"):
            asyncio.run(posted(address))
        with pytest.raises(LoginFailed, match="did not answer whole"):
            post_form(address, {}, {}, address)


def test_a_proxy_leads_to_no_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    for host in ("169.254.169.254", "10.0.0.1", "[::1]", "[fd00::1]"):
        with pytest.raises(LoginFailed, match="no public address"):
            visited(f"https://{host}/token", local=False)
    assert visited("https://login.example/token", local=False) == ""
