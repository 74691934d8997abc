"""An MCP server over HTTP that hears no cancellation: a call is answered when the file that it names is there.

python heedless_http.py PORT
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def note(mark: str) -> None:
    """Append a line to the count log."""
    with Path(os.environ["COUNT_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{mark} {time.monotonic():.6f}\n")


def called(arguments: dict[str, str]) -> dict[str, Any]:
    """Work until the gate opens, whoever waits for it or not."""
    note(f"S {arguments['key']}")
    while not Path(arguments["path"]).exists():
        time.sleep(0.01)
    note(f"E {arguments['key']}")
    return {"content": [{"type": "text", "text": "done"}]}


class Heedless(BaseHTTPRequestHandler):
    """Each request on a thread of its own."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer with JSON; what is told is taken, and forgotten."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = request.get("method")
        if "id" not in request:
            self._send(202, b"")
            return
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        if method == "initialize":
            version = request["params"]["protocolVersion"]
            answer["result"] = {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "heedless", "version": "1"},
            }
        elif method == "tools/list":
            tool = {"name": "call", "description": "Stands", "inputSchema": {"type": "object"}}
            answer["result"] = {"tools": [tool]}
        elif method == "tools/call":
            answer["result"] = called(request["params"]["arguments"])
        else:
            answer["error"] = {"code": -32601, "message": "no such method"}
        self._send(200, json.dumps(answer).encode())

    def do_GET(self) -> None:
        """It streams nothing."""
        self._send(405, b"")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Heedless).serve_forever()
