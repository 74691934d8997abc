"""What the tools of `folders` answer."""

from pydantic import BaseModel, Field

from workers.inspection.answers import Item
from workers.inspection.findings import ScanResult


class Backed(BaseModel):
    """A folder as it is in a repository of restic."""

    repository: str = Field(description="Where the repository is.")
    snapshot: str = Field(description="Id of the snapshot.")
    files: int = Field(description="Files in it.")
    bytes: int = Field(description="Their size.")
    digest: str = Field(description="Of all names, contents, modes and links; the same for the same folder.")


class RestorePlan(BaseModel):
    """What a restore would do, before anything is done."""

    items: list[Item] = Field(description="The folder that would be made.")
    counts: dict[str, int] = Field(description="How many files and bytes.")
    digest: str = Field(description="Names exactly this snapshot and this target.")
    snapshot: str = Field(description="Id of the snapshot.")
    made_at: str = Field(description="When it was made.")
    target: str = Field(description="Absolute path of the folder that would be made.")


class Restored(BaseModel):
    """A folder made from a snapshot."""

    snapshot: str = Field(description="Id of the snapshot.")
    target: str = Field(description="Absolute path of the folder.")
    files: int = Field(description="Files in it.")
    digest: str = Field(description="Of all names, contents, modes and links.")


class Gone(BaseModel):
    """What was taken away again."""

    removed: str = Field(description="The snapshot or the folder; empty where it was gone already.")


class Proof(ScanResult):
    """Whether a folder is what its snapshot was when it was made."""

    snapshot: str = Field(default="", description="Id of the snapshot.")


class Going(BaseModel):
    """A snapshot that would go."""

    snapshot: str = Field(description="Its id.")
    made_at: str = Field(description="When it was made.")
    folder: str = Field(description="What it is of.")
    host: str = Field(description="Where that lies.")


class RetentionPlan(BaseModel):
    """What a rule of retention would take away, before anything is done."""

    items: list[Item] = Field(description="The snapshots that would go.")
    counts: dict[str, int] = Field(description="How many go and how many stay.")
    count: int = Field(description="How many go.")
    gone: list[Going] = Field(description="Each of them.")
    kept: int = Field(description="How many stay.")
    digest: str = Field(description="Names exactly those that go and those that stay.")


class Aged(BaseModel):
    """The backups of one folder."""

    folder: str = Field(description="The folder.")
    newest: str = Field(description="Id of its newest snapshot.")
    made_at: str = Field(description="When that was made.")
    age_days: float = Field(description="How old it is.")
    snapshots: int = Field(description="Snapshots of this folder.")
    proof: str = Field(description="Whether the newest restores as it was noted.")


class Overview(ScanResult):
    """How old the backups in a repository are, and whether they restore."""

    backups: list[Aged] = Field(default_factory=list, description="Every folder.")
