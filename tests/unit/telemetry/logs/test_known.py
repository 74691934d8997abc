"""Known secrets: whoever reads one hides it, and it is redacted from then on."""

from pathlib import Path

import pytest

from aether_agents.access.secrets import Secrets
from aether_agents.celery_app.app import broker_url
from aether_agents.process import redaction
from aether_agents.settings.model import ContextSettings, Settings
from aether_agents.store.client.sealing import make_key_file, parse_keys
from aether_agents.telemetry.logs import hide, hide_address, redact


def test_what_is_too_short_stays() -> None:
    hide("abc", "   x ", "", None, "abcd")
    assert redact("abc x abcd") == "abc x •••"


@pytest.mark.parametrize(
    "url", ["redis://:p%40ss-word@h:1/0", "rediss://me:p%40ss-word@h/1", "unix:///s?password=p@ss-word"]
)
def test_the_password_of_an_address(url: str) -> None:
    hide_address(url)
    assert "ss-word" not in redact(f"{url} p@ss-word p%40ss-word")


def test_the_broker_as_celery_has_it() -> None:
    broker_url("redis://:hunter22@h:1/0")
    assert redact("no answer from redis://:hunter22@h:1/0") == "no answer from redis://:•••@h:1/0"


def test_sealing_keys(tmp_path: Path) -> None:
    make_key_file(tmp_path / "key")
    text = (tmp_path / "key").read_text().strip()
    parse_keys([text], "here")
    assert redact(f"the key {text}") == f"the key {text.partition(':')[0]}:•••"


def test_secrets_of_contexts() -> None:
    settings = Settings(contexts={"prod": ContextSettings(secrets={"token": "env:TOKEN"})})
    Secrets(settings, "prod", {"TOKEN": "s3cr3t-token"}).read("token")
    assert redact("bearer s3cr3t-token") == "bearer •••"


def test_of_passing_ones_the_oldest_are_forgotten_and_never_the_processs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "MOST", 3)
    hide("the-brokers")
    for number in range(5):
        hide(f"secret-{number}", passing=True)
    assert redact("the-brokers secret-0 secret-1 secret-2") == "••• secret-0 secret-1 •••"


@pytest.mark.parametrize("written", ["a/b c+d", "a/b%20c%2Bd", "a%2Fb%20c%2Bd", "a%2Fb+c%2Bd"])
def test_however_an_address_writes_it(written: str) -> None:
    hide("a/b c+d")
    assert redact(f"at {written}!") == "at •••!"
