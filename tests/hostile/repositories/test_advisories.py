"""A hostile advisory service: nobody else is asked, nothing is taken without end, and nothing becomes clean."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted
from workers.security.servers.dependencies.asking import MOST_BYTES

#: What it answers at each path, and a word of the gap that it leaves.
ANSWERS = {
    "/nested": (b"[" * 1_000_000, "no JSON object"),
    "/list": (b"[]", "no JSON object"),
    "/text": (b"not found", "no JSON object"),
    "/flood": (b" " * (MOST_BYTES + 1), "more than 8 MiB"),
    "/shape": (b'{"vulns": 1}', "pip-audit failed"),
    "/unknown": (b'{"vulns": [{"id": {}}]}', "cannot read"),
    "/form": (b'{"vulns": [{"id": "GHSA-a-b-c", "schema_version": "2.0", "affected": []}]}', "cannot read"),
    "/page": (b'{"vulns": [], "next_page_token": "x"}', "more advisories than one answer"),
}


class Hostile:
    """The service, and all the paths that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                hostile.asked.append(self.path)
                if self.path.startswith("/redirect"):
                    self.send_response(int(self.path[-3:]))
                    self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(ANSWERS.get(self.path, (b"{}", ""))[0])

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    service = Hostile()
    thread = threading.Thread(target=service.server.serve_forever, daemon=True)
    thread.start()
    yield service
    service.server.shutdown()
    service.server.server_close()
    thread.join(10)


@pytest.mark.parametrize("path", ANSWERS)
def test_what_is_no_answer_is_a_gap(dependencies: Talk, repository: Planted, hostile: Hostile, path: str) -> None:
    repository.write("requirements.txt", "planted==1.0\n")
    result = dependencies.call("audit", path=str(repository.folder), advisories=hostile.at(path))
    assert result["status"] == "inconclusive"
    assert ANSWERS[path][1] in result["coverage"]["gaps"][0]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed(dependencies: Talk, repository: Planted, hostile: Hostile, code: int) -> None:
    repository.write("requirements.txt", "planted==1.0\n")
    result = dependencies.call("audit", path=str(repository.folder), advisories=hostile.at(f"/redirect{code}"))
    assert (result["status"], hostile.asked) == ("inconclusive", [f"/redirect{code}"])
    assert f"it answers {code}" in result["coverage"]["gaps"][0]


def test_what_was_answered_before_it_failed_counts(dependencies: Talk, repository: Planted, hostile: Hostile) -> None:
    """It answers about one package and refuses the next."""
    known = {"id": "GHSA-a-b-c", "summary": "known", "affected": []}
    refused = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            body = json.dumps({"vulns": [known]}).encode()
            if asked == "z-last":
                refused.set()
                self.send_error(503)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    hostile.server.RequestHandlerClass = Handler
    repository.write("requirements.txt", "planted==1.0\nz-last==1.0\n")
    result = dependencies.call("audit", path=str(repository.folder), advisories=hostile.at("/"))
    assert refused.is_set()
    assert (result["status"], [one["rule"] for one in result["findings"]]) == ("fail", ["GHSA-a-b-c"])
    assert result["coverage"]["gaps"][0].startswith("1 of 2 pinned versions were not looked up")
