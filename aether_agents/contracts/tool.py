"""A tool as MCP lists it, and what its specialist knows about it that no server says."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from aether_agents.contracts.contract import ADDITIVE, Contract, Json


class Risk(StrEnum):
    """How much harm a call can do. Ordered from least to most by `RISK_ORDER`."""

    READ = "read"  #: looks, changes nothing
    WRITE = "write"  #: changes something that can be put back
    COSTLY = "costly"  #: costs money or touches traffic; undo is possible but felt
    DESTRUCTIVE = "destructive"  #: cannot be put back, or nobody knows


RISK_ORDER: tuple[Risk, ...] = (Risk.READ, Risk.WRITE, Risk.COSTLY, Risk.DESTRUCTIVE)

Approval = Literal["auto", "required", "never"]
#: How a value is shown.
Form = Literal["diff", "table", "list", "text"]
#: What a preview says of one thing: it would be made, changed, taken away and made anew, or taken away.
ItemKind = Literal["create", "change", "replace", "destroy"]
Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "exists", "matches", "lacks"]


class Expect(Contract):
    """When a call counts as a success: servers say "no error" about calls that failed."""

    path: str = Field(description="Path into the output, such as `result.return_code`; '' is the whole output.")
    op: Operator = Field(default="eq", description="How the value found there is compared.")
    value: Json = Field(default=None, description="What it is compared with.")


class Verify(Contract):
    """Reads the effect of a call back through another tool."""

    tool: str = Field(description="`server/tool` that reads the effect.")
    args: dict[str, Json] = Field(default_factory=dict, description="Its arguments; references allowed.")
    expect: Expect = Field(description="What its output must show.")


class Verb(Contract):
    """For a tool whose real verb is in an argument: the risk by that verb."""

    argument: str = Field(description="Name of the argument that carries the verb; it may be true or false.")
    risks: dict[str, Risk] = Field(description="Risk by verb; a verb not listed is destructive.")
    absent: Annotated[Risk, ADDITIVE] = Field(
        default=Risk.DESTRUCTIVE, description="Risk where the argument is not given."
    )

    def risk(self, args: Mapping[str, Json]) -> Risk:
        """The risk of a call with these arguments. A verb that is a reference is not known yet, so destructive."""
        if self.argument not in args:
            return self.absent
        word = args[self.argument]
        word = str(word).lower() if isinstance(word, bool) else word
        return self.risks.get(word, Risk.DESTRUCTIVE) if isinstance(word, str) else Risk.DESTRUCTIVE


class ToolRow(Contract):
    """One row of a specialist's tool table. A tool without a row is destructive and unrepeatable."""

    tool: str = Field(description="`server/tool`.")
    risk: Risk = Field(default=Risk.DESTRUCTIVE, description="Risk of a call.")
    repeatable: bool = Field(default=False, description="Whether running it twice is as good as once.")
    creates: bool = Field(
        default=False, description="Whether what a call writes is new: nothing that was there is changed."
    )
    expect: Expect | None = Field(default=None, description="When a call counts as a success.")
    verify: Verify | None = Field(default=None, description="How the effect is read back.")
    verb: Verb | None = Field(default=None, description="Risk by verb, where the tool takes one.")
    items: Annotated[dict[ItemKind, Risk], ADDITIVE] = Field(
        default_factory=dict,
        description="Risk by what the items of a reviewed preview do; else, and of a kind not listed, the tool's own.",
    )
    code_args: tuple[str, ...] = Field(
        default=(), description="Arguments that are code to the tool (SQL, shell): they take no references."
    )
    path_args: tuple[str, ...] = Field(
        default=(), description="Arguments that are paths: confined to the allowed roots before the call."
    )
    reads: tuple[str, ...] = Field(
        default=(), description="Those of the paths that a call only reads, where it creates or changes others."
    )


class Annotations(Contract):
    """What the server claims about its tool. Claims may raise a risk, never lower it."""

    read_only: bool | None = Field(default=None, description="MCP readOnlyHint.")
    destructive: bool | None = Field(default=None, description="MCP destructiveHint.")
    idempotent: bool | None = Field(default=None, description="MCP idempotentHint.")
    open_world: bool | None = Field(default=None, description="MCP openWorldHint.")


class Tool(Contract):
    """A live tool of the catalogue: MCP's definition, its pin, and the row that governs it."""

    server: str = Field(description="Name of the MCP server.")
    name: str = Field(description="Name of the tool on that server.")
    specialist: str = Field(description="Specialist whose queue calls it.")
    description: str = Field(default="", description="The server's description; untrusted text.")
    input_schema: dict[str, Json] = Field(default_factory=dict, description="JSON schema of the arguments.")
    output_schema: dict[str, Json] | None = Field(default=None, description="JSON schema of the output, if given.")
    annotations: Annotations = Field(default_factory=Annotations, description="The server's claims.")
    pin: str = Field(description="`sha256:…` over the canonical definition.")
    row: ToolRow = Field(description="What the specialist's tool table says, or the default row.")

    @property
    def ref(self) -> str:
        """`server/tool`, as plans name it."""
        return f"{self.server}/{self.name}"

    @property
    def risk(self) -> Risk:
        """The table's risk, raised where the server itself claims to change or to destroy."""
        return max(self.row.risk, self._claimed, key=RISK_ORDER.index)

    def risk_of(self, args: Mapping[str, Json]) -> Risk:
        """The risk of one call: by its verb where the table knows the tool's verbs, else the tool's own.

        A verb that is not in the table, or not known yet because it is a reference, is destructive.
        """
        verb = self.row.verb
        return self.risk if verb is None else max(verb.risk(args), self._claimed, key=RISK_ORDER.index)

    def item_risks(self) -> dict[ItemKind, Risk]:
        """Risk of a call by what the items of its preview do; empty where it is not judged by these."""
        return {kind: max(risk, self._claimed, key=RISK_ORDER.index) for kind, risk in self.row.items.items()}

    @property
    def _claimed(self) -> Risk:
        """The most dangerous of the server's claims, also where they contradict each other."""
        if self.annotations.destructive:
            return Risk.DESTRUCTIVE
        return Risk.WRITE if self.annotations.read_only is False else Risk.READ


def covers(bound: Risk | None, risk: Risk) -> bool:
    """Whether a yes up to `bound` is a yes to a risk; without one it is not."""
    return bound is not None and RISK_ORDER.index(risk) <= RISK_ORDER.index(bound)


def asks(risk: Risk, approval: Approval, threshold: Risk) -> bool:
    """Whether a person is asked before a call of this risk.

    `auto` asks from the threshold up, `required` always; `never` still asks before what cannot be put back.
    """
    if approval == "required":
        return True
    least = Risk.DESTRUCTIVE if approval == "never" else threshold
    return RISK_ORDER.index(risk) >= RISK_ORDER.index(least)
