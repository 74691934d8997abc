"""The results of backing up, restoring and proving."""

from pydantic import BaseModel, Field

from workers.inspection.answers import Compared, Item, Tally
from workers.inspection.findings import ScanResult


class BackedUp(BaseModel):
    """A backup as it lies on disk."""

    path: str = Field(description="Absolute path of the backup: a database of the same kind.")
    manifest: str = Field(description="Absolute path of its manifest.")
    sha256: str = Field(description="Hash of the backup; `discard` wants it.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Rows of all tables.")
    tables: list[Tally] = Field(description="Its tables.")


class Restored(BaseModel):
    """A database made from a backup."""

    path: str = Field(description="Absolute path of the new database.")
    backup: str = Field(description="Absolute path of the backup.")
    sha256: str = Field(description="Hash of the new database: that of the backup.")
    bytes: int = Field(description="Its size.")


class Unrestored(BaseModel):
    """A restored database that was removed."""

    path: str = Field(description="Absolute path of the database that is gone.")
    backup: str = Field(description="Absolute path of the backup, which still holds all of it.")


class Proof(ScanResult):
    """Whether a database is what its backup's manifest says."""

    tables: list[Compared] = Field(default_factory=list, description="Every table of either.")
    backup: str = Field(default="", description="Absolute path of the backup that was proved.")


class Unproved(BaseModel):
    """That the note of a proof is gone."""

    removed: list[str] = Field(description="The note, if there was one.")


class Row(BaseModel):
    """One table, in the backup and now."""

    table: str = Field(description="Its name.")
    in_backup: int | None = Field(description="Its rows in the backup.")
    now: int | None = Field(description="Its rows in the database as it is.")


class RestorePlan(BaseModel):
    """What a restore would do, before anything is done."""

    items: list[Item] = Field(description="What would be made or replaced.")
    counts: dict[str, int] = Field(description="How many tables and rows.")
    table: list[Row] = Field(description="Every table, in the backup and now.")
    digest: str = Field(description="Names exactly this backup and this target as they are.")
    backup: str = Field(description="Absolute path of the backup.")
    target: str = Field(description="Absolute path of what would be made.")
    made_at: str = Field(description="When the backup was made.")
    sha256: str = Field(description="Hash of the file that would be replaced; empty where nothing is.")


class Swapped(BaseModel):
    """A restored database in the place of another."""

    path: str = Field(description="Absolute path of the database.")
    saved: str = Field(description="Absolute path of the copy of what was there, with a manifest: a backup too.")
    before: str = Field(description="Hash of what was there.")
    after: str = Field(description="Hash of what is there now.")
