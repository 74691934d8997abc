"""MCP servers that misbehave, one per word: `python raw.py MODE [ARGUMENT]`.

Written on the bare protocol (of 2025-11-25, which begins with a handshake), without the MCP library:
that is what lets them misbehave, and it lets them start in milliseconds.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Message = dict[str, Any]
MODE = sys.argv[1]
ARGUMENT = sys.argv[2] if len(sys.argv) > 2 else ""
#: Its tools as a file tells them when it starts: a process that runs keeps what it read.
TOLD: dict[str, Message] = json.loads(Path(ARGUMENT).read_text()) if MODE == "told" else {}


def tool(name: str, **more: object) -> Message:
    """A tool that takes anything."""
    return {"name": name, "description": f"{name} of {MODE}", "inputSchema": {"type": "object"}, **more}


def write(message: Message) -> None:
    """Send one message."""
    line(json.dumps(message).encode())


def line(data: bytes) -> None:
    """Send one line."""
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.buffer.flush()


def answer(request: Message, result: Message) -> None:
    """Answer a request."""
    write({"jsonrpc": "2.0", "id": request["id"], "result": result})


def text(request: Message, words: str, **more: object) -> None:
    """Answer a call with a text."""
    answer(request, {"content": [{"type": "text", "text": words}], **more})


def note(mark: str) -> None:
    """Append a line to the count log."""
    if path := os.environ.get("COUNT_LOG"):
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(f"{mark} {time.monotonic():.6f}\n")


def messages() -> Iterator[Message]:
    """What the client sends."""
    for raw in sys.stdin.buffer:
        yield json.loads(raw)


# What each mode does with a call. Whatever is not here answers "ok".


def dies(request: Message) -> None:
    """Write half an answer, and die."""
    note("S dies")
    sys.stderr.write("Traceback (most recent call last):\nMemoryError: out of memory\n")
    sys.stderr.flush()
    sys.stdout.write('{"jsonrpc": "2.0", "id": ')
    sys.stdout.flush()
    os._exit(7)


def leaves(request: Message) -> None:
    """End in the middle of the call, as if all was well."""
    note("S leaves")
    os._exit(0)


def mortal(request: Message) -> None:
    """Be killed in the first three calls of all its processes, as by whoever is short of memory; then live."""
    deaths = Path(os.environ["COUNT_LOG"] + ".deaths")
    with deaths.open("a") as told:
        told.write("x")
    if deaths.stat().st_size <= 3:
        os.kill(os.getpid(), signal.SIGKILL)
    text(request, "ok")


def shuts(request: Message) -> None:
    """Close the output, and live on."""
    os.close(1)
    time.sleep(600)


def stuck(request: Message) -> None:
    """Hear and answer nothing any more, unless the call says `free`."""
    if request["params"].get("arguments", {}).get("free"):
        text(request, "free")
    else:
        time.sleep(600)


def heedless(request: Message) -> None:
    """Answer when the file that the call names is there: what else is said meanwhile is heard, and in vain."""
    arguments = request["params"].get("arguments", {})
    key = arguments.get("key", "heedless")

    def work() -> None:
        while not Path(arguments["path"]).exists():
            time.sleep(0.01)
        note(f"E {key}")
        text(request, "done")

    note(f"S {key}")
    threading.Thread(target=work, daemon=True).start()


def huge(request: Message) -> None:
    """Answer with as many bytes as the call says, the id first or last."""
    arguments = request["params"]["arguments"]
    body = json.dumps({"content": [{"type": "text", "text": "x" * arguments["bytes"]}]})
    parts = [f'"id":{request["id"]}', f'"result":{body}']
    if arguments.get("id_last"):
        parts.reverse()
    line(("{" + ",".join(parts) + ',"jsonrpc":"2.0"}').encode())


def endless(request: Message) -> None:
    """Begin an answer that has no end."""
    while True:
        sys.stdout.buffer.write(b"x" * 65_536)


def latin(request: Message) -> None:
    """Answer with a byte that is not UTF-8."""
    line(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"caf\xe9"}]}}' % request["id"])


def surrogate(request: Message) -> None:
    """Answer with half a surrogate pair, as JavaScript does when it cuts a text in an emoji."""
    line(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"caf\\ud83d"}]}}' % request["id"])


def broken(request: Message) -> None:
    """Answer with what is not JSON."""
    line(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[' % request["id"])


def shapeless(request: Message) -> None:
    """Answer with JSON that is not MCP."""
    answer(request, {"content": "not a list"})


def mismatched(request: Message) -> None:
    """Answer with content that does not fit the tool's own output schema."""
    text(request, "{}", structuredContent={"count": "many"})


def patterned(request: Message) -> None:
    """Answer with a text that holds a backtracking engine for years, by the tool's own output schema."""
    text(request, "{}", structuredContent={"word": "a" * 40 + "!"})


def minus32000(request: Message) -> None:
    """A JSON-RPC error with the number that also means "connection closed"."""
    write({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32000, "message": "quota exceeded"}})


def leaks(request: Message) -> None:
    """Tell the token it was started with, in the way the call says."""
    token, how = os.environ["TOKEN"], request["params"]["arguments"]["how"]
    if how == "dies":
        sys.stderr.write(f"401: {token} was refused\n")
        sys.stderr.flush()
        os._exit(7)
    if how == "protocol":
        write({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32000, "message": f"{token} was refused"}})
    elif how == "structured":
        text(request, "{}", structuredContent={token: [f"Bearer {token}"]})
    elif how == "failure":
        text(request, "x" * request["params"]["arguments"]["at"] + token + "y" * 9_000, isError=True)
    else:
        text(request, json.dumps({"sent": token}))


def noisy(request: Message) -> None:
    """Fill the standard error before answering."""
    sys.stderr.write("noise " * 200_000 + "\n")
    sys.stderr.flush()
    text(request, "ok")


def ledger(request: Message) -> None:
    """Note the call's key before and after a moment's work, and give it back."""
    key = request["params"]["arguments"]["key"]
    note(f"S {key}")
    time.sleep(0.002)
    note(f"E {key}")
    text(request, json.dumps({"key": key, "pid": os.getpid()}))


def chatty(request: Message) -> None:
    """Report progress as fast as it goes."""
    token = request["params"]["_meta"]["progressToken"]
    for number in range(1_500):
        params = {"progressToken": token, "progress": number, "total": 1_500, "message": f"{number}"}
        write({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
    text(request, "ok")


def asks(request: Message) -> None:
    """Ask the client something in the middle of a call, and answer with what it said."""
    method = ARGUMENT
    params: dict[str, Message] = {
        "elicitation/create": {"message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}},
        "sampling/createMessage": {"messages": [], "maxTokens": 10},
        "roots/list": {},
    }
    write({"jsonrpc": "2.0", "id": "q1", "method": method, "params": params[method]})
    said = next(message for message in messages() if message.get("id") == "q1")
    text(request, "refused" if "error" in said else json.dumps(said["result"]))


def family(request: Message) -> None:
    """Start a child of its own, and tell both process ids."""
    child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    text(request, json.dumps({"pid": os.getpid(), "child": child.pid}))


CALLS: dict[str, Callable[[Message], None]] = {
    call.__name__: call
    for call in (
        dies, leaves, mortal, shuts, stuck, heedless, huge, endless, latin, surrogate, broken, shapeless, mismatched,
        patterned, minus32000, noisy, chatty, asks, family, ledger, leaks,
    )
}  # fmt: skip


def tools(request: Message, listed: int) -> Message:
    """What is listed the how-manieth time."""
    if MODE == "pages":
        at = int(request.get("params", {}).get("cursor", "0"))
        return {"tools": [tool(f"t{at}")], "nextCursor": str(at + 1)}
    if MODE == "drift":
        return {"tools": [tool("call", title="x"), tool("other", description=f"version {listed}")]}
    if MODE == "told":
        return {"tools": [tool(name, **more) for name, more in TOLD.items()]}
    if MODE == "mismatched":
        schema = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
        return {"tools": [tool("call", outputSchema=schema)]}
    if MODE == "patterned":
        schema = {"type": "object", "properties": {"word": {"type": "string", "pattern": "^(a+)+$"}}}
        return {"tools": [tool("call", outputSchema=schema)]}
    return {"tools": [tool("call")]}


def before() -> None:
    """What some do before they hear anything."""
    if MODE == "exits":
        sys.exit("Traceback (most recent call last):\nModuleNotFoundError: No module named 'mcp.server.fastmcp'")
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "prints":
        line(b"Welcome to the printing server v1.0")
        line(b"this is no protocol at all")
        sys.exit(0)
    if MODE == "family":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def main() -> None:
    """Serve, each mode in its own way."""
    before()
    listed = 0
    for request in messages():
        method = request.get("method", "")
        if MODE == "silent" or (MODE == "ignores" and method == "server/discover"):
            continue
        if MODE == "banner":
            line(b"Processing request \xf0\x9f\x8e\x89 ...\xff")
        if MODE == "listless" and method == "tools/list":
            continue
        if method == "initialize":
            info = {"name": MODE, "version": "1"}
            version = request["params"]["protocolVersion"]
            answer(request, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
        elif method == "tools/list":
            listed += 1
            answer(request, tools(request, listed))
        elif method == "tools/call":
            CALLS.get(MODE, lambda request: text(request, "ok"))(request)
        elif method == "notifications/cancelled":
            note("cancelled")
        elif "id" in request:
            write({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no such method"}})
    if MODE in ("stubborn", "family"):
        time.sleep(600)  # its input has ended, and it does not care


if __name__ == "__main__":
    main()
