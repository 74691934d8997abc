"""A server that asks during its calls, in both eras: `older` by `elicitation/create`, `newer` by `input_required`.

    python asking.py older|newer

`COUNT_LOG` names a file that gets a line for each call begun, and one for each piece of work really done.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, MCPServer, Resolve
from pydantic import BaseModel, Field

server = MCPServer("asking")


class Sure(BaseModel):
    """A plain confirmation."""

    confirmation: bool = Field(description="Really remove it?")


class Place(BaseModel):
    """Where something goes."""

    region: str = Field(description="Which region?")
    count: int = Field(default=1, description="How many?")


class Login(BaseModel):
    """What opens something."""

    apiKey: str = Field(description="What opens it")


class Nothing(BaseModel):
    """A yes is all that is wanted."""


def note(line: str) -> None:
    """Append one line to the log, in one write."""
    with Path(os.environ["COUNT_LOG"]).open("ab", buffering=0) as log:
        log.write(f"{line}\n".encode())


if sys.argv[1] == "older":

    @server.tool()
    async def remove(name: str, ctx: Context) -> dict[str, str]:
        """Remove something for ever, if a person is sure."""
        note(f"called remove {name}")
        answer = await ctx.elicit(f"Remove {name} for ever?", Sure)
        if answer.action != "accept" or not answer.data.confirmation:
            return {"status": f"kept: {answer.action}"}
        note(f"removed {name}")
        return {"status": "removed"}

    @server.tool()
    async def create(name: str, ctx: Context) -> dict[str, str]:
        """Create something somewhere."""
        note(f"called create {name}")
        answer = await ctx.elicit(f"Where shall {name} be?", Place)
        if answer.action != "accept":
            raise RuntimeError("nobody said where")
        note(f"created {name} in {answer.data.region}")
        return {"region": answer.data.region}

    @server.tool()
    async def enter(name: str, ctx: Context) -> dict[str, str]:
        """Open something with a key, and say it again."""
        answer = await ctx.elicit(f"What opens {name}?", Login)
        if answer.action != "accept":
            raise RuntimeError("nobody said what opens it")
        note(f"entered {name} {len(answer.data.apiKey)}")
        return {"said": f"opened with {answer.data.apiKey}"}

else:

    async def sure(name: str) -> Elicit[Sure]:
        """What has to be known before something is removed."""
        return Elicit(f"Remove {name} for ever?", Sure)

    async def place(name: str) -> Elicit[Place]:
        """What has to be known before something is created."""
        return Elicit(f"Where shall {name} be?", Place)

    @server.tool()
    async def remove(name: str, answer: Annotated[Sure, Resolve(sure)]) -> dict[str, str]:
        """Remove something for ever, if a person is sure."""
        if not answer.confirmation:
            return {"status": "kept"}
        note(f"removed {name}")
        return {"status": "removed"}

    @server.tool()
    async def create(name: str, answer: Annotated[Place, Resolve(place)]) -> dict[str, str]:
        """Create something somewhere."""
        note(f"created {name} in {answer.region}")
        return {"region": answer.region}


@server.tool()
async def look(name: str) -> dict[str, str]:
    """Ask nothing."""
    return {"name": name}


if __name__ == "__main__":
    server.run()
