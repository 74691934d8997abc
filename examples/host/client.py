"""A client of the host. Usage: python client.py PORT TASK"""

import asyncio
import sys
from typing import Any

import socketio

ENDS = {"completed", "failed", "cancelled"}


async def main(port: int, task: str) -> int:
    client = socketio.AsyncClient()
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def told(update: dict[str, Any]) -> None:
        print(f"{update['seq']:>4}  {update['status']:<10} {update['progress']:>4.0%}  {update['message']}", flush=True)
        if update["status"] in ENDS and not ended.done():
            ended.set_result(update["status"])

    client.on("agent_update", told)
    client.on("agent_error", lambda error: print(error, file=sys.stderr))
    address, auth = f"http://127.0.0.1:{port}", {"token": "the-token-of-ann"}
    await asyncio.wait_for(client.connect(address, auth=auth, retry=True), 30)
    try:
        answer = await client.call("agent_execute_task", {"task": task}, timeout=60)
        if answer["status"] != "accepted":
            return 1
        return 0 if await asyncio.wait_for(ended, 240) == "completed" else 1
    finally:
        await client.disconnect()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]), sys.argv[2])))
