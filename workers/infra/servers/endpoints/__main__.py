"""The MCP server `endpoints`: whether endpoints answer as they should, and how long their certificates hold."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run

from .checking import Rules, Wanted
from .watching import Endpoints, watch

server = MCPServer(
    "endpoints",
    instructions="Asks endpoints whether they answer, and reads certificates. It sends no credentials and shows none.",
    log_level="WARNING",
)
LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)

List = Annotated[
    list[str | Wanted],
    Field(max_length=200, description="https://host/path, http://…, tls://host:port, tcp://host:port or host:port."),
]
Days = Annotated[int, Field(ge=0, le=3_650, description="Fewer days left than these are a fault.")]
Authorities = Annotated[
    str | None, Field(description="Absolute path of a PEM file of authorities to trust beside the system's.")
]
Each = Annotated[float, Field(gt=0, le=60, description="Seconds one endpoint may take in all.")]
All = Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")]


@server.tool(title="Check endpoints", annotations=LOOKS)
async def check(
    ctx: Context,
    endpoints: List,
    *,
    status: Annotated[int, Field(ge=0, le=599, description="HTTP status they must answer with; 0: any below 400.")] = 0,
    text: Annotated[
        str, Field(max_length=1_000, description="Text in the first MiB of their answer; empty: any.")
    ] = "",
    days: Days = 21,
    slow_ms: Annotated[
        int | None, Field(ge=1, le=60_000, description="More milliseconds to the answer than these are a fault.")
    ] = None,
    across_hosts: Annotated[bool, Field(description="Whether redirects to another host are followed.")] = False,
    authorities: Authorities = None,
    seconds: Each = 10,
    max_seconds: All = 240,
) -> Endpoints:
    """Check endpoints of HTTP, TCP and TLS, several at once: status, time, text, redirects, certificates."""
    rules = Rules(status or None, text, days, seconds, slow_ms, across_hosts, authorities)
    return await run(ctx, max_seconds, lambda job: watch(job, _wanted(endpoints), rules))


@server.tool(title="Read certificates", annotations=LOOKS)
async def certificates(
    ctx: Context,
    endpoints: List,
    days: Days = 21,
    authorities: Authorities = None,
    seconds: Each = 10,
    max_seconds: All = 240,
) -> Endpoints:
    """Read the certificates of TLS endpoints: days left, names, issuer, chain. `host:port` means TLS here."""
    rules = Rules(days=days, seconds=seconds, authorities=authorities, certificates_only=True)
    listed = [one.model_copy(update={"address": _over_tls(one.address)}) for one in _wanted(endpoints)]

    def work(job: Job) -> Endpoints:
        return watch(job, listed, rules)

    return await run(ctx, max_seconds, work)


def _wanted(endpoints: list[str | Wanted]) -> list[Wanted]:
    return [Wanted(address=one) if isinstance(one, str) else one for one in endpoints]


def _over_tls(address: str) -> str:
    return address if "://" in address else f"tls://{address}"


if __name__ == "__main__":
    server.run("stdio")
