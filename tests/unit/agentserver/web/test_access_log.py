"""The access log: one line for each request, whoever asks and whatever comes of it, and never what is secret."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.web.access_log import LONGEST, AccessLog, asked_by
from aether_agents.telemetry.logs.formatters import ConsoleLines, JsonLines

ANN = Person("ann", "User")


@pytest.fixture
def lines() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """What is logged for people, and as JSON."""
    logger = logging.getLogger("aether_agents.agentserver.web.access_log")
    before, streams = logger.level, (io.StringIO(), io.StringIO())
    handlers = [logging.StreamHandler(one) for one in streams]
    handlers[0].setFormatter(ConsoleLines("serve"))
    handlers[1].setFormatter(JsonLines("serve"))
    for one in handlers:
        logger.addHandler(one)
    logger.setLevel(logging.INFO)
    yield streams
    for one in handlers:
        logger.removeHandler(one)
    logger.setLevel(before)


async def answers(scope: Any, receive: Any, send: Any) -> None:
    asked_by(scope, ANN)
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": b"12345", "more_body": True})
    await send({"type": "http.response.body", "body": b"67"})


async def breaks(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("broken")


async def talks(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "hello"})
    await send({"type": "websocket.close"})


async def goes(scope: Any, receive: Any, send: Any) -> None:
    raise asyncio.CancelledError


def request(
    path: str = "/api/tasks", query: bytes = b"", kind: str = "http", raw: bytes | None = None
) -> dict[str, Any]:
    found = {
        "type": kind,
        "path": path,
        "query_string": query,
        "raw_path": raw or path.encode(),
        "client": ("10.0.0.3", 9),
    }
    headers = [(b"authorization", b"Bearer planted-token"), (b"cookie", b"planted-cookie")]
    return {**found, "headers": headers, **({"method": "POST"} if kind == "http" else {})}


def served(app: Any, scope: dict[str, Any], which: Any = "requests") -> None:
    async def nothing(_: Any = None) -> None: ...

    asyncio.run(AccessLog(app, which)(scope, nothing, nothing))


def test_a_line_says_who_what_and_how_it_ended(lines: tuple[io.StringIO, io.StringIO]) -> None:
    served(answers, request(query=b"token=planted-query&limit=3", raw=b"/api/tasks?token=planted-query"))
    plain, parsed = lines[0].getvalue(), json.loads(lines[1].getvalue())
    assert "ann (User) POST /api/tasks 202 " in plain
    assert " 7 bytes, from 10.0.0.3" in plain
    assert parsed["request"].pop("ms") >= 0
    assert parsed["request"] == {
        "who": "ann",
        "role": "User",
        "method": "POST",
        "path": "/api/tasks",
        "status": 202,
        "bytes": 7,
        "from": "10.0.0.3",
    }
    assert "planted" not in plain + lines[1].getvalue()


def test_what_breaks_and_who_goes_are_logged_too(lines: tuple[io.StringIO, io.StringIO]) -> None:
    with pytest.raises(RuntimeError):
        served(breaks, request())
    with pytest.raises(asyncio.CancelledError):
        served(goes, request())
    served(talks, request("/socket.io/", b"sid=planted", "websocket"))
    told = [json.loads(line)["request"] for line in lines[1].getvalue().splitlines()]
    assert [(one["method"], one["status"], one["who"]) for one in told] == [
        ("POST", 500, "-"),
        ("POST", "-", "-"),
        ("WEBSOCKET", 101, "-"),
    ]
    assert told[2]["bytes"] == 5


def test_a_client_writes_no_line_of_its_own(lines: tuple[io.StringIO, io.StringIO]) -> None:
    forged = "/x\n2026-01-01T00:00:00.000Z INFO    serve web.access_log: eve (Owner) GET /secret 200"
    served(answers, request(forged, raw=forged.encode()))
    served(answers, request("/" + "a" * 5_000))
    plain = lines[0].getvalue().splitlines()
    assert len(plain) == 2
    assert "\\x0a2026" in plain[0]
    assert "eve (Owner)" not in plain[0]
    assert max(map(len, plain)) < 2 * LONGEST + 200


@pytest.mark.parametrize(
    ("which", "logged"), [("off", []), ("requests", ["/api/tasks"]), ("all", ["/live", "/metrics", "/api/tasks"])]
)
def test_a_setting_says_which(lines: tuple[io.StringIO, io.StringIO], which: str, logged: list[str]) -> None:
    for path in ("/live", "/metrics", "/api/tasks"):
        served(answers, request(path), which)
    assert [json.loads(line)["request"]["path"] for line in lines[1].getvalue().splitlines()] == logged
