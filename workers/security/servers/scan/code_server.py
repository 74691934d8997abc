"""The MCP server `code`: unsafe code and loose file permissions in a folder."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.findings import ScanResult
from workers.inspection.hints import READS
from workers.inspection.repository import Repository
from workers.inspection.suppression import Honour, LeaveOut

from .permissions import scan_permissions
from .unsafe_code import scan_code

server = MCPServer(
    "code",
    instructions="Finds unsafe Python code and loose file permissions. It runs nothing of the folder it looks at.",
    log_level="WARNING",
    middleware=[with_caller],
)

_Path = Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")]
_Seconds = Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")]


@server.tool(title="Scan for unsafe code", annotations=READS)
async def scan(
    ctx: Context,
    path: _Path,
    max_seconds: _Seconds = 240,
    honour_suppressions: Honour = False,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
) -> ScanResult:
    """Find unsafe Python code in a folder: shell commands, unsafe parsing, weak cryptography, injection."""

    def work(job: Job) -> ScanResult:
        return scan_code(Repository(path, leave_out), job, honour_suppressions)

    return await run(ctx, max_seconds, work)


@server.tool(title="Check file permissions", annotations=READS)
async def permissions(
    ctx: Context,
    path: _Path,
    max_seconds: _Seconds = 120,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
) -> ScanResult:
    """Find files that others may write, run with their owner's rights, or read though they hold keys."""

    def work(job: Job) -> ScanResult:
        return scan_permissions(Repository(path, leave_out), job)

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
