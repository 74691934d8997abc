"""The handler: where the lines of this process go. One per process, put in place by whoever starts it."""

import logging
import logging.handlers
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

from aether_agents.telemetry.logs.formatters import ConsoleLines, JsonLines

Style = Literal["console", "json"]

log = logging.getLogger(__name__)

_STYLES: dict[str, type[JsonLines | ConsoleLines]] = {"console": ConsoleLines, "json": JsonLines}


class _Ours:
    """Marks a handler that `begin` has put in place."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line is lost, and whose. Python would print its arguments as they are, secrets and all."""
        kind = sys.exc_info()[0]
        with suppress(OSError, ValueError, AttributeError):  # standard error itself may be gone
            why = kind.__name__ if kind else "unknown"
            sys.stderr.write(f"a line of {record.name} ({record.filename}:{record.lineno}) cannot be logged: {why}\n")


class _Stream(_Ours, logging.StreamHandler):  # type: ignore[type-arg]  # whatever standard error is
    pass


class _File(_Ours, logging.handlers.WatchedFileHandler):
    pass


def begin(process: str, level: str | int, style: Style = "console", *, file: str | Path | None = None) -> None:
    """Let this process log to standard error, or to a file: its own lines, its libraries', warnings, and what nobody
    caught. Called again, the later word holds. Where a host program has set up its own logging, that stays.

    Args:
        process: what it is, such as `worker`; the host is added unless it is there.
        level: the least level that is logged.
        style: for people (`console`), or one JSON object per line (`json`).
        file: appended to instead of standard error.
    """
    root = logging.getLogger()
    if any(not isinstance(one, _Ours) for one in root.handlers):
        return
    name = process if "@" in process else f"{process}@{socket.gethostname()}"
    handler = _handler(file)
    handler.setFormatter(_STYLES[style](name))
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _handler(file: str | Path | None) -> logging.Handler:
    if file is None:
        return _Stream(sys.stderr)
    return _File(file, encoding="utf-8", delay=True, errors="backslashreplace")


def _uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log.critical("unexpected: this process ends", exc_info=(kind, error, traceback))


def _uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not issubclass(told.exc_type, SystemExit):
        name = told.thread.name if told.thread else "a thread"
        log.critical("unexpected: %s ends", name, exc_info=(told.exc_type, told.exc_value, told.exc_traceback))
