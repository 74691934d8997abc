"""Retention: which backups of a folder are no longer kept, previewed; each is then discarded by its own hash."""

from pathlib import Path

from pydantic import BaseModel, Field

from workers.inspection.answers import Item, named

from .kept import Kept, kept


class Gone(BaseModel):
    """A backup that is no longer kept."""

    path: str = Field(description="Absolute path of the backup.")
    sha256: str = Field(description="Its hash; `discard` wants it.")


class Retention(BaseModel):
    """Which backups would be discarded."""

    items: list[Item] = Field(description="The backups that would be discarded.")
    counts: dict[str, int] = Field(description="How many are kept and discarded.")
    table: list[Kept] = Field(description="The backups that would be discarded.")
    digest: str = Field(description="Names exactly these backups.")
    gone: list[Gone] = Field(description="The backups to discard.")
    count: int = Field(description="How many.")


def plan_retention(folder: str, keep_last: int, keep_days: float) -> Retention:
    """Of each source its newest backups are kept, the young ones, and the newest that was proved.

    Raises:
        ToolError: it is no folder.
    """
    every = kept(folder)
    by_source: dict[str, list[Kept]] = {}
    for one in every:
        by_source.setdefault(one.source, []).append(one)
    keep: set[str] = set()
    for own in by_source.values():
        keep |= {one.path for one in own[:keep_last]} | {one.path for one in own if one.age_days <= keep_days}
        keep |= {one.path for one in [one for one in own if one.proved_at][:1]}
    gone = [one for one in every if one.path not in keep]
    return Retention(
        items=[
            Item(
                kind="destroy",
                what=one.path,
                detail=f"{one.age_days:g} days, {one.bytes:,} bytes, of {Path(one.source).name}",
            )
            for one in gone
        ],
        counts={"kept": len(keep), "discarded": len(gone)},
        table=gone,
        digest=named(*([one.path, one.sha256] for one in gone)),
        gone=[Gone(path=one.path, sha256=one.sha256) for one in gone],
        count=len(gone),
    )
