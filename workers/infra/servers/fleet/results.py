"""What the tools of `fleet` answer."""

from typing import Literal

from pydantic import BaseModel, Field

from workers.inspection.answers import Item
from workers.inspection.findings import ScanResult

State = Literal["changed", "same", "failed", "unreachable", "untouched"]


class ListedHost(BaseModel):
    """One host of an inventory."""

    name: str = Field(description="Its name in the inventory.")
    groups: list[str] = Field(description="The groups it is in.")
    connection: str = Field(description="How it is reached: `ssh`, or `local` for this machine itself.")
    address: str = Field(description="Where it is reached.")


class Listed(BaseModel):
    """The hosts of an inventory, by the files alone: none was asked."""

    hosts: list[ListedHost] = Field(description="All hosts that the pattern names.")
    groups: dict[str, int] = Field(description="How many hosts each group has.")


class Reached(ScanResult):
    """Which hosts answer."""

    answering: list[str] = Field(default_factory=list, description="Hosts that answer and have a usable Python.")


class Step(BaseModel):
    """One task on one host."""

    host: str = Field(description="The host.")
    task: str = Field(description="The task's name.")
    change: str = Field(description="What it would do there.")
    undo: str = Field(description="How it would be undone.")


class Planned(BaseModel):
    """What a playbook would do, before it does any of it."""

    items: list[Item] = Field(description="Every task that would change something, host by host.")
    counts: dict[str, int] = Field(description="How many hosts, tasks and changes.")
    table: list[Step] = Field(description="The same as rows.")
    diff: str = Field(description="The differences; hosts with the same ones stand together.")
    digest: str = Field(description="Names exactly these changes, this playbook and this inventory.")
    change: str = Field(description="Name of this change: what it touches is kept under it on each host.")
    hosts: list[str] = Field(description="Hosts that would be changed or on which something runs, the canary first.")
    unseen: int = Field(description="Tasks that cannot be previewed and would run.")


class Outcome(BaseModel):
    """What became of one host."""

    host: str = Field(description="The host.")
    state: State = Field(description="`untouched` where it was not its turn any more.")
    changed: int = Field(default=0, description="Tasks that changed something there.")
    why: str = Field(default="", description="What went wrong there.")


class Applied(BaseModel):
    """A playbook that was carried out, as far as it went."""

    change: str = Field(description="Name of the change; `undo` takes it.")
    hosts: list[Outcome] = Field(description="Every host of the preview.")
    done: list[str] = Field(description="Hosts on which all of it was done.")
    stopped: str = Field(default="", description="Why it did not go on, in a sentence; empty if it went to its end.")
    kept: str = Field(description="Folder on the hosts that holds what was there before.")


class Undone(BaseModel):
    """A change taken back."""

    change: str = Field(description="Its name.")
    hosts: list[Outcome] = Field(description="Every host that it had touched.")
    back: list[str] = Field(description="What was put back, by host.")


class Drift(ScanResult):
    """Whether hosts are as a playbook wants them."""

    remaining: list[str] = Field(
        default_factory=list, description="What is not so, a line each: what would still change, failed, no answer."
    )
    same: list[str] = Field(default_factory=list, description="Hosts on which nothing would change.")
    unseen: list[str] = Field(default_factory=list, description="Tasks that cannot be looked at without running them.")
