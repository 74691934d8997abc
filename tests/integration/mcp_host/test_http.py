"""Servers at an address: streamable HTTP with static headers."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost
from tests.integration.mcp_host.odd_addresses import odd_server
from tests.servers import FOLDER

TOKEN = "let-me-in"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(port: int, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The good server over HTTP, behind a token."""
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "echo.py"), "--http", str(port), TOKEN],
        env={"COUNT_LOG": str(log)} if log else {},
    )
    try:
        eventually(lambda: listens(port), within=30, what="the server does not listen")
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    with serving(number):
        yield number


def at(port: int, token: str = TOKEN, **more: object) -> ServerSpec:
    return ServerSpec.model_validate(
        {
            "name": "remote",
            "queue": "dev",
            "url": f"http://127.0.0.1:{port}/mcp",
            "headers": {"Authorization": f"Bearer {token}"},
            "trusted": True,
            "source": "x/.mcp.json",
            **more,
        }
    )


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_a_remote_server_is_called_with_its_headers(open_host: OpenHost, port: int, mode: str) -> None:
    host = open_host(at(port, mode=mode))
    heard: list[str] = []

    echoed = host.call("remote", "echo", {"message": "hello"}, timeout=10)
    waited = host.call("remote", "wait", {"seconds": 0.1}, timeout=10, on_progress=lambda _, text: heard.append(text))
    failed = host.call("remote", "fail", {"message": "no"}, timeout=10)

    assert isinstance(echoed.output, dict)
    assert echoed.output["message"] == "hello"
    assert waited.ok
    assert heard[-1:] == ["step 10 of 10"]
    assert failed.kind == "tool_error"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_refusal_names_the_headers_and_the_file(open_host: OpenHost, port: int, mode: str) -> None:
    result = open_host(at(port, token="wrong", mode=mode)).call("remote", "echo", timeout=10)

    assert (result.kind, result.sent) == ("transport", False)
    assert "HTTP 401" in str(result.error)
    assert "correct `headers` of `remote` in x/.mcp.json" in str(result.error)
    assert "wrong" not in str(result.error), "the token is not shown"


def test_nobody_there_is_said_at_once_and_nothing_was_sent(open_host: OpenHost) -> None:
    port = free_port()
    spec = at(port).model_copy(update={"url": f"http://user:word@127.0.0.1:{port}/mcp?key=secret"})

    result = open_host(spec).call("remote", "echo", timeout=10)

    assert (result.kind, result.sent) == ("transport", False)
    assert f"cannot connect to http://127.0.0.1:{port}/mcp:" in str(result.error)
    assert "secret" not in str(result.error)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_the_time_limit_of_a_call_reaches_a_remote_server(open_host: OpenHost, tmp_path: Path, mode: str) -> None:
    log, number = tmp_path / "count.log", free_port()
    with serving(number, log):
        host = open_host(at(number, mode=mode))

        late = host.call("remote", "wait", {"seconds": 30}, timeout=0.5)

        assert late.kind == "timeout"
        eventually(lambda: "C wait" in log.read_text(encoding="utf-8"), what="the server was not told")
        assert host.call("remote", "echo", timeout=10).ok


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_restarted_server_is_found_again_whether_or_not_it_was_missed(open_host: OpenHost, mode: str) -> None:
    number = free_port()
    host = open_host(at(number, mode=mode))
    with serving(number):
        first = host.call("remote", "echo", timeout=10)
    with serving(number):
        unseen = host.call("remote", "echo", timeout=10)
    away = host.call("remote", "echo", timeout=10)
    with serving(number):
        back = host.call("remote", "echo", timeout=10)

    assert first.ok
    assert unseen.ok, unseen
    assert (away.kind, away.sent) == ("transport", False)
    assert back.ok, back


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_server_that_dies_in_a_call_may_have_run_it(open_host: OpenHost, tmp_path: Path, mode: str) -> None:
    log, number = tmp_path / "count.log", free_port()
    with serving(number, log) as process:
        host = open_host(at(number, mode=mode))
        host.call("remote", "echo", timeout=10)

        def kill(_done: float | None, _text: str) -> None:
            process.kill()

        result = host.call("remote", "wait", {"seconds": 5}, timeout=10, on_progress=kill)

    assert (result.kind, result.sent) == ("transport", True), result


def test_a_server_that_takes_everything_and_answers_nothing_costs_only_its_time_limits(open_host: OpenHost) -> None:
    with closing(socket.socket()) as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(20)
        host = open_host(at(deaf.getsockname()[1], timeout=0.5))

        began = time.monotonic()
        result = host.call("remote", "echo", timeout=10)
        host.close()

    assert (result.kind, result.sent) == ("transport", False)
    assert "did not answer within 0.5 s" in str(result.error)
    assert time.monotonic() - began < 8


def test_an_answer_over_the_limit_fails_alone(open_host: OpenHost, port: int) -> None:
    host = open_host(at(port), message=1 << 20)

    over = host.call("remote", "echo", {"message": "x" * (2 << 20)}, timeout=20)
    after = host.call("remote", "echo", {"message": "small"}, timeout=20)

    assert over.kind in ("tool_error", "transport")
    assert "1,048,576" in str(over.error) or "size" in str(over.error), over.error
    assert after.ok


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with odd_server() as address:
        yield address


@pytest.mark.parametrize(
    ("path", "sent", "says"),
    [("says400", False, "forgot our session"), ("says200", True, "forgot our session, or has no such session itself")],
)
def test_a_forgotten_session_is_renewed_however_it_is_told(
    open_host: OpenHost, odd: str, path: str, sent: bool, says: str
) -> None:
    host = open_host(at(0, url=f"{odd}/{path}"))
    assert host.call("remote", "e", timeout=10).output == "done"
    lost = host.call("remote", "e", timeout=10)
    if lost.ok:  # it was certainly not made, so the host made it itself
        assert not sent
        return
    assert (lost.kind, lost.sent) == ("transport", sent)
    assert says in str(lost.error)
    assert host.call("remote", "e", timeout=10).output == "done"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_who_is_busy_is_a_transport_that_failed_and_says_when_to_come_again(
    open_host: OpenHost, odd: str, status: int
) -> None:
    host = open_host(at(0, url=f"{odd}/{status}"))
    assert host.call("remote", "e", timeout=10).ok
    refused = host.call("remote", "e", timeout=10)
    assert (refused.kind, refused.sent) == ("transport", True)
    assert f"(HTTP {status}); try again after 7 s" in str(refused.error)


def test_a_word_of_the_tool_itself_is_no_forgotten_session(open_host: OpenHost, odd: str) -> None:
    host = open_host(at(0, url=f"{odd}/own"))
    assert host.call("remote", "e", timeout=10).ok
    failed = host.call("remote", "e", timeout=10)
    assert (failed.kind, failed.error) == ("tool_error", "the terminal is closed")
