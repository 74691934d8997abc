"""Fixtures: records of logging as they come, and a memory of secrets of each test's own."""

import logging
import sys
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType

import pytest

from aether_agents.process import redaction
from aether_agents.process.redaction import Redactor

Exception_ = tuple[type[BaseException], BaseException, TracebackType | None]
Say = Callable[..., logging.LogRecord]


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_lasting", {})
    monkeypatch.setattr(redaction, "_passing", OrderedDict())
    monkeypatch.setattr(redaction, "_hidden", Redactor(()))


@pytest.fixture
def say() -> Say:
    """A record said at a known time."""

    def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
        info = None
        if error is not None:
            try:
                raise error
            except type(error):
                info = sys.exc_info()
        made = logging.LogRecord(
            "aether_agents.execution.worker.subtask_runner", logging.INFO, __file__, 1, message, args, info
        )
        made.created = 1_790_000_000.1234
        return made

    return record
