"""The MCP server `host`: how the machine it runs on is, and what runs there."""

from typing import Annotated

import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import READS

from .health import Health, Limits, read_health
from .ports import Ports, read_ports
from .processes import By, Processes, read_processes
from .readings import CHECKS, CheckName

#: Seconds all checks of the machine may take; they take a part of one.
SECONDS = 20.0

server = MCPServer(
    "host",
    instructions="Looks at the machine it runs on. It changes nothing; what it could not look at it says.",
    log_level="WARNING",
)

Percent = Annotated[float, Field(ge=0, le=100, description="Percent in use from which on it is a fault.")]


@server.tool(title="Check this machine", annotations=READS)
async def health(
    ctx: Context,
    disk_limit: Percent = 90,
    inode_limit: Percent = 90,
    memory_limit: Percent = 90,
    swap_limit: Percent = 80,
    load_limit: Annotated[
        float, Field(ge=0, le=1_000, description="Load per core over five minutes from which on it is a fault.")
    ] = 2,
    clock_limit: Annotated[
        float, Field(ge=0, le=3_600, description="Seconds the clock may be wrong by from which on it is a fault.")
    ] = 1,
    checks: Annotated[
        list[CheckName] | None, Field(max_length=20, description="The checks to make; all of them without it.")
    ] = None,
) -> Health:
    """Check load, memory, swap, disks, inodes, clock and services of this machine against limits. Takes a moment."""
    limits = Limits(disk_limit, inode_limit, memory_limit, swap_limit, load_limit, clock_limit)

    def work(job: Job) -> Health:
        return read_health(job, limits, checks or CHECKS)

    return await run(ctx, SECONDS, work)


@server.tool(title="List listening ports", annotations=READS)
async def ports() -> Ports:
    """List what listens on this machine: port, protocol, address, process, user."""
    return await anyio.to_thread.run_sync(read_ports, abandon_on_cancel=True)


@server.tool(title="List the busiest processes", annotations=READS)
async def processes(
    by: Annotated[By, Field(description="What they use the most of.")] = "cpu",
    limit: Annotated[int, Field(ge=1, le=50, description="How many of them.")] = 10,
) -> Processes:
    """List the processes that use the most processor or memory. Names only, no command lines."""
    return await anyio.to_thread.run_sync(read_processes, by, limit, abandon_on_cancel=True)


if __name__ == "__main__":
    server.run("stdio")
