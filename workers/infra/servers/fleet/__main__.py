"""The MCP server `fleet`."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from . import applying, planning
from .inventory import listed
from .planning import wish_of
from .results import Applied, Drift, Listed, Planned, Reached, Undone
from .runner import Runner, Way, runner

server = MCPServer(
    "fleet",
    instructions="Configures hosts of an inventory over SSH by ansible: previewed host by host, on one first, and "
    "with what was there kept on each host for the undo.",
    log_level="WARNING",
)
Result = TypeVar("Result")


Inventory = Annotated[str, Field(description="Absolute path of the inventory: a file or folder that lists the hosts.")]
Playbook = Annotated[str | None, Field(description="Absolute path of a playbook; or none, and `play`.")]
Play = Annotated[
    Literal["files", "packages", "services", "users"] | None, Field(description="A small play that ships.")
]
Code = Annotated[
    bool, Field(description="Whether plugins and look-ups of the playbook may run on this machine, in a preview too.")
]
Hosts = Annotated[str, Field(max_length=500, description="Which of them: names, groups, a pattern of ansible.")]
Variables = Annotated[dict[str, Any], Field(description="Variables of the playbook.")]
Key = Annotated[str | None, Field(description="Absolute path of the private key that logs in.")]
Sudo = Annotated[str | None, Field(description="Absolute path of a file with the password that sudo wants.")]
Change = Annotated[str, Field(pattern=r"^change-[0-9a-f]{16}$", description="Name of the change, from its preview.")]
Seconds = Annotated[float, Field(gt=0, le=7_200, description="Seconds it may take in all.")]


async def with_hosts(ctx: Context, way: Way, seconds: float, work: Callable[[Runner], Result]) -> Result:
    """Do something with the hosts of an inventory."""

    def do(job: Job) -> Result:
        with runner(way, job) as started:
            return work(started)

    return await run(ctx, seconds, do)


@server.tool(title="List hosts", annotations=READS)
async def inventory(ctx: Context, inventory: Inventory, hosts: Hosts = "all", max_seconds: Seconds = 120) -> Listed:
    """List the hosts and groups of an inventory; none of them is asked."""
    return await with_hosts(ctx, Way(inventory, hosts), max_seconds, listed)


@server.tool(title="Ask which hosts answer", annotations=READS)
async def ping(
    ctx: Context, inventory: Inventory, hosts: Hosts = "all", key_file: Key = None, max_seconds: Seconds = 300
) -> Reached:
    """Log in to each host and look whether ansible can work there; what does not answer says what to do."""
    return await with_hosts(ctx, Way(inventory, hosts, key_file), max_seconds, planning.reachable)


@server.tool(title="Preview a playbook", annotations=READS)
async def plan(
    ctx: Context,
    *,
    inventory: Inventory,
    playbook: Playbook = None,
    play: Play = None,
    hosts: Hosts = "all",
    variables: Variables = {},  # noqa: B006 - it is only read
    key_file: Key = None,
    become_password_file: Sudo = None,
    allow_code: Code = False,
    max_seconds: Seconds = 1_800,
) -> Planned:
    """Say what a playbook would change on each host, with the differences. Commands do not run; they are named."""
    way = Way(inventory, hosts, key_file, become_password_file)
    wish = wish_of(playbook, play, variables, allow_code)
    return await with_hosts(ctx, way, max_seconds, lambda it: planning.plan(it, wish)[0])


@server.tool(title="Carry out a playbook", annotations=MAKES)
async def apply(
    ctx: Context,
    *,
    inventory: Inventory,
    change: Change,
    playbook: Playbook = None,
    play: Play = None,
    hosts: Hosts = "all",
    variables: Variables = {},  # noqa: B006 - it is only read
    key_file: Key = None,
    become_password_file: Sudo = None,
    allow_code: Code = False,
    batch: Annotated[int, Field(ge=1, le=500, description="Hosts at once, after the first one alone.")] = 10,
    max_seconds: Seconds = 3_600,
) -> Applied:
    """Do exactly what was previewed: one host first, looked at again, then the rest; it stops where one goes wrong."""
    way = Way(inventory, hosts, key_file, become_password_file)
    wish = wish_of(playbook, play, variables, allow_code)
    return await with_hosts(ctx, way, max_seconds, lambda it: applying.apply(it, wish, change, batch))


@server.tool(title="Look for drift", annotations=READS)
async def drift(
    ctx: Context,
    *,
    inventory: Inventory,
    playbook: Playbook = None,
    play: Play = None,
    hosts: Hosts = "all",
    variables: Variables = {},  # noqa: B006 - it is only read
    key_file: Key = None,
    become_password_file: Sudo = None,
    allow_code: Code = False,
    max_seconds: Seconds = 1_800,
) -> Drift:
    """Say on which hosts a playbook would change something now, and which do not answer."""
    way = Way(inventory, hosts, key_file, become_password_file)
    wish = wish_of(playbook, play, variables, allow_code)
    return await with_hosts(ctx, way, max_seconds, lambda it: planning.drift(it, wish))


@server.tool(title="Take a change back", annotations=MAKES)
async def undo(
    ctx: Context,
    *,
    inventory: Inventory,
    change: Change,
    hosts: Hosts = "all",
    key_file: Key = None,
    become_password_file: Sudo = None,
    become: Annotated[bool, Field(description="Whether the change was made as root by sudo.")] = False,
    max_seconds: Seconds = 1_800,
) -> Undone:
    """Put back what a change found on each host, unless somebody has changed it since."""
    way = Way(inventory, hosts, key_file, become_password_file)
    return await with_hosts(ctx, way, max_seconds, lambda it: applying.undo(it, change, become))


if __name__ == "__main__":
    server.run("stdio")
