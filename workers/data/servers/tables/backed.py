"""What backing up, restoring and proving come to."""

from pydantic import BaseModel, Field

from workers.inspection.findings import ScanResult

from .manifest import Tally


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


class Compared(BaseModel):
    """One table in the manifest and in the database."""

    table: str = Field(description="Its name.")
    rows_backed_up: int | None = Field(description="Its rows by the manifest.")
    rows_found: int | None = Field(description="Its rows in the database.")
    same: bool = Field(description="Whether rows and checksum are the same.")


class Proof(ScanResult):
    """Whether a database is what its backup's manifest says."""

    tables: list[Compared] = Field(default_factory=list, description="Every table of either.")
