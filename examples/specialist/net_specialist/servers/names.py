"""The MCP server `names`. It imports nothing of `aether_agents`: a server is a program of its own."""

import socket

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

server = MCPServer("names", instructions="Looks up host names.", log_level="WARNING")


class Found(BaseModel):
    """What a name leads to."""

    name: str = Field(description="The name.")
    addresses: list[str] = Field(description="Its addresses, each once; none where there are none.")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def lookup(name: str) -> Found:
    """Look up the addresses of a host name."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return Found(name=name, addresses=[])
    return Found(name=name, addresses=sorted({str(one[4][0]) for one in found}))


if __name__ == "__main__":
    server.run()
