"""What is told through apprise: words of tools and files, which are no HTML where HTML is sent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from beat.recipients import opened


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the modules apprise imports
def test_what_a_tool_said_is_no_html() -> None:
    heard: list[dict[str, Any]] = []

    class Mailbox(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Mailbox) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        [(_, notify)] = opened(f"json://127.0.0.1:{server.server_port}/?format=html", "env:ALERTS")
        assert notify("1 finding", 'in <a href="http://evil.example">log in</a>', "warning")
    assert "<a" not in heard[0]["message"]
    assert "evil.example" in heard[0]["message"]
