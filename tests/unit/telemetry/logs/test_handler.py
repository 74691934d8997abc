"""Where lines go: one handler of ours, and a host program's own is left as it is."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from aether_agents.telemetry.logs import begin, hide


@contextmanager
def bare_root() -> Iterator[logging.Logger]:
    """The root logger as a process of its own has it: pytest's handlers come back afterwards."""
    root, level = logging.getLogger(), logging.getLogger().level
    with (
        patch.object(root, "handlers", []),
        patch.object(sys, "excepthook", sys.excepthook),
        patch.object(threading, "excepthook", threading.excepthook),
    ):
        yield root
        for handler in root.handlers:
            handler.close()
    logging.captureWarnings(False)
    root.setLevel(level)


def test_the_later_word_holds(tmp_path: Path) -> None:
    with bare_root() as root:
        begin("worker", "DEBUG")
        begin("worker@box", "INFO", "json", file=tmp_path / "log")
        assert len(root.handlers) == 1
        logging.getLogger("a").info("told")
        logging.getLogger("a").debug("not told")
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert '"process": "worker@box"' in line


def test_what_nobody_caught_is_a_line_too(tmp_path: Path) -> None:
    with bare_root():
        begin("worker", "INFO", file=tmp_path / "log")
        sys.excepthook(ValueError, ValueError("why"), None)
        thread = threading.Thread(target=lambda: 1 / 0, name="reader")
        thread.start()
        thread.join()
    said = (tmp_path / "log").read_text()
    assert "logs.handler: unexpected: this process ends" in said
    assert "    | ValueError: why" in said
    assert "unexpected: reader ends" in said
    assert "    | ZeroDivisionError" in said


def test_a_host_programs_own_logging_stays() -> None:
    with bare_root() as root:
        own = logging.NullHandler()
        root.addHandler(own)
        begin("worker", "DEBUG")
        assert root.handlers == [own]


class Mute:
    """Cannot be written, and says a secret instead."""

    def __str__(self) -> str:
        raise RuntimeError("hunter22")


def test_a_line_that_cannot_be_written_is_named_and_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hide("hunter22")
    with bare_root():
        begin("worker", "INFO", file=tmp_path / "log")
        logging.getLogger("a").info("%(name)s", {"password": "hunter22"})
        logging.getLogger("a").info("%s", Mute())
    assert "a: %(name)s {'password': '•••'}" in (tmp_path / "log").read_text()
    said = capsys.readouterr().err
    assert said.startswith("a line of a (test_handler.py:")
    assert said.endswith("cannot be logged: RuntimeError\n")
    assert "hunter22" not in said
