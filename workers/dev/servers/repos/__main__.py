"""The MCP server `repos`."""

import functools
from typing import Annotated

import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import run
from workers.inspection.caller import with_caller
from workers.inspection.hints import READS

from . import changing, pending, uncommitting
from .edits import Pattern
from .results import Agreed, Applied, Committed, Found, PendingChanges, Preview, Reverted, Uncommitted

server = MCPServer(
    "repos",
    instructions="Searches and replaces a text over git repositories: preview, then one commit on a new branch each. "
    "Shows what is in no commit, and takes a commit back. It never pushes, and runs no hook or filter of a repository.",
    log_level="WARNING",
    middleware=[with_caller],
)

Paths = Annotated[
    list[str], Field(min_length=1, max_length=50, description="Absolute paths of the repositories' own folders.")
]
One = Annotated[str, Field(max_length=4_096, description="Absolute path of the repository's own folder.")]
Find = Annotated[str, Field(min_length=1, max_length=2_000, description="The text to look for.")]
Regex = Annotated[bool, Field(description="Whether it is a regular expression (Python's, lines by `^` and `$`).")]
Case = Annotated[bool, Field(description="Whether capitals and small letters count as the same.")]
Replace = Annotated[
    str, Field(max_length=10_000, description="The new text; `\\1` is a group of a regular expression.")
]
Branch = Annotated[str, Field(min_length=1, max_length=200, description="The new branch; it must not exist yet.")]
Seconds = Annotated[float, Field(gt=0, le=600, description="Seconds it may take in all.")]
Former = Annotated[str, Field(min_length=1, max_length=200, description="The branch to go back to.")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$", description="The commit that `apply` made.")]


@server.tool(title="Search repositories", annotations=READS)
async def search(
    ctx: Context,
    paths: Paths,
    find: Find,
    regex: Regex = False,
    ignore_case: Case = False,
    most: Annotated[int, Field(ge=1, le=2_000, description="Lines that are listed at most.")] = 200,
    max_seconds: Seconds = 60,
) -> Found:
    """Find the tracked lines that hold a text, over several repositories."""
    pattern = Pattern(find, regex, ignore_case)
    return await run(ctx, max_seconds, lambda job: changing.search(paths, pattern, most, job))


@server.tool(title="Preview a replacement", annotations=READS)
async def preview(
    ctx: Context,
    paths: Paths,
    find: Find,
    replace: Replace,
    branch: Branch,
    regex: Regex = False,
    max_seconds: Seconds = 120,
) -> Preview:
    """Show what replacing a text would change, as a diff for each repository; nothing is changed."""
    return await run(ctx, max_seconds, lambda job: changing.preview(paths, Pattern(find, regex), replace, branch, job))


@server.tool(title="Agree to a preview", annotations=READS)
async def agree(
    digests: Annotated[list[str], Field(max_length=50, description="Digests of the changes.")],
    shown: Annotated[list[str], Field(max_length=500, description="The changes, as a person sees them.")],  # noqa: ARG001
    report: Annotated[str, Field(max_length=4_096, description="Where all of it is written down.")] = "",  # noqa: ARG001
) -> Agreed:
    """Give the digests back. It does nothing: a plan puts it where a person must say yes to what is shown."""
    return Agreed(digests=digests)


@server.tool(
    title="Apply a replacement",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    ),
)
async def apply(  # noqa: PLR0917 - a tool's arguments are named by who calls it
    ctx: Context,
    path: One,
    find: Find,
    replace: Replace,
    branch: Branch,
    message: Annotated[str, Field(min_length=1, max_length=5_000, description="Message of the commit.")],
    digest: Annotated[str | None, Field(description="Digest of the preview; anything else is refused.")] = None,
    regex: Regex = False,
    max_seconds: Seconds = 120,
) -> Applied:
    """Replace a text in one repository, as one commit on a new branch; all of it or nothing."""
    pattern = Pattern(find, regex)
    return await run(ctx, max_seconds, lambda job: changing.apply(path, pattern, replace, branch, message, digest, job))


@server.tool(title="Read a commit back", annotations=READS)
async def committed(path: One, branch: Branch, commit: Commit) -> Committed:
    """Say whether a branch is at a commit and checked out, and which files the commit changes."""
    return await anyio.to_thread.run_sync(changing.committed, path, branch, commit)


@server.tool(
    title="Revert a replacement",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def revert(
    path: One,
    branch: Branch,
    commit: Commit,
    former: Former,
) -> Reverted:
    """Delete the branch that `apply` made and go back to the former one; refused if anything else was done since."""
    return await anyio.to_thread.run_sync(changing.revert, path, branch, commit, former)


@server.tool(title="Look at what is in no commit", annotations=READS)
async def changes(
    ctx: Context,
    paths: Paths,
    branch: Branch,
    digests: Annotated[
        list[str] | None, Field(max_length=50, description="Digests of an earlier look; anything else is refused.")
    ] = None,
    max_seconds: Seconds = 120,
) -> PendingChanges:
    """Show which files of several repositories a commit on a new branch would have; nothing is changed."""
    return await run(ctx, max_seconds, lambda job: pending.changes(paths, branch, digests, job))


@server.tool(
    title="Take a commit back",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def uncommit(
    path: One,
    branch: Annotated[str, Field(min_length=1, max_length=200, description="The branch made for the commit.")],
    former: Former,
    base: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$", description="The commit that it was made on.")],
    staged: Annotated[list[str], Field(max_length=500, description="Files that had been staged before.")],
    commit: Annotated[
        str, Field(max_length=5_000, description="The commit, or the words of `git_commit` that name it.")
    ] = "",
) -> Uncommitted:
    """Go back to the former branch with the changes uncommitted, and delete the new one; no file is touched.

    Refused if anything else was done since.
    """
    work = functools.partial(uncommitting.uncommit, path, branch, former, base, staged, commit)
    return await anyio.to_thread.run_sync(work)


if __name__ == "__main__":
    server.run("stdio")
