"""What the tools of `repos` answer."""

from pydantic import BaseModel, Field

from workers.inspection.answers import Item


class Left(BaseModel):
    """A file that was not looked at."""

    path: str = Field(description="File, relative to its repository.")
    why: str = Field(description="Why.")


class Hit(BaseModel):
    """One line that matches."""

    repository: str = Field(description="Absolute path of the repository.")
    file: str = Field(description="File, relative to it.")
    line: int = Field(description="Line from 1.")
    text: str = Field(description="The line, around what matches; no control characters.")


class Found(BaseModel):
    """The result of a search."""

    hits: list[Hit] = Field(description="Lines that match, in the order of the repositories.")
    truncated: bool = Field(description="Whether there are more.")
    files: int = Field(description="Tracked files looked at.")
    skipped: list[Left] = Field(description="Tracked files that were not, the first 50.")
    undo: str = Field(default="nothing was changed", description="How to undo it.")


class Change(BaseModel):
    """What a replacement would do in one repository."""

    path: str = Field(description="Absolute path of the repository.")
    branch: str = Field(description="Branch that is checked out.")
    author: str = Field(description="As whom it would be committed.")
    files: int = Field(description="Files that would change.")
    replacements: int = Field(description="Places that would be replaced.")
    digest: str = Field(description="Names exactly this change on exactly this commit; `apply` takes it.")
    items: list[Item] = Field(description="The branch that would be made, and each file that would change.")
    diff: str = Field(description="The change as a unified diff; long ones are cut, and say so.")


class Preview(BaseModel):
    """What a replacement would do, before anything is changed."""

    changes: list[Change] = Field(description="One for each repository in which something would change.")
    unchanged: list[str] = Field(description="Repositories in which nothing matches.")
    files: int = Field(description="Files that would change in all.")
    replacements: int = Field(description="Places that would be replaced in all.")
    items: list[Item] = Field(description="All that would be made or changed.")
    counts: dict[str, int] = Field(description="How many repositories, files and places.")
    digest: str = Field(description="Names exactly these changes.")
    diff: str = Field(description="All diffs, one after the other, bounded.")
    shown: list[str] = Field(description="The diffs' first lines, short enough to be shown with a question.")
    digests: list[str] = Field(description="The digests of all changes, in their order.")
    skipped: list[Left] = Field(description="Tracked files that were not looked at, the first 50.")
    undo: str = Field(default="nothing was changed", description="How to undo it.")


class Agreed(BaseModel):
    """The changes that a person has seen and agreed to."""

    digests: list[str] = Field(description="Their digests.")
    undo: str = Field(default="nothing was changed", description="How to undo it.")


class Undo(BaseModel):
    """The call that undoes another."""

    tool: str = Field(description="The tool.")
    args: dict[str, str] = Field(description="Its arguments.")


class Applied(BaseModel):
    """A change made, on a branch of its own."""

    path: str = Field(description="Absolute path of the repository.")
    branch: str = Field(description="The new branch; it is checked out.")
    former: str = Field(description="The branch that was checked out before.")
    commit: str = Field(description="The commit with the change.")
    base: str = Field(description="The commit it stands on.")
    files: list[str] = Field(description="Files that changed.")
    replacements: int = Field(description="Places that were replaced.")
    undo: Undo = Field(description="The call that undoes it.")


class Committed(BaseModel):
    """A commit on its branch, as git tells it."""

    path: str = Field(description="Absolute path of the repository.")
    holds: bool = Field(description="Whether the branch is at the commit and checked out, with nothing else changed.")
    branch: str = Field(description="Branch that is checked out.")
    tip: str = Field(description="The commit that the branch is at; empty where there is no such branch.")
    files: list[str] = Field(description="Files that the commit changes.")
    dirty: int = Field(description="Files with changes that are in no commit.")


class Reverted(BaseModel):
    """A change taken back."""

    path: str = Field(description="Absolute path of the repository.")
    branch: str = Field(description="Branch that is checked out now.")
    deleted: str = Field(description="Branch that is gone.")
    done: bool = Field(description="False when it was gone already.")
    undo: str = Field(default="apply the change again", description="How to undo it.")


class Pending(BaseModel):
    """What of one repository is in no commit."""

    path: str = Field(description="Absolute path of the repository.")
    branch: str = Field(description="Branch that is checked out.")
    base: str = Field(description="Its newest commit.")
    files: list[str] = Field(description="Files that are new, changed or deleted; nothing that is ignored.")
    staged: list[str] = Field(description="Those of them that are staged already.")
    add: list[str] = Field(description="The others, which have to be added.")
    kinds: dict[str, str] = Field(description="`new`, `changed` or `deleted` by file.")
    hooks: list[str] = Field(description="Hooks of the repository that a commit by hand runs; this one runs none.")
    author: str = Field(description="Who commits: by its own configuration, else by the person's.")
    digest: str = Field(description="Names exactly these files as they are, on exactly this commit.")
    items: list[Item] = Field(description="The branch that would be made, and each file in the commit.")
    diff: str = Field(description="What differs from the last commit, new files included; long ones are cut.")
    new: str = Field(description="The text of the new files, which no diff shows; long ones are cut, and say so.")


class PendingChanges(BaseModel):
    """What several repositories have that is in no commit."""

    changes: list[Pending] = Field(description="One for each repository with something to commit.")
    to_add: list[Pending] = Field(description="Those of them with files that are not staged yet.")
    unchanged: list[str] = Field(description="Repositories with nothing to commit.")
    files: int = Field(description="Files to commit in all.")
    items: list[Item] = Field(description="All that would be made or committed.")
    counts: dict[str, int] = Field(description="How many repositories and files.")
    digest: str = Field(description="Names exactly these files as they are.")
    diff: str = Field(description="All that differs from the last commits, bounded.")
    new: str = Field(description="The text of all new files, bounded.")
    shown: list[str] = Field(description="What would be committed, short enough to be shown with a question.")
    digests: list[str] = Field(description="The digests of all changes, in their order.")
    skipped: list[Left] = Field(description="What is left out, the first 50.")
    undo: str = Field(default="nothing was changed", description="How to undo it.")


class Uncommitted(BaseModel):
    """A commit taken back, its changes kept."""

    path: str = Field(description="Absolute path of the repository.")
    branch: str = Field(description="Branch that is checked out now.")
    deleted: str = Field(description="Branch that is gone.")
    done: bool = Field(description="False when it was as before already.")
    undo: str = Field(default="commit the changes again", description="How to undo it.")
