"""Half-sent requests: their connection ends in time, and everybody else is served meanwhile."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web import request_deadline, request_values
from aether_agents.agentserver.web.request_deadline import DeadlineProtocol
from aether_agents.agentserver.web.web_app import web_app
from tests.integration.agentserver.host import running
from tests.integration.execution.lab import Lab

TOKEN = "a token of the tests"


@pytest.fixture(scope="module")
def port(lab: Lab) -> Iterator[int]:
    """A server that waits a moment, not half a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_deadline, "HEAD_SECONDS", 0.3)
        patch.setattr(request_values, "BODY_SECONDS", 0.3)
        with running(web_app(Service(lab.settings), TOKEN), http=DeadlineProtocol) as port:
            yield port


def heard(port: int, *said: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        for part in said:
            line.sendall(part)
        answer = b""
        while more := line.recv(65_536):
            answer += more
    return answer


@pytest.mark.parametrize(
    "said", [b"", b"GE", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "], ids=range(4)
)
def test_a_head_that_does_not_come_ends_its_connection(port: int, said: bytes) -> None:
    assert heard(port, said) == b""


def test_the_second_request_has_no_longer(port: int) -> None:
    whole = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert b'"status":"ok"' in heard(port, whole, b"GET / HT")


def test_a_body_that_does_not_come_is_an_answer(port: int) -> None:
    head = f"POST /api/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n"
    answer = heard(port, f"{head}Connection: close\r\n\r\n".encode(), b'{"task": ')
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"did not arrive within" in answer


def test_others_are_served_beside_hundreds_of_half_requests(port: int) -> None:
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    try:
        for line in lines:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=20).json()["status"] == "ok"
    finally:
        for line in lines:
            line.close()


def test_a_stream_of_events_outlives_it(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        told = http.post("/api/tasks", json={"task": "Say hello", "type": "say_hello"}).json()
        with http.stream("GET", f"/api/tasks/{told['task_id']}/events", timeout=30) as answer:
            assert [line for line in answer.iter_lines() if '"completed"' in line]
