"""A small streamable-HTTP server without a library; the path chooses how it treats a session it gave out."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

_JSON = "application/json"


class Odd(BaseHTTPRequestHandler):
    """Each session makes one call; what comes after that, the path says."""

    protocol_version = "HTTP/1.1"
    calls: ClassVar[dict[str, int]] = {}

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def say(self, status: int, body: object = None, **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in {"Content-Type": _JSON, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.say(405)

    def do_DELETE(self) -> None:
        self.say(200)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number, method, session = asked.get("id"), asked.get("method"), self.headers.get("Mcp-Session-Id")
        if method == "initialize":
            about = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
            result = {**about, "serverInfo": {"name": "odd", "version": "1"}}
            self.say(200, {"jsonrpc": "2.0", "id": number, "result": result}, Mcp_Session_Id=f"s{len(self.calls)}")
            self.calls[f"s{len(self.calls)}"] = 0
        elif number is None:
            self.say(202)
        elif session not in self.calls:
            self.say(400, error(None, "Bad Request: not an initialize request"))
        elif method == "tools/list":
            self.say(200, {"jsonrpc": "2.0", "id": number, "result": {"tools": [{"name": "e", "inputSchema": {}}]}})
        else:
            self.call(number, session)

    def call(self, number: int, session: str) -> None:
        self.calls[session] += 1
        done = {"jsonrpc": "2.0", "id": number, "result": {"content": [{"type": "text", "text": "done"}]}}
        if self.calls[session] == 1:
            self.say(200, done)
        elif self.path == "/says400":
            self.say(400, error(None, "Bad Request: No valid session ID provided"))
        elif self.path == "/says200":
            self.say(200, error(number, "Session not found"))
        elif self.path == "/own":
            self.say(200, error(number, "the terminal is closed"))
        else:
            self.say(int(self.path[1:]), "later", Content_Type="text/plain", Retry_After="7")


def error(number: int | None, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": message}}


@contextmanager
def odd_server() -> Iterator[str]:
    """The server, in a thread; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
