"""`python -m tests.benchmarks.audience URL CLIENTS TASK`: Socket.IO clients that note when they hear of a task.

Says `ready` when all have subscribed; when all have heard its end, how late each update was, in milliseconds, as JSON.
"""

import asyncio
import json
import sys
import time
from typing import Any

import socketio


async def main(url: str, clients: int, task_id: str) -> None:
    """Listen until the end of the task."""
    late: list[float] = []
    people = [socketio.AsyncClient(reconnection=False) for _ in range(clients)]
    await asyncio.wait_for(asyncio.gather(*(_listen(one, url, task_id, late) for one in people)), 120)
    sys.stdout.write(json.dumps(late) + "\n")


async def _listen(sio: socketio.AsyncClient, url: str, task_id: str, late: list[float]) -> None:
    over = asyncio.Event()

    async def hear(update: dict[str, Any]) -> None:
        note(update["message"], late)
        if update["status"] == "cancelled":
            over.set()

    sio.on("agent_update", hear)
    await sio.connect(url, auth={"user": "ann", "role": "User"}, transports=["websocket"], wait_timeout=30)
    assert (await sio.call("agent_subscribe_task", {"task_id": task_id}, timeout=30))["status"] == "ok"
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await over.wait()
    await sio.disconnect()


def note(message: str, late: list[float]) -> None:
    """How late a message is, in milliseconds, if it says when it was written."""
    if message.replace(".", "").isdigit():
        late.append((time.time() - float(message)) * 1000)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
