"""`${VAR}` in server files."""

from pathlib import Path

import pytest

from aether_agents.documents.document import parse_document
from aether_agents.mcp_host.files.variables import Expansion

ENVIRON = {"HOST": "example.org", "EMPTY": "", "a.b": "dotted"}


def expansion() -> Expansion:
    document = parse_document('{\n "mcpServers": {\n  "x": {\n   "env": {"TOKEN": "${T}"}\n  }\n }\n}', "p/.mcp.json")
    return Expansion(document, Path("/p"), ENVIRON)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("https://${HOST}/${HOST}", "https://example.org/example.org"),
        ("${NOWHERE:-fallback}", "fallback"),
        ("${NOWHERE:-}", ""),
        ("${NOWHERE:-http://a:80/b}", "http://a:80/b"),
        ("${EMPTY:-fallback}", "fallback"),
        ("${EMPTY}", ""),
        ("${env:HOST}", "example.org"),
        ("${workspaceFolder}/x", "/p/x"),
        ("$HOST stays, $$ stays, ${ stays, ${} stays", "$HOST stays, $$ stays, ${ stays, ${} stays"),
    ],
)
def test_what_is_expanded(text: str, expanded: str) -> None:
    work = expansion()

    assert work.expand({"args": [text, 5, None, True]}, ()) == {"args": [expanded, 5, None, True]}
    assert work.faults == []


def test_an_unset_variable_is_named_with_file_line_and_fix() -> None:
    work = expansion()

    work.expand("Bearer ${T}", ("mcpServers", "x", "env", "TOKEN"))

    assert work.faults == [
        "p/.mcp.json:4: `mcpServers.x.env.TOKEN`: the environment variable T is not set: "
        "set it, or write `${T:-default}`"
    ]


def test_a_variable_that_asks_a_person_cannot_be_answered_by_a_worker() -> None:
    work = expansion()

    work.expand("${input:api-key}", ())

    assert "asks a person" in work.faults[0]


def test_a_value_is_not_expanded_again() -> None:
    document = parse_document("{}", "x.json")

    assert Expansion(document, Path(), {"A": "${B}", "B": "no"}).expand("${A}", ()) == "${B}"
