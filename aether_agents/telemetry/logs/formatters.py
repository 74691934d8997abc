"""Lines: one record of Python's logging as a line for people, or as one object of JSON.

Secrets are redacted first, on the whole text: a traceback too, and before anything is escaped or cut. Then nothing in
a message can begin a line of its own: JSON escapes it, and for people every further line is indented behind a bar.
"""

import json
import logging
from datetime import UTC, datetime

from aether_agents.process.redaction import redact
from aether_agents.telemetry.logs.task_scope import scope

#: What begins every further line of what was said at once. No first line begins like it.
MORE = "    | "
#: Characters of an id that people are shown; ids that we make have twelve.
SHORT = 12

_OURS = "aether_agents."
_UNSEEN = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
#: Line ends of other alphabets, and marks that turn the direction of what follows.
_UNSEEN |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


class JsonLines(logging.Formatter):
    """One object per line: time, level, logger, message, process, pid, thread; task_id, subtask_id, trace_id, traceback
    where there are any, and of a request its parts."""

    def __init__(self, process: str) -> None:
        """`process` is who speaks, such as `worker@host`."""
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, in ASCII."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            "process": self._process,
            "pid": record.process,
            "thread": record.threadName,
            **scope(),
        }
        if isinstance(request := getattr(record, "request", None), dict):  # a line of the access log
            line["request"] = {
                name: redact(value) if isinstance(value, str) else value for name, value in request.items()
            }
        if traceback := _traceback(self, record):
            line["traceback"] = traceback
        return json.dumps(line)


class ConsoleLines(logging.Formatter):
    """`time level process [task/subtask] logger: message`, with a traceback indented below."""

    def __init__(self, process: str) -> None:
        """`process` is who speaks, such as `worker@host`."""
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, and indented ones below it."""
        return written(
            time=_time(record),
            level=record.levelname,
            process=self._process,
            task_id=scope().get("task_id", ""),
            subtask_id=scope().get("subtask_id", ""),
            logger=record.name,
            message=_message(record),
            traceback=_traceback(self, record),
        )


def written(
    *, time: str, level: str, process: str, task_id: str, subtask_id: str, logger: str, message: str, traceback: str
) -> str:
    """What people read of a line: nothing in it steers a terminal, or looks like a line of its own."""
    ids = "/".join(one if len(one) <= SHORT else f"{one[:SHORT]}…" for one in (task_id, subtask_id) if one)
    whom = f"[{ids}] " if ids else ""
    head = f"{time} {level:<7} {process} {whom}{logger.removeprefix(_OURS)}: {message}"
    text = f"{head}\n{traceback}" if traceback else head
    return text.translate(_UNSEEN).rstrip("\n").replace("\n", "\n" + MORE)


def _message(record: logging.LogRecord) -> str:
    try:
        return redact(record.getMessage())
    except (TypeError, ValueError, LookupError):  # its arguments do not fit; Python would print all of it as it is
        return redact(f"{record.msg} {record.args!r}")


def _time(record: logging.LogRecord) -> str:
    """UTC, ISO 8601, with milliseconds: the same on every machine, and sorted by its letters."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
    if record.stack_info:
        parts.append(record.stack_info)
    return redact("\n".join(parts))
