"""Nothing is secret to begin with: what other tests hid would be taken out of prompts."""

from collections import OrderedDict

import pytest

from aether_agents.process import redaction


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_lasting", {})
    monkeypatch.setattr(redaction, "_passing", OrderedDict())
    monkeypatch.setattr(redaction, "_hidden", redaction.Redactor(()))
