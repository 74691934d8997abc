"""Which fields of a server's question want a password or a key."""

import pytest
from mcp.types import ElicitRequestFormParams

from aether_agents.mcp_host.elicitation import read


def secret(message: str = "Please", **fields: dict[str, object]) -> list[str]:
    schema = {"type": "object", "properties": {name: {"type": "string", **spec} for name, spec in fields.items()}}
    question = read(ElicitRequestFormParams.model_validate({"message": message, "requestedSchema": schema}))
    assert question is not None
    return [name for name, spec in question.fields.items() if spec.secret]


@pytest.mark.parametrize(
    "name",
    ["password", "db_password", "apiKey", "API_KEY", "accessToken", "token", "passphrase", "pin", "otp", "ssh-key"],
)
def test_by_its_name(name: str) -> None:
    assert secret(**{name: {}, "region": {}}) == [name]


@pytest.mark.parametrize(
    "spec",
    [
        {"format": "password"},
        {"title": "Personal access token"},
        {"description": "The one-time code from your phone"},
        {"description": "GitHubのパスワード"},
    ],
)
def test_by_its_words(spec: dict[str, object]) -> None:
    assert secret(value=spec, other={}) == ["value"]


def test_by_the_words_of_the_whole_question_where_there_is_one_text() -> None:
    assert secret("Enter your password", value={}) == ["value"]
    assert secret("Enter your password", value={}, other={}) == []


@pytest.mark.parametrize(
    "name", ["region", "count", "keyboard", "tokenizer", "passenger", "monkey", "pinned", "key_name"]
)
def test_other_fields_are_none(name: str) -> None:
    assert secret(**{name: {}}) == []


def test_a_choice_or_a_number_is_none() -> None:
    assert secret(token={"enum": ["a", "b"]}, password={"type": "integer"}) == []
