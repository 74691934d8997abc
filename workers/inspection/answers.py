"""What several servers answer in the same words: a change previewed and named, a table of a backup compared."""

import hashlib
import json
from typing import Literal

from pydantic import BaseModel, Field


class Item(BaseModel):
    """One thing that a change would touch."""

    kind: Literal["create", "change", "replace", "destroy"] = Field(description="What would happen to it.")
    what: str = Field(description="The thing.")
    detail: str = Field(default="", description="What exactly.")


class Tally(BaseModel):
    """One table."""

    table: str = Field(description="Its name, with its schema.")
    rows: int = Field(description="Its rows.")
    checksum: str = Field(description="The same for the same rows in any order.")


class Compared(BaseModel):
    """One table in the manifest and in the database."""

    table: str = Field(description="Its name.")
    rows_backed_up: int | None = Field(description="Its rows by the manifest.")
    rows_found: int | None = Field(description="Its rows in the database.")
    same: bool = Field(description="Whether rows and checksum are the same.")


def named(*parts: object) -> str:
    """The digest that names exactly these parts of a preview."""
    return "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()
