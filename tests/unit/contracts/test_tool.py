"""How much harm a call can do, and who is asked before it."""

import pytest

from aether_agents.contracts import Annotations, Json, Risk, Tool, ToolRow, Verb, asks
from aether_agents.contracts.tool import Approval


def tool(row: ToolRow, **claims: bool) -> Tool:
    return Tool(server="s", name="t", specialist="dev", pin="sha256:x", annotations=Annotations(**claims), row=row)


def test_a_server_may_raise_the_risk_of_its_tool_and_never_lower_it() -> None:
    assert tool(ToolRow(tool="s/t")).risk is Risk.DESTRUCTIVE
    assert tool(ToolRow(tool="s/t"), read_only=True).risk is Risk.DESTRUCTIVE
    assert tool(ToolRow(tool="s/t", risk=Risk.READ), destructive=True).risk is Risk.DESTRUCTIVE
    assert tool(ToolRow(tool="s/t", risk=Risk.READ), destructive=True, read_only=True).risk is Risk.DESTRUCTIVE
    assert tool(ToolRow(tool="s/t", risk=Risk.READ), read_only=False).risk is Risk.WRITE
    assert tool(ToolRow(tool="s/t", risk=Risk.READ), read_only=False, destructive=False).risk is Risk.WRITE
    assert tool(ToolRow(tool="s/t", risk=Risk.COSTLY), read_only=False).risk is Risk.COSTLY


@pytest.mark.parametrize(
    ("args", "risk"),
    [
        ({"command": "list"}, Risk.READ),
        ({"command": "apply"}, Risk.COSTLY),
        ({"command": "annihilate"}, Risk.DESTRUCTIVE),
        ({"command": "${inputs.command}"}, Risk.DESTRUCTIVE),
        ({}, Risk.DESTRUCTIVE),
        ({"command": ["list"]}, Risk.DESTRUCTIVE),
    ],
)
def test_the_verb_of_a_call_sets_its_risk(args: dict[str, Json], risk: Risk) -> None:
    row = ToolRow(tool="s/t", verb=Verb(argument="command", risks={"list": Risk.READ, "apply": Risk.COSTLY}))
    assert tool(row).risk_of(args) is risk


@pytest.mark.parametrize(
    ("risk", "approval", "threshold", "asked"),
    [
        (Risk.READ, "auto", Risk.COSTLY, False),
        (Risk.COSTLY, "auto", Risk.COSTLY, True),
        (Risk.WRITE, "auto", Risk.READ, True),
        (Risk.READ, "required", Risk.DESTRUCTIVE, True),
        (Risk.COSTLY, "never", Risk.READ, False),
        (Risk.DESTRUCTIVE, "never", Risk.READ, True),
    ],
)
def test_who_is_asked(risk: Risk, approval: Approval, threshold: Risk, asked: bool) -> None:
    assert asks(risk, approval, threshold) is asked
