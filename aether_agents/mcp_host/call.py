"""CallResult: what a call to a tool came to. A value, whatever the server did."""

from typing import Literal, NamedTuple

from aether_agents.contracts import Json

CallKind = Literal["timeout", "transport", "tool_error", "cancelled"]


class CallResult(NamedTuple):
    """What one call came to; `kind` is None when it succeeded."""

    #: The tool's structured content as the server sent it (MCP's own Python server wraps a bare
    #: value as `{"result": value}`); without it, the JSON of a single text part; else the text.
    output: Json = None
    #: What went wrong, in words for people; bounded in size.
    error: str | None = None
    kind: CallKind | None = None
    #: Whether the request may have reached the server. False means it certainly did not.
    sent: bool = True

    @property
    def ok(self) -> bool:
        """Whether the tool answered and did not say that it failed."""
        return self.kind is None
