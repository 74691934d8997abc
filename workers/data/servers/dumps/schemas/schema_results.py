"""What the tools of `schemas` answer, and the one form in which a schema of any engine is read."""

from typing import Literal

from pydantic import BaseModel, Field

from workers.inspection.answers import Item
from workers.inspection.findings import ScanResult

KeyKind = Literal["primary key", "unique key", "foreign key", "index", "check"]


class Column(BaseModel):
    """One column."""

    name: str = Field(description="Its name.")
    type: str = Field(description="Its type, as its engine says it.")
    nullable: bool = Field(description="Whether it may be null.")
    default: str = Field(default="", description="Its default, as its engine says it; empty without one.")


class Key(BaseModel):
    """One key or index."""

    kind: KeyKind = Field(description="What it is.")
    columns: list[str] = Field(description="Its columns in order; an expression stands for itself.")
    refers: str = Field(default="", description="For a foreign key: `table(columns)`.")

    @property
    def told(self) -> str:
        """As people read it."""
        return f"{self.kind} ({', '.join(self.columns)})" + (f" to {self.refers}" if self.refers else "")


class Table(BaseModel):
    """One table."""

    name: str = Field(description="Its name, with its schema where that is not the usual one.")
    rows: int | None = Field(default=None, description="Its rows; none where they were not counted.")
    columns: list[Column] = Field(description="Its columns in order.")
    keys: list[Key] = Field(default_factory=list, description="Its keys and indexes.")


class Schema(BaseModel):
    """What is in one database."""

    database: str = Field(description="The database: its address without a password, or its file.")
    engine: str = Field(description="What kind of database it is.")
    tables: list[Table] = Field(description="Its tables by name.")
    others: list[str] = Field(default_factory=list, description="Views, triggers and routines, a line each.")


class Line(BaseModel):
    """One table, told in a line."""

    database: str = Field(description="The database.")
    table: str = Field(description="Its name.")
    rows: int | None = Field(description="Its rows; none where they were not counted.")
    columns: str = Field(description="Its columns with their types.")
    keys: str = Field(description="Its keys and indexes.")


def lines_of(schema: Schema) -> list[Line]:
    """Every table of a schema, told in a line."""
    return [
        Line(
            database=schema.database,
            table=table.name,
            rows=table.rows,
            columns=", ".join(f"{one.name} {one.type}" for one in table.columns),
            keys="; ".join(key.told for key in table.keys),
        )
        for table in schema.tables
    ]


class Inspected(ScanResult):
    """What is in some databases."""

    databases: list[Schema] = Field(default_factory=list, description="Every database.")
    lines: list[Line] = Field(default_factory=list, description="Every table of them, told in a line.")


class Difference(BaseModel):
    """One thing that is not the same."""

    database: str = Field(description="The database that is compared with the first.")
    what: str = Field(description="What differs: a table, a column, a key.")
    first: str = Field(description="How it is in the first; empty where it is not there.")
    other: str = Field(description="How it is in the other; empty where it is not there.")


class Differing(ScanResult):
    """Whether databases have the same schema."""

    reference: str = Field(default="", description="The first database, with which the others are compared.")
    differences: list[Difference] = Field(default_factory=list, description="What is not the same, the first 500.")
    same: list[str] = Field(default_factory=list, description="The databases that have the same schema.")


class BackedUp(BaseModel):
    """Backups of the databases of a change."""

    backups: list[str] = Field(description="Absolute path of each, files first, then servers.")
    sha256: list[str] = Field(description="Hash of each; `discard` wants them.")


class DiscardedBackups(BaseModel):
    """Backups that are gone."""

    removed: list[str] = Field(description="Absolute path of each.")


class Target(BaseModel):
    """One database of a change: what it is now, and the statements that change it."""

    database: str = Field(description="The database.")
    sql: str = Field(description="Hash of the statements.")
    before: str = Field(description="Names exactly its schema before.")
    after: str = Field(description="Names exactly its schema after, as the rehearsal found it.")
    undo: Literal["statements", "backup"] = Field(
        description="How it is undone: by the statements for it, or from the backup."
    )


class PlannedChange(BaseModel):
    """What a change of schema would do, as a rehearsal on a restored backup showed."""

    items: list[Item] = Field(description="What would be made, changed or lost, by database.")
    counts: dict[str, int] = Field(description="How many databases and changes.")
    diff: str = Field(description="The statements, database by database.")
    notes: list[str] = Field(default_factory=list, description="What to know before a yes.")
    targets: list[Target] = Field(description="Every database.")
    backups: list[str] = Field(description="Absolute paths of the backups that the rehearsal was on.")
    digest: str = Field(description="Names exactly these statements and these schemas.")


class Done(BaseModel):
    """One database that was changed."""

    database: str = Field(description="The database.")
    state: str = Field(description="Names exactly its schema and rows after the change.")
    backup: str = Field(description="Absolute path of the backup of before.")


class ChangedSchemas(BaseModel):
    """Databases with a new schema."""

    done: list[Done] = Field(description="Every database.")
    digest: str = Field(description="The preview that was carried out.")


class TakenBack(BaseModel):
    """Databases that have their schema of before."""

    done: list[str] = Field(description="Every database, and how.")
