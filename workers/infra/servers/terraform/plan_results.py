"""What the tools of `terraform` answer."""

from pydantic import BaseModel, Field

from workers.inspection.answers import Item
from workers.inspection.findings import ScanResult


class Resource(BaseModel):
    """One resource that a plan touches."""

    address: str = Field(description="Its address in the configuration.")
    type: str = Field(description="Its type.")
    action: str = Field(description="What would happen to it.")
    why: str = Field(default="", description="Why it is replaced or destroyed, where the program says so.")


class Planned(BaseModel):
    """A saved plan, before anything of it is done."""

    items: list[Item] = Field(description="What would be destroyed, replaced, changed and created, in this order.")
    counts: dict[str, int] = Field(description="How many of each kind.")
    diff: str = Field(description="The plan as the program tells it; values marked as sensitive are not in it.")
    table: list[Resource] = Field(description="Every resource, what is destroyed or replaced first.")
    notes: list[str] = Field(default_factory=list, description="What was changed outside, and what to know.")
    cost: str = Field(description="What it would cost, from a named source; `unknown` without one.")
    plan: str = Field(description="Name of the saved plan; `apply` wants it.")
    digest: str = Field(description="Names exactly what would be done to which resources.")


class Applied(BaseModel):
    """A plan that was carried out."""

    plan: str = Field(description="Name of the plan.")
    done: list[Resource] = Field(description="Every resource of it.")
    state: str = Field(description="Names exactly the resources there are afterwards; `undo` wants it.")


class Drift(ScanResult):
    """Whether what is there is what the configuration says."""

    remaining: list[str] = Field(default_factory=list, description="What a plan would do now, a line each.")


class Undone(BaseModel):
    """A plan that was taken back."""

    destroyed: list[str] = Field(description="Addresses of the resources that are gone again.")
