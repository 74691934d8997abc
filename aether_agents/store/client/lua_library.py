"""The Lua library: put together, stamped with its content, loaded once per server, called by name.

Its name and its functions' names carry a hash of the source, so that two versions of the product can work on one
server side by side, and so that loading it twice at the same time does no harm.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from aether_agents.contracts import (
    SUBTASK_ARROWS,
    TASK_ARROWS,
    TERMINAL_SUBTASK,
    TERMINAL_TASK,
    SubtaskStatus,
    TaskStatus,
)
from aether_agents.store.client.connection import Connection, Part, ResponseError
from aether_agents.store.client.encoding import BUCKETS, CODES
from aether_agents.store.client.keys import Keys
from aether_agents.store.client.migrations import FORM

#: The parts in the order they lean on each other.
PARTS = (
    "tasks",
    "epoch",
    "counts",
    "subtasks",
    "steps",
    "lines",
    "admission",
    "circuits",
    "bulkheads",
    "rights",
    "audit",
    "calls",
    "planning",
    "forgotten",
    "running",
    "alike",
    "control",
    "reruns",
    "steering",
    "reaper",
    "registry",
    "chain",
    "alerts",
    "models",
    "limits",
)

#: Milliseconds after which a version of the library that nobody has loaded again is removed from the server.
FORGET_AFTER = 30 * 24 * 3600 * 1000


class LuaLibrary:
    """Calls the functions of the library, and loads it when the server does not know it."""

    def __init__(self, connection: Connection, keys: Keys, stale: float, lease: float) -> None:
        self._connection = connection
        self._keys = keys
        self._first = (keys.prefix, int(stale * 1000), int(lease * 1000))
        self._version, self._source = render()
        self._on_freed: Callable[[list[bytes]], None] | None = None

    def when_freed(self, send: Callable[[list[bytes]], None]) -> None:
        """Have the messages of tasks sent that a call lets in by freeing a slot; without it, the reaper sends them."""
        self._on_freed = send

    def call(self, name: str, *args: Part) -> Any:
        """Call one function. Gives what it says.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        return self.call_saying(b"", name, *args)[0]

    def call_saying(self, said: bytes, name: str, *args: Part) -> tuple[Any, int]:
        """Call one function, with what goes to the audit record (lua/audit.lua). Also gives the last number it kept.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        reply, freed, kept = self._call(name, *self._first, said, *args)
        if freed and self._on_freed is not None:
            self._on_freed(freed)
        return reply, kept

    def _call(self, name: str, *args: Part) -> Any:
        line = ("FCALL", f"aether_{self._version}_{name}", 1, *args)
        try:
            return self._connection.command(*line)
        except ResponseError as error:
            if "not found" not in str(error):
                raise
        self.load()  # a new server, or one that lost its data
        return self._connection.command(*line)

    def load(self) -> None:
        """Load the library, and forget versions that nobody has loaded for a month."""
        try:
            self._connection.command("FUNCTION", "LOAD", self._source)
        except ResponseError as error:
            if "already exists" not in str(error):
                raise
        seconds = self._connection.command("TIME")[0]
        now = int(seconds) * 1000
        self._connection.command("HSET", self._keys.libraries, self._version, now)
        for version, loaded in self._connection.command("HGETALL", self._keys.libraries).items():
            if now - int(loaded) > FORGET_AFTER:
                self._forget(version.decode())

    def _forget(self, version: str) -> None:
        try:
            self._connection.command("FUNCTION", "DELETE", f"aether_{version}")
        except ResponseError as error:
            if "not found" not in str(error):
                raise
        self._connection.command("HDEL", self._keys.libraries, version)


@cache
def render() -> tuple[str, str]:
    """The version and the source of the library."""
    folder = files("aether_agents.store") / "lua"
    parts = "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in PARTS)
    body = f"{_tables()}\n{_commands(parts)}\n{parts}"
    names = re.findall(r"^export(?:s\[|\()'(\w+)'", body, re.MULTILINE)
    version = hashlib.sha256(body.encode()).hexdigest()[:12]
    tail = "\n".join(f"redis.register_function('aether_{version}_{name}', exports.{name})" for name in names)
    return version, f"#!lua name=aether_{version}\n{body}\n{tail}\n"


def _commands(source: str) -> str:
    """Every command that the library calls, as a Lua table."""
    used = sorted(set(re.findall(r"redis\.call\('([A-Z]+)'", source)))
    return f"local COMMANDS = {{{', '.join(map(_text, used))}}}"


def _tables() -> str:
    """The form of what is stored, and both state machines as Lua tables."""
    return "\n".join(
        [
            f"local BUCKETS = {{{', '.join(f'{bound:g}' for bound in BUCKETS)}}}",
            f"local FORM = {FORM}",
            f"local SUBTASK = {_map({_word(s): _text(CODES[s]) for s in SubtaskStatus})}",
            f"local TASK = {_map({_word(s): _text(s.value) for s in TaskStatus})}",
            f"local TERMINAL_SUBTASK = {_set(CODES[s] for s in SubtaskStatus if s in TERMINAL_SUBTASK)}",
            f"local TERMINAL_TASK = {_set(s.value for s in TaskStatus if s in TERMINAL_TASK)}",
            "local SUBTASK_ARROWS = "
            + _map(
                {CODES[s]: _set(CODES[to] for to in SubtaskStatus if to in SUBTASK_ARROWS[s]) for s in SubtaskStatus}
            ),
            "local TASK_ARROWS = "
            + _map({s.value: _set(to.value for to in TaskStatus if to in TASK_ARROWS[s]) for s in TaskStatus}),
        ]
    )


def _word(status: SubtaskStatus | TaskStatus) -> str:
    return status.name.lower()


def _text(value: str) -> str:
    return f"'{value}'"


def _map(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key} = {value}" for key, value in entries.items()) + "}"


def _set(values: Any) -> str:
    return _map(dict.fromkeys(values, "true"))
