"""A server on loopback that speaks the two protocols of models: OpenAI's chat completions, Anthropic's messages.

Its answers are written by hand, in the form of the two protocols' documentation; none was recorded of a real model.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What one request gets: a plan, or something worse."""

    plan: Any = None  #: as the arguments of the tool that hands in a plan
    text: str | None = None  #: as plain text instead
    status: int = 200
    raw: bytes | None = None  #: as the whole body instead
    cut: bool = False  #: the connection ends in the middle of it
    hangs: bool = False  #: nothing comes until the server ends
    headers: dict[str, str] = field(default_factory=dict)


class ModelServer:
    """Gives one answer after the other, the last one again and again; keeps what it was sent."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self.url = ""

    def next(self, body: dict[str, Any], key: str) -> Answer:
        """The answer to a request."""
        with self._lock:
            self.requests.append(body)
            self.keys.append(key)
            return self.answers[min(len(self.requests), len(self.answers)) - 1]


@contextmanager
def model_server(*answers: Answer) -> Iterator[ModelServer]:
    """One that runs for as long as the context."""
    state = ModelServer(answers)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Handler", (_Handler,), {"state": state}))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    state: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("x-api-key") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        answer = self.state.next(body, key)
        if answer.hangs:
            self.state.ended.wait(60)
            self.close_connection = True
            return
        anthropic = self.path.endswith("/messages")
        content = answer.raw
        if content is None:
            content = json.dumps(_anthropic(body, answer) if anthropic else _openai(body, answer)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if answer.cut else content)
        self.close_connection = answer.cut

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _openai(body: dict[str, Any], answer: Answer) -> dict[str, Any]:
    if answer.status >= 400:
        return {"error": {"message": f"status {answer.status}", "type": "error", "code": None}}
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if answer.text is None and body.get("tools"):
        name = body["tools"][0]["function"]["name"]
        call = {"name": name, "arguments": json.dumps(answer.plan)}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
    elif answer.text is None:
        message["content"] = json.dumps(answer.plan)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200},
    }


def _anthropic(body: dict[str, Any], answer: Answer) -> dict[str, Any]:
    if answer.status >= 400:
        return {"type": "error", "error": {"type": "api_error", "message": f"status {answer.status}"}}
    part: dict[str, Any] = {"type": "text", "text": answer.text or ""}
    if answer.text is None:
        part = {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": answer.plan}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [part],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1_000, "output_tokens": 200},
    }
