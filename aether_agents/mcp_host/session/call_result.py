"""The result of a call to a tool, a value whatever the server did; and what its questions may be answered with."""

from typing import Literal, NamedTuple

from aether_agents.contracts import Elicited, InputSpec, Json

CallKind = Literal["timeout", "transport", "tool_error", "cancelled", "asked"]


class Elicitation(NamedTuple):
    """What a server asked a person during a call."""

    #: The same for the same words and fields.
    digest: str
    #: The server's words: bounded, printable, untrusted.
    message: str
    #: What it wants to be told.
    fields: dict[str, InputSpec]

    @property
    def confirms(self) -> bool:
        """Whether it is a plain "are you sure?": no fields, or one yes/no."""
        return not self.fields or [spec.type for spec in self.fields.values()] == ["boolean"]


class CallResult(NamedTuple):
    """The result of one call; `kind` is None when it succeeded."""

    #: The tool's structured content as the server sent it (MCP's own Python server wraps a bare
    #: value as `{"result": value}`); without it, the JSON of a single text part; else the text.
    output: Json = None
    #: What went wrong, in words for people; bounded in size.
    error: str | None = None
    kind: CallKind | None = None
    #: Whether the request may have reached the server. False means it certainly did not.
    sent: bool = True
    #: With the kind `transport`: the server did not answer in time when it was started or reached.
    silent: bool = False
    #: With the kind `cancelled`: its server has not said that it is over, so it may still be running.
    lingers: bool = False
    #: With the kind `asked`: what the server asked; `error` is what it said when it was not told.
    asked: Elicitation | None = None
    #: What was odd about the answer, each in a sentence.
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the tool answered and did not say that it failed."""
        return self.kind is None


class Consent(NamedTuple):
    """What a call may be answered with."""

    #: What a person answered to this server before.
    elicited: tuple[Elicited, ...] = ()
    #: Whether a person approved this very call.
    confirmed: bool = False


#: No person has said anything yet.
NOTHING_ASKED = Consent()
