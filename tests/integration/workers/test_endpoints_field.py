"""Endpoints as they are out there: interim answers, long headers, odd redirects, proxies, chains that end early."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from tests.integration.workers.answering import Authority, saying, web
from tests.integration.workers.conftest import Talk, talk_with

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
DOWN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def answer(endpoints: Talk, *said: bytes) -> dict[str, object]:
    """What is made of a server that says these bytes."""
    with saying(*said) as port:
        [told] = endpoints.call("check", endpoints=[f"http://127.0.0.1:{port}/"])["answers"]
    return dict(told)


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 5,
    ],
)
@pytest.mark.parametrize(("real", "result"), [(OK, "pass"), (DOWN, "fail")])
def test_interim_answers_are_none(endpoints: Talk, before: bytes, real: bytes, result: str) -> None:
    told = answer(endpoints, before, real)
    assert (told["result"], told["status"]) == (result, int(real[9:12]))


@pytest.mark.parametrize(
    "headers",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(2_000)),
        b"Content-Security-Policy: " + b"a" * 200_000 + b"\r\n",
        b"Set-Cookie: a=\xc3\xa9\xff\r\n",
    ],
)
def test_headers_of_any_size_are_read(endpoints: Talk, headers: bytes) -> None:
    told = answer(endpoints, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", headers, b"\r\n")
    assert (told["result"], told["status"]) == ("pass", 200)


def test_headers_have_a_bound(endpoints: Talk) -> None:
    told = answer(endpoints, b"HTTP/1.1 200 OK\r\n", b"X-Long: y\r\n" * 300_000, b"\r\n")
    assert told["result"] == "fail"
    assert "o answer of a web server" in str(told["note"])


@pytest.mark.parametrize("status", [300, 304, 305])
def test_what_browsers_do_not_follow_is_the_answer(endpoints: Talk, status: int) -> None:
    told = answer(endpoints, b"HTTP/1.1 %d X\r\nLocation: /gone\r\nContent-Length: 0\r\n\r\n" % status)
    assert (told["result"], told["status"]) == ("pass", status)


@contextmanager
def proxy(refuses: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy, and what it was asked: for `CONNECT` it opens a tunnel, else it answers itself."""
    heard: list[bytes] = []

    def forward(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65_536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def serve(connection: socket.socket) -> None:
        with connection:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1)
            heard.append(head)
            port = re.match(rb"CONNECT shop\.example:(\d+) ", head)
            if refuses or not port:
                connection.sendall(b"HTTP/1.1 407 Who are you\r\n\r\n" if refuses else OK)
                return
            with socket.create_connection(("127.0.0.1", int(port[1]))) as there:
                connection.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
                threading.Thread(target=forward, args=(there, connection), daemon=True).start()
                forward(connection, there)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def loop() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
        yield int(listening.getsockname()[1]), heard
        listening.shutdown(socket.SHUT_RDWR)


def test_the_web_is_asked_through_the_proxy_of_the_environment(portal: BlockingPortal, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with proxy() as (port, heard), web(authority.issue("shop.example")) as secured:
        named = f"http://me:secret@127.0.0.1:{port}"
        with talk_with("endpoints", portal, tmp_path, HTTPS_PROXY=named, HTTP_PROXY=named) as talk:
            result = talk.call(
                "check",
                endpoints=[f"https://shop.example:{secured}/well", "http://shop.example/x"],
                authorities=str(authority.file),
            )
            everything = talk.everything
    assert [one["result"] for one in result["answers"]] == ["pass", "pass"]
    assert result["certificates"][0]["names"] == ["shop.example"]
    assert any(one.startswith(b"GET http://shop.example/x HTTP/1.1") for one in heard)
    assert all(b"Proxy-Authorization: Basic bWU6c2VjcmV0" in one for one in heard)
    assert "secret" not in everything


def test_a_proxy_that_refuses_is_the_reason(portal: BlockingPortal, tmp_path: Path) -> None:
    with (
        proxy(refuses=True) as (port, _),
        talk_with("endpoints", portal, tmp_path, https_proxy=f"http://127.0.0.1:{port}") as talk,
    ):
        [told] = talk.call("check", endpoints=["https://shop.example/"])["answers"]
    assert "refuses the way there: 407 Who are you" in told["note"]


def test_the_first_end_in_the_chain_is_told(endpoints: Talk, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issuing = authority.below(ends=5)
    with web(issuing.issue("127.0.0.1", ends=60)) as port:
        result = endpoints.call("certificates", endpoints=[f"127.0.0.1:{port}"], authorities=str(authority.file))
    [certificate] = result["certificates"]
    assert (certificate["days_left"], certificate["chain_days_left"]) == (60, 5)
    assert [finding["rule"] for finding in result["findings"]] == ["expires-soon"]
