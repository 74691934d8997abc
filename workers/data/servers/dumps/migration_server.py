"""The MCP server `migration`: databases and data files copied into new schemas, compared, cut over, discarded."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from workers.inspection.hints import MAKES, READS

from .address import address_of, checked
from .imports import import_tools  # noqa: F401 - its tools are the server's too
from .migration import assessing, comparing, copying, cutting_over
from .migration.cutting_over import Ends
from .migration.face import Config, Schema, Seconds, Source, SourceSecret, Target, TargetSecret, between, server
from .migration.migration_results import Assessed, Compared, Copied, Discarded, Standing, Switch, Switched


@server.tool(title="Assess a migration", annotations=READS)
async def assess(
    ctx: Context,
    source: Source,
    target: Target,
    schema: Annotated[
        str, Field(max_length=63, description="Name of the new schema; empty: made of the source's.")
    ] = "",
    source_password_file: SourceSecret = None,
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 900,
) -> Assessed:
    """Say which tables would be copied into which new schema, what becomes something else, and what is left out."""
    return await between(
        ctx, (source, target), (source_password_file, target_password_file), max_seconds,
        lambda one, other: assessing.assess(one, other, schema),
    )  # fmt: skip


@server.tool(title="Copy into a new schema", annotations=MAKES)
async def copy(
    ctx: Context,
    *,
    source: Source,
    target: Target,
    schema: Schema,
    zero_dates: Annotated[int, Field(ge=0, description="Dates of all zeros, as the assessment counted them.")] = 0,
    source_password_file: SourceSecret = None,
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 7_200,
) -> Copied:
    """Fill a new schema with all tables, keys and sequences; if anything fails, the schema is gone again."""
    return await between(
        ctx, (source, target), (source_password_file, target_password_file), max_seconds,
        lambda one, other: copying.copy(one, other, checked(schema), zero_dates),
    )  # fmt: skip


@server.tool(title="Compare a copy with its source", annotations=READS)
async def compare(
    ctx: Context,
    source: Source,
    target: Target,
    schema: Schema,
    source_password_file: SourceSecret = None,
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 1_800,
) -> Compared:
    """Compare rows, sums of every column, keys and sequences by the servers' own clients, not by what copied them."""
    return await between(
        ctx, (source, target), (source_password_file, target_password_file), max_seconds,
        lambda one, other: comparing.compare(one, other, checked(schema)),
    )  # fmt: skip


@server.tool(title="Discard a copy", annotations=MAKES)
async def discard(
    ctx: Context,
    target: Target,
    schema: Schema,
    state: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$", description="What is in it, as `copy` said.")],
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 900,
) -> Discarded:
    """Drop a copy in which nothing has changed since."""
    return await between(
        ctx, (target, target), (target_password_file, target_password_file), max_seconds,
        lambda _, other: copying.discard(other, checked(schema), state),
    )  # fmt: skip


@server.tool(title="Preview a cut-over", annotations=READS)
async def plan_cut_over(
    ctx: Context,
    source: Source,
    target: Target,
    schema: Schema,
    config: Config,
    source_password_file: SourceSecret = None,
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 1_800,
) -> Switch:
    """Compare once more, and show what would change in the file that names the database."""
    return await between(
        ctx, (source, target), (source_password_file, target_password_file), max_seconds,
        lambda one, other: cutting_over.plan(one, other, checked(schema), config),
    )  # fmt: skip


@server.tool(title="Cut over", annotations=MAKES)
async def cut_over(
    source: Source,
    target: Target,
    schema: Schema,
    config: Config,
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Hash of the file, from the preview.")],
) -> Switched:
    """Put the address of the copy into the file, and keep the file as it was."""
    return cutting_over.switch(Ends(address_of(source), address_of(target), checked(schema)), config, sha256)


@server.tool(title="Take a cut-over back", annotations=MAKES)
async def switch_back(
    config: Config,
    saved: Annotated[str, Field(description="Absolute path of the copy that was kept.")],
    after: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Hash of the file after the cut-over.")],
) -> Switched:
    """Put the file back as it was, unless somebody has changed it since."""
    return cutting_over.switch_back(config, saved, after)


@server.tool(title="Look at a cut-over", annotations=READS)
async def standing(source: Source, target: Target, schema: Schema, config: Config) -> Standing:
    """Say whether a file names the source or the copy."""
    return cutting_over.standing(Ends(address_of(source), address_of(target), checked(schema)), config)


if __name__ == "__main__":
    server.run("stdio")
