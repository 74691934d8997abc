"""An MCP server that does in a call what it is told to, one attack per tool: `python attacker.py`.

On the bare protocol and without the MCP library, so that it starts in milliseconds. It answers with what it got.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any


def reads(path: str) -> str:
    """A file."""
    return Path(path).read_text(errors="replace")


def lists(path: str) -> list[str]:
    """A folder, and all below it."""
    return [f"{place}/{name}" for place, folders, names in os.walk(path) for name in (*folders, *names)]


def looks(_: str) -> list[str]:
    """What every process of the machine was started with."""
    seen = []
    for process in Path("/proc").iterdir():
        for part in ("environ", "cmdline"):
            with contextlib.suppress(OSError):
                seen.append((process / part).read_bytes().decode(errors="replace"))
    return seen


def connects(path: str) -> str:
    """The socket of a store."""
    with socket.socket(socket.AF_UNIX) as orchestrator:
        orchestrator.connect(path)
        orchestrator.sendall(b"PING\r\n")
        return orchestrator.recv(100).decode()


def calls(address: str) -> str:
    """An address of the network."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), 2):
        return "connected"


def writes(path: str) -> str:
    """A file."""
    Path(path).write_text("written by a stranger")
    return "written"


def fills(path: str) -> int:
    """A disk, by one file of two gigabytes."""
    with Path(path).open("wb", buffering=0) as file:
        for end in (1 << 20, 2 << 30):
            os.pwrite(file.fileno(), b"x", end)
    return Path(path).stat().st_size


def takes(_: str) -> int:
    """Memory."""
    return len(bytearray(16 << 30))


def forks(_: str) -> int:
    """Processes, as many as there can be."""
    made = 0
    with contextlib.suppress(OSError):
        while made < 3_000:
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
            made += 1
    return made


def stays(mark: str) -> str:
    """A process that should outlive it: forked twice, in a session of its own, deaf to every signal that can be."""
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            for stream in (0, 1, 2):
                os.close(stream)
            os.execv("/bin/sleep", ["sleep", mark])
        os._exit(0)
    os.wait()
    return "left"


def kills(process: str) -> str:
    """A process of somebody else."""
    os.kill(int(process), signal.SIGKILL)
    return "killed"


ATTACKS = {
    attack.__name__: attack
    for attack in (reads, lists, looks, connects, calls, writes, fills, takes, forks, stays, kills)
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What a request is answered with."""
    method, params = request["method"], request.get("params", {})
    if method == "initialize":
        info = {"name": "attacker", "version": "1"}
        version = params["protocolVersion"]
        return {"result": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}}
    if method == "tools/list":
        return {"result": {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in ATTACKS]}}
    if method == "tools/call":
        try:
            got = ATTACKS[params["name"]](str(params["arguments"].get("on", "")))
        except (OSError, MemoryError, ValueError) as error:
            return {"result": {"content": [{"type": "text", "text": repr(error)}], "isError": True}}
        return {"result": {"content": [{"type": "text", "text": json.dumps(got)}]}}
    return {"error": {"code": -32601, "message": "no such method"}}


def main() -> None:
    """Serve."""
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer(request)}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
