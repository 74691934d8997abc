"""Reach: the folders whose code a project's server can run.

A command does not tell. `npm start`, `make`, `uv run`, `python -m`, `bash -c`, a default in `${X:-server.py}`
and a link all run files that it does not name, and several of them look in the folders above for more. So
nothing is guessed: a server that starts a program reaches all of the folder its file lies in (up to the
top of its git repository), and all of the folder it runs in.

Two kinds reach nothing: a server that is an address, and one with an environment of its own (`install`) that
names no `cwd` and whose words are names only. That one runs in its scratch folder, from where no name leads here.

What lies elsewhere and is named in the command (`/usr/bin/node`) is shown there, and what trusted code
fetches for itself is that code's own doing: neither is watched.
"""

import re
from pathlib import Path

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.server_file import Declared

#: A word that no shell, interpreter or option can take for a path that leaves the folder it is used in.
_NAME = re.compile(r"(?!.*\.\.)[\w@%+=:,.-]*")


def folders_of(server: Declared) -> tuple[Path, ...]:
    """The folders, none inside another.

    Raises:
        InvalidSettings: it cannot be told where it would run.
    """
    if server.raw.get("command") is None or server.disabled:
        return ()
    own, runs_in = _top(server.folder.resolve()), working_folder(server)
    if runs_in is None:
        return () if all(_NAME.fullmatch(word) for word in _words(server)) else (own,)
    runs_in = runs_in.resolve()
    if runs_in.is_relative_to(own):
        return (own,)
    return (runs_in,) if own.is_relative_to(runs_in) else (own, runs_in)


def working_folder(server: Declared) -> Path | None:
    """Where it runs: the folder it names, or its file's own; None is a scratch folder, of one with `install`.

    Raises:
        InvalidSettings: it names one by a variable, which could be any.
    """
    if server.scratch:
        return None
    named = str(server.raw.get("cwd") or "").replace("${workspaceFolder}", str(server.folder))
    if "$" in named:
        raise InvalidSettings(
            server.document.fault(
                (*server.at, "cwd"), "a project's server must name the folder it runs in: write it out, without `${…}`"
            )
        )
    return server.folder / named


def _words(server: Declared) -> list[str]:
    raw = server.raw
    args, env = raw.get("args"), raw.get("env")
    values = (
        raw["command"],
        *(args if isinstance(args, list) else ()),
        *(env.values() if isinstance(env, dict) else ()),
    )
    return [str(value) for value in values]


def _top(folder: Path) -> Path:
    """The folder, or the top of the git repository it lies in: what looks upwards is steered from there."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
