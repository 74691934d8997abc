"""Dialects: the same server, as other products write it, in the words of this one.

Windsurf and Antigravity say `serverUrl`, Gemini `httpUrl` and milliseconds, Copilot `type: local`, Cherry `isActive`,
Codex `http_headers`, opencode a list for `command`; several write numbers and booleans into `env`. What is only their
own business is read over (`server_file.FOREIGN`); what a person might count on and is not heeded is told (`UNHEEDED`).
"""

import shlex
from collections.abc import Mapping
from typing import Any

#: Keys by the name that other products have for them.
_NAMES = {
    "serverUrl": "url",
    "httpUrl": "url",
    "http_headers": "headers",
    "environment": "env",
    "startup_timeout_sec": "timeout",
}
_TYPES = {"local": "stdio", "remote": "http", "streamable_http": "streamable-http"}

#: Seconds no start takes: a larger number is one of milliseconds.
_MOST_SECONDS = 3_600
_MILLISECONDS = 1_000

#: Which tools their programs may show: ours are governed by policy, so whoever counted on it is told.
UNHEEDED = ("tools", "includeTools", "excludeTools", "enabled_tools", "disabled_tools", "disabledTools")


def in_our_words(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A server's entry with the keys and values that this product reads."""
    entry: dict[str, Any] = {}
    for key, value in raw.items():
        entry.setdefault(_NAMES.get(key, key), value)
    for key in ("type", "transport"):
        if entry.get(key) in _TYPES:
            entry[key] = _TYPES[entry[key]]
    if isinstance(entry.pop("isActive", None), bool) and raw["isActive"] is False:
        entry["disabled"] = True
    _command(entry)
    for key in ("env", "headers"):
        if isinstance(entry.get(key), Mapping):
            entry[key] = {name: _text(value) for name, value in entry[key].items() if value is not None}
        elif key in entry and entry[key] is None:
            del entry[key]
    if variable := entry.pop("bearer_token_env_var", None):
        entry["headers"] = {"Authorization": f"Bearer ${{{variable}}}", **entry.get("headers", {})}
    seconds = entry.get("timeout")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > _MOST_SECONDS:
        entry["timeout"] = seconds / _MILLISECONDS
    return entry


def _command(entry: dict[str, Any]) -> None:
    """Program and arguments: also a list with both, and arguments as one text or with numbers among them."""
    command, args = entry.get("command"), entry.get("args")
    if isinstance(args, str):
        args = _split(args)
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        entry["command"], args = command[0], [*command[1:], *(args or [])]
    if isinstance(args, list):
        entry["args"] = [_text(word) for word in args]
    elif "args" in entry and args is None:
        del entry["args"]


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is never closed
        return text.split()


def _text(value: Any) -> Any:
    """A number or boolean as a shell would have it; everything else as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
