"""A password or a key is no MCP client's to say: what it says stands in a conversation, and goes to a model."""

import pytest

from aether_agents.contracts import InputSpec, Intervention
from aether_agents.mcp_server.standing import may_answer

PLAIN, SECRET = InputSpec(prompt="Where?"), InputSpec(prompt="Which key?", secret=True)


@pytest.mark.parametrize(
    ("fields", "subtask_id", "may"),
    [
        ({"folder": PLAIN}, None, True),
        ({"key": SECRET}, None, False),
        ({"folder": PLAIN, "key": SECRET}, None, False),
        ({"folder": PLAIN}, "asked-by-a-server", False),
    ],
)
def test_a_client_answers_no_question_for_a_secret(
    fields: dict[str, InputSpec], subtask_id: str | None, may: bool
) -> None:
    asked = Intervention(id="x", kind="input", prompt="?", fields=fields, subtask_id=subtask_id)
    assert may_answer(asked) is may
