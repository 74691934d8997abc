"""Logs: the lines that every process of ours says, as people read them or as JSON, with nothing secret in them.

Python's own logging, with two formatters. What a library would add (structlog, python-json-logger) is the writing of a
dictionary as JSON; the rest is ours in any case: whose task a line is about, what is redacted, what may not forge a
line. And the supervisor, on which everybody's first subtask waits, would have to import it.

    logs.begin("worker", "INFO", "json")     once per process
    logs.hide(password)                      wherever a secret is read, before anything can be said about it
    with logs.about(task_id=…): …            whatever is said in here carries the id
"""

from aether_agents.process.redaction import hide, hide_address, redact
from aether_agents.telemetry.logs.formatters import ConsoleLines, JsonLines
from aether_agents.telemetry.logs.handler import Style, begin
from aether_agents.telemetry.logs.task_scope import about, scope, unattended

__all__ = [
    "ConsoleLines",
    "JsonLines",
    "Style",
    "about",
    "begin",
    "hide",
    "hide_address",
    "redact",
    "scope",
    "unattended",
]
