"""Log lines as a person reads them: JSON becomes the console's form, and only those about one task, if one is named."""

import json
import re

from aether_agents.cli.terminal.text import plain_line
from aether_agents.telemetry.logs.formatters import MORE, SHORT, written

#: The fields of a line of JSON that a person reads.
_FIELDS = ("time", "level", "process", "task_id", "subtask_id", "logger", "message", "traceback")
#: The first line of what was said, as the console has it; the id in it may be cut.
_FIRST = re.compile(r"\d{4}-\d\d-\d\dT\S+Z [A-Z]+ +\S+ (?:\[([^\]/]+)(?:/[^\]]*)?\] )?")


class Reader:
    """Reads the lines of one log, in their order."""

    def __init__(self, task_id: str = "") -> None:
        """With `task_id` (or its beginning), only what was said on behalf of that task."""
        self._wanted = task_id
        self._shown = not task_id  # whether the line that is gone on with was

    def read(self, line: str) -> list[str]:
        """What is to be shown of a line: nothing, itself, or several lines."""
        told = _told(line)
        if told is None:
            if not line.startswith(MORE):
                self._shown = self._is_wanted(found[1] or "" if (found := _FIRST.match(line)) else "")
            return [plain_line(line)] if self._shown else []
        self._shown = self._is_wanted(told["task_id"])
        return written(**told).split("\n") if self._shown else []

    def _is_wanted(self, task_id: str) -> bool:
        wanted = self._wanted
        if len(task_id) > SHORT and task_id.endswith("…"):
            return wanted.startswith(task_id[:-1]) or task_id.startswith(wanted)
        return task_id.startswith(wanted)


def _told(line: str) -> dict[str, str] | None:
    """The fields of a line that is JSON of ours."""
    if not line.startswith("{"):
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not {"time", "level", "message"} <= fields.keys():
        return None
    return {name: str(fields.get(name, "")) for name in _FIELDS}
