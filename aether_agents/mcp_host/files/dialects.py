"""Dialects: the same server, as other products write it, in the words of this one.

Windsurf and Antigravity say `serverUrl`, Gemini `httpUrl` and milliseconds, Copilot `type: local`, Cherry `isActive`,
Codex `http_headers` and names of variables, opencode a list for `command`, Goose `cmd`, `envs` and keys of a keychain,
Zed once an object for `command`, Continue `requestOptions`; several write numbers and booleans into `env`.
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

from aether_agents.mcp_host.files.products import OWN, Product

#: Keys by the name that other products have for them.
_NAMES = {
    "serverUrl": "url",
    "httpUrl": "url",
    "uri": "url",
    "cmd": "command",
    "envs": "env",
    "http_headers": "headers",
    "environment": "env",
    "startup_timeout_sec": "timeout",
    "startup_timeout_ms": "timeout",
    "connectionTimeout": "timeout",
    "workingDirectory": "cwd",
    "working_directory": "cwd",
    "transportType": "type",
    "env_file": "envFile",
}
#: Names whose numbers are milliseconds whoever writes them.
_MILLISECOND_NAMES = ("startup_timeout_ms", "connectionTimeout")
_TYPES = {
    "local": "stdio",
    "command": "stdio",
    "remote": "http",
    "url": "http",
    "streamable_http": "http",
    "streamable-http": "http",
    "streamableHttp": "http",
    "streamablehttp": "http",
    "streamable": "http",
}
#: Kinds of servers that are none, or none of ours to start: why.
_IMPOSSIBLE = {
    "builtin": "is part of Goose itself: there is no server to start",
    "platform": "is part of Goose itself: there is no server to start",
    "frontend": "is part of a program's own window: there is no server to start",
    "inline_python": "is Python written into the file: put it into a server of its own",
    "ws": "speaks over a web socket, which the protocol does not know: ask its author for streamable HTTP",
    "websocket": "speaks over a web socket, which the protocol does not know: ask its author for streamable HTTP",
    "sdk": "runs inside the other program: there is no server to start",
}

#: Seconds no start takes: a larger number is one of milliseconds.
_MOST_SECONDS = 3_600
_MILLISECONDS = 1_000

#: Continue's and VS Code's marks for what is kept elsewhere, and opencode's.
_KEPT = re.compile(r"\$\{\{\s*(?:secrets|inputs|env)\.([A-Za-z_][\w.-]*)\s*\}\}|(?<!\$)\{env:([A-Za-z_]\w*)\}")
#: A variable as a shell writes it.
_DOLLAR = re.compile(r"\$([A-Za-z_]\w*)")


class Reading(NamedTuple):
    """An entry with the keys and values that this product reads."""

    entry: dict[str, Any]
    #: Why it cannot be started from here at all.
    impossible: str = ""


def in_our_words(raw: Mapping[str, Any], product: Product = OWN) -> Reading:
    """A server's entry with the keys and values that this product reads."""
    entry: dict[str, Any] = {}
    milliseconds = product.milliseconds
    for key, value in _flat(raw).items():
        milliseconds |= key in _MILLISECOND_NAMES
        entry.setdefault(_NAMES.get(key, key), _told(value, dollar=product.dollar))
    if impossible := _kind(entry):
        return Reading(entry, impossible)
    if isinstance(active := entry.pop("isActive", None), bool) and not active:
        entry["disabled"] = True
    _command(entry)
    _variables(entry)
    for key in ("env", "headers"):
        if isinstance(entry.get(key), Mapping):
            entry[key] = {name: _text(value) for name, value in entry[key].items() if value is not None}
    for key in ("env", "headers", "args", "cwd", "url", "command", "envFile", "timeout", "type", "transport"):
        if key in entry and entry[key] is None:
            del entry[key]
    seconds = entry.get("timeout")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and (milliseconds or seconds > _MOST_SECONDS):
        entry["timeout"] = min(seconds / _MILLISECONDS, _MOST_SECONDS)
    if seconds == 0:
        del entry["timeout"]  # without a limit, as several write it: ours stays
    return Reading(entry)


def _flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The entry without the objects that some products put around its parts."""
    flat = dict(raw)
    inside: Any = flat.get("config")
    if isinstance(inside, Mapping):  # Goose, once
        flat = {**inside, **{key: value for key, value in flat.items() if key != "config"}}
    if isinstance(flat.get("transport"), Mapping):  # Continue, once
        flat |= flat.pop("transport")
    if isinstance(program := flat.get("command"), Mapping) and "path" in program:  # Zed, once
        flat["command"] = program.get("path")
        flat |= {key: program[key] for key in ("args", "env") if key in program}
    options = flat.pop("requestOptions", None)
    if isinstance(options, Mapping):  # Continue
        flat |= {key: options[key] for key in ("headers", "verifySsl", "proxy") if options.get(key) not in (None, True)}
    return flat


def _kind(entry: dict[str, Any]) -> str:
    """Put the kind of server in our words; why it is none that can be started, if so."""
    for key in ("type", "transport"):
        said = entry.get(key)
        if isinstance(said, str):
            entry[key] = _TYPES.get(said, said)
            if said in _IMPOSSIBLE:
                return _IMPOSSIBLE[said]
    if entry.get("command") or entry.get("url"):
        return ""
    if "uses" in entry:
        return f"is a block of a hub (`{entry['uses']}`): write out its `command` or `url`"
    if entry.get("source") == "extension" or (set(entry) <= {"settings", "enabled", "source", "remote"} and entry):
        return "is started by an extension of Zed, which alone knows how: write out its `command`"
    return ""


def _command(entry: dict[str, Any]) -> None:
    """Program and arguments: also a list with both, and arguments as one text or with numbers among them."""
    command, args = entry.get("command"), entry.get("args")
    if isinstance(args, str):
        args = _split(args)
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        entry["command"], args = command[0], [*command[1:], *(args or [])]
    if isinstance(args, list):
        entry["args"] = [_text(word) for word in args]


def _variables(entry: dict[str, Any]) -> None:
    """Names of variables of the environment, as values that are looked up there."""
    for key, into in (("env_keys", "env"), ("env_vars", "env")):
        listed = entry.pop(key, None)
        for item in listed if isinstance(listed, list) else ():
            name = item.get("name") if isinstance(item, Mapping) else item
            entry[into] = {str(name): f"${{{name}}}", **(entry.get(into) or {})}
    named = entry.pop("env_http_headers", None)
    if isinstance(named, Mapping):
        filled = {header: f"${{{name}}}" for header, name in named.items()}
        entry["headers"] = {**filled, **(entry.get("headers") or {})}
    if variable := entry.pop("bearer_token_env_var", None):
        entry["headers"] = {"Authorization": f"Bearer ${{{variable}}}", **(entry.get("headers") or {})}
    if (key := entry.pop("apiKey", None)) and entry.get("url"):
        entry["headers"] = {"Authorization": f"Bearer {key}", **(entry.get("headers") or {})}


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


def _told(value: Any, *, dollar: bool) -> Any:
    """A value whose variables are written as ours are: `${NAME}`."""
    if isinstance(value, str):
        kept = _KEPT.sub(lambda found: f"${{{found[1] or found[2]}}}", value)
        return _DOLLAR.sub(r"${\1}", kept) if dollar else kept
    if isinstance(value, Mapping):
        return {key: _told(item, dollar=dollar) for key, item in value.items()}
    return [_told(item, dollar=dollar) for item in value] if isinstance(value, list) else value
