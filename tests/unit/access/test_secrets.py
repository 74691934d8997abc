"""Secrets are read late, and redacted from everything."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from aether_agents.access.secrets import Secrets
from aether_agents.errors import SecretMissing
from aether_agents.process.redaction import MASK
from aether_agents.settings.model import ContextSettings, Settings


def secrets(tmp_path: Path, environ: dict[str, str] | None = None, **places: str) -> Secrets:
    settings = Settings(contexts={"prod": ContextSettings(secrets=places)})
    return Secrets(settings, "prod", environ or {})


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path):
    (tmp_path / "token").write_text("from-a-file\n")
    known = secrets(tmp_path, {"TOKEN": "from-env"}, one="env:TOKEN", two=f"file:{tmp_path / 'token'}")
    assert known.read("one") == "from-env"
    assert known.read("two") == "from-a-file"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("env:GONE", "no environment variable GONE; set it there"),
        ("file:/no/such/file", "cannot read /no/such/file: No such file"),
        ("vault:x", "write it as `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME` or `command:PROGRAM ARGUMENTS`"),
        ("keyring:alone", "write it as"),
        ("keyring:shop/token", "finds neither `keyring` nor `secret-tool` nor `security`"),
        ("command:", "write it as"),
        ("command:'x", "cannot read the command line: No closing quotation"),
        ("command:no-such-program x", "has no program `no-such-program`"),
        ("env:", "write it as"),
        ("env:SHORT", "shorter than 4 characters"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_with_its_fix(tmp_path: Path, place: str, said: str):
    with pytest.raises(SecretMissing, match=said) as caught:
        secrets(tmp_path, {"SHORT": "abc"}, one=place).read("one")
    assert "abc" not in str(caught.value)


def test_what_was_written_instead_of_its_place_is_not_shown(tmp_path: Path):
    """Somebody writes the secret itself where its place belongs."""
    with pytest.raises(SecretMissing) as caught:
        secrets(tmp_path, one="hunter2-and-more").read("one")
    assert "hunter2" not in str(caught.value)


def test_a_secret_the_context_does_not_have_is_named(tmp_path: Path):
    with pytest.raises(SecretMissing, match=r"add `contexts\.prod\.secrets\.ghost`"):
        secrets(tmp_path).read("ghost")


def test_what_was_read_is_redacted_wherever_it_stands(tmp_path: Path):
    known = secrets(tmp_path, {"T": 'pa"ss wörd'}, one="env:T")
    value = known.read("one")
    seen = {
        "plain": f"it is {value}!",
        "json": json.dumps({"a": value}),
        "url": f"https://u:{quote(value, safe='')}@host",
        "list": [value, 1, None, {value: True}],
    }
    shown = json.dumps(known.redact(seen), ensure_ascii=False)
    assert "pa" not in shown.replace(MASK, "")
    assert shown.count(MASK) == 5


def test_what_was_not_read_is_not_looked_for(tmp_path: Path):
    known = secrets(tmp_path, {"T": "the-token"}, one="env:T")
    assert known.redact({"a": "the-token"}) == {"a": "the-token"}


def test_the_longer_of_two_secrets_is_redacted_first(tmp_path: Path):
    known = secrets(tmp_path, {"A": "token", "B": "token-and-more"}, one="env:A", two="env:B")
    known.read("one"), known.read("two")
    assert known.redact_text("token-and-more") == MASK
