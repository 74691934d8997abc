"""An MCP server of one's own: what is in stock, in a CSV file, and one tool that changes it."""

import csv
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

FILE = Path(__file__).with_name("stock.csv")
server = MCPServer("stock", instructions="Reads and changes a list of what is in stock.", log_level="WARNING")


class Item(BaseModel):
    """One row."""

    name: str = Field(description="What it is.")
    count: int = Field(description="How many there are.")


class Stock(BaseModel):
    """What was asked for."""

    items: list[Item] = Field(description="The rows, as they stand in the file.")


def rows() -> dict[str, int]:
    with FILE.open(newline="", encoding="utf-8") as file:
        return {row["name"]: int(row["count"]) for row in csv.DictReader(file)}


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def listing(at_most: Annotated[int, Field(description="Only what there are at most so many of.")] = 1_000_000) -> Stock:
    """List what is in stock."""
    return Stock(items=[Item(name=name, count=count) for name, count in rows().items() if count <= at_most])


@server.tool(annotations=ToolAnnotations(read_only_hint=False, idempotent_hint=True))
def set_count(name: str, count: Annotated[int, Field(ge=0)]) -> Stock:
    """Set how many of one thing there are."""
    known = rows()
    if name not in known:
        raise ValueError(f"there is no {name!r}; known are {', '.join(known)}")
    known[name] = count
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([("name", "count"), *known.items()])
    return Stock(items=[Item(name=name, count=count)])


if __name__ == "__main__":
    server.run()
