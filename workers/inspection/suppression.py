"""Suppression: what in a file asks scanners to leave findings out."""

from contextlib import suppress
from typing import Annotated

from pydantic import Field

from workers.inspection.repository import MAX_FILE_BYTES, Repository

#: The argument of every scan by which a person says so.
Honour = Annotated[
    bool,
    Field(
        description="Whether what the repository itself suppresses is left out of the findings; it is listed anyway."
    ),
]

#: The argument of every scan by which a person says what need not be looked at.
LeaveOut = Annotated[
    list[str],
    Field(max_length=200, description="Files and folders, relative to the folder, that you want left out: no gaps."),
]


def mentions(repository: Repository, path: str, *words: bytes) -> bool:
    """Whether a file holds one of some words, given in small letters."""
    with suppress(OSError), repository.open(path) as file:
        content = file.read(MAX_FILE_BYTES).lower()
        return any(word in content for word in words)
    return False
