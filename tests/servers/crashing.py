"""A server whose tools crash: what they raise is no answer of theirs."""

import os
import sys

from mcp.server.mcpserver import MCPServer

server = MCPServer("crashing", log_level="WARNING")


@server.tool()
def lookup(name: str) -> str:
    """Crash, with what it was told, and its token, in the traceback."""
    raise LookupError(f"no entry for {name} with {os.environ.get('TOKEN', 'no token')}")


@server.tool()
def mutter(lines: int) -> str:
    """Write so many lines to standard error."""
    for number in range(lines):
        print(f"line {number} of many, \x1b[31mred\x1b[0m", file=sys.stderr, flush=True)  # noqa: T201
    return "done"


if __name__ == "__main__":
    server.run()
