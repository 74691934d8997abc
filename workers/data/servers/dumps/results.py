"""What the tools of `dumps` answer, and the manifest beside a dump: of the same form as beside any backup here."""

from typing import Literal

from pydantic import BaseModel, Field

from workers.inspection.answers import Compared, Item, Tally
from workers.inspection.findings import ScanResult

ENDING, PROOF = ".manifest.json", ".proof.json"


class Manifest(BaseModel):
    """What a dump holds."""

    version: Literal[1] = Field(default=1, description="Version of this document.")
    engine: str = Field(description="What kind of database it is.")
    source: str = Field(description="The address it is of, without a password.")
    made_at: str = Field(description="When, in UTC.")
    bytes: int = Field(description="Size of the dump.")
    sha256: str = Field(description="Hash of the dump.")
    tables: list[Tally] = Field(description="Its tables.")
    views: list[str] = Field(default_factory=list, description="Not listed for servers.")


class Dumped(BaseModel):
    """A dump as it lies on disk."""

    path: str = Field(description="Absolute path of the dump.")
    manifest: str = Field(description="Absolute path of its manifest.")
    sha256: str = Field(description="Hash of the dump; `discard` wants it.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Rows of all tables.")
    tables: list[Tally] = Field(description="Its tables.")


class Row(BaseModel):
    """One table, in the dump and now."""

    table: str = Field(description="Its name.")
    in_backup: int | None = Field(description="Its rows in the dump.")
    now: int | None = Field(description="Its rows in the database as it is.")


class Planned(BaseModel):
    """What a restore would do, before anything is done."""

    items: list[Item] = Field(description="What would be made or replaced.")
    counts: dict[str, int] = Field(description="How many tables and rows.")
    table: list[Row] = Field(description="Every table, in the dump and now.")
    digest: str = Field(description="Names exactly this dump, this target and what is in it now.")
    backup: str = Field(description="Absolute path of the dump.")
    target: str = Field(description="Name of the database that would hold it.")
    kept: str = Field(description="Name under which what is there now would be kept; empty where nothing is.")


class Restored(BaseModel):
    """A database filled from a dump."""

    address: str = Field(description="Its address, without a password.")
    database: str = Field(description="Its name.")
    kept: str = Field(description="The database that holds what was there before; empty where nothing was.")
    backup: str = Field(description="Absolute path of the dump.")
    rows: int = Field(description="Rows of all tables.")


class Unrestored(BaseModel):
    """A restore taken back."""

    database: str = Field(description="Its name.")
    back: str = Field(description="What is there again; empty where nothing was before.")


class Proof(ScanResult):
    """Whether a database is what its dump's manifest says."""

    tables: list[Compared] = Field(default_factory=list, description="Every table of either.")
    backup: str = Field(default="", description="Absolute path of the dump.")
