"""A host: any Socket.IO server. Usage: python host.py PORT"""

import asyncio
import sys

import socketio
import uvicorn

from aether_agents.agentserver import register
from aether_agents.settings import load_settings

USERS = {"the-token-of-ann": ("ann", "User")}


async def main(port: int) -> None:
    sio = socketio.AsyncServer(async_mode="asgi")
    sessions: dict[str, tuple[str, str]] = {}

    async def connect(sid: str, _environ: object, auth: dict[str, str] | None) -> bool:
        """Who is not known is not let in: identity comes from the host, never from a payload of ours."""
        known = USERS.get((auth or {}).get("token", ""))
        if known:
            sessions[sid] = known
        return known is not None

    sio.on("connect", connect)
    handle = register(
        sio,
        load_settings(),
        get_user=lambda sid: sessions[sid][0],
        get_role=lambda sid: sessions[sid][1],
    )
    server = uvicorn.Server(uvicorn.Config(socketio.ASGIApp(sio), port=port, log_level="warning"))
    try:
        await server.serve()
    finally:
        await handle.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
