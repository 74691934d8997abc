"""Which fields of a server's question want a password or a key."""

import pytest
from mcp.types import ElicitRequestFormParams

from aether_agents.mcp_host.session.elicitation import read


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


def test_by_the_words_of_the_whole_question_where_no_field_says_which() -> None:
    assert secret("Enter your password", value={}, other={}) == ["value", "other"]
    assert secret("Enter your user and password", user={}, password={}) == ["password"]
    assert secret("Enter your password", value={}, region={"enum": ["a", "b"]}, sure={"type": "boolean"}) == ["value"]


@pytest.mark.parametrize(
    "words",
    [
        "Your pass\u200bword, please",
        "Your p\u0430ssw\u043erd, please",
        "Your P A S S W O R D",
        "Your p.a.s.s.w.o.r.d",
        "Your pássẃord",
        "Your passw0rd / p@$$word",
        "ＹＯＵＲ ＰＡＳＳＷＯＲＤ",
        "Your pass\u00adphrase",
        "Bitte Ihr Passwort",
        "votre mot de passe",
        "su contraseña",
        "Ваш пароль",
        "请输入密码",
        "비밀번호를 입력하세요",
        "the twelve words of your recovery phrase",
        "the digits that your authenticator shows",
        "your GitHub-Token",
        "API\nkey",
    ],
)
def test_a_disguise_does_not_hide_it(words: str) -> None:
    assert (
        secret(words, value={}) == secret(value={"title": words}) == secret(value={"description": words}) == ["value"]
    )


@pytest.mark.parametrize(
    "words",
    [
        "Which region do you want to deploy to, and how many machines?",
        "Name a branch: feature, bug or release",
        "Which passenger list, and for which monkey?",
        "Wie heißt der Ordner?",
        "Quel est le nom du dossier ?",
        "a b c d e f",
        "ファイルの名前",
    ],
)
def test_other_questions_are_shown_as_they_are(words: str) -> None:
    assert secret(words, value={}) == secret(value={"title": words}) == []


@pytest.mark.parametrize(
    "name", ["region", "count", "keyboard", "tokenizer", "passenger", "monkey", "pinned", "key_name"]
)
def test_other_fields_are_none(name: str) -> None:
    assert secret(**{name: {}}) == []


def test_a_number_may_be_one_and_a_choice_is_none() -> None:
    assert secret(token={"enum": ["a", "b"]}, pin={"type": "integer"}, password={"type": "boolean"}) == ["pin"]
