"""What the tools of `migration` answer."""

from pydantic import BaseModel, Field

from workers.inspection.answers import Item
from workers.inspection.findings import ScanResult


class Row(BaseModel):
    """One table that would be copied."""

    table: str = Field(description="Its name.")
    rows: int = Field(description="Its rows.")
    columns: int = Field(description="Its columns.")
    note: str = Field(default="", description="What to know of it.")


class Assessed(BaseModel):
    """What a migration would do, before it does anything."""

    items: list[Item] = Field(description="The schema and the tables that would be made.")
    counts: dict[str, int] = Field(description="How many tables and rows, and what is not copied.")
    table: list[Row] = Field(description="Every table.")
    notes: list[str] = Field(description="What becomes something else, and what is not copied.")
    target_schema: str = Field(description="Name of the new schema.")
    zero_dates: int = Field(description="Dates of all zeros, which become null.")
    digest: str = Field(description="Names exactly what is in the source now, and what is made of it.")


class Copied(BaseModel):
    """A copy in a schema of its own."""

    target_schema: str = Field(description="Name of the schema.")
    tables: int = Field(description="Its tables.")
    rows: int = Field(description="Rows of all of them.")
    state: str = Field(description="Names exactly what is in it; `discard` wants it.")
    said: list[str] = Field(description="What pgloader complained of.")


class Pair(BaseModel):
    """One table here and there."""

    table: str = Field(description="Its name in the source.")
    rows_source: int | None = Field(description="Its rows in the source.")
    rows_target: int | None = Field(description="Its rows in the target.")
    columns_compared: int = Field(description="Columns whose values were summed on both sides.")
    same: bool = Field(description="Whether rows, sums, keys and sequences are the same.")


class Compared(ScanResult):
    """Whether a copy is what its source is."""

    tables: list[Pair] = Field(default_factory=list, description="Every table.")
    differences: list[str] = Field(default_factory=list, description="What is not the same, a line each.")


class Discarded(BaseModel):
    """A copy that is gone."""

    target_schema: str = Field(description="Name of the schema that was dropped; empty if it was gone already.")


class Switch(BaseModel):
    """What a cut-over would change."""

    items: list[Item] = Field(description="The file that would be changed.")
    diff: str = Field(description="Its lines, before and after; passwords are not shown.")
    digest: str = Field(description="Names exactly this file, this copy and this source.")
    sha256: str = Field(description="Hash of the file as it is.")
    target_schema: str = Field(description="Name of the schema that holds the copy.")
    places: int = Field(description="Places at which the address of the source stands.")


class Switched(BaseModel):
    """A file that names the new database."""

    path: str = Field(description="The file.")
    saved: str = Field(description="Copy of it as it was.")
    after: str = Field(description="Hash of it as it is now.")


class Standing(BaseModel):
    """What a file names."""

    path: str = Field(description="The file.")
    source: int = Field(description="Places at which the source stands.")
    target: int = Field(description="Places at which the target stands.")
