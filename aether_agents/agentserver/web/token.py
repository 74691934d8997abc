"""The token of `aether-agent serve`: made once for its owner alone, or given in a file."""

import os
import secrets
from pathlib import Path

from aether_agents.errors import InvalidSettings
from aether_agents.process.private_folder import make_private
from aether_agents.process.regular_file import LARGEST_SECRET, read_text
from aether_agents.settings.model import Settings
from aether_agents.telemetry.logs import hide

#: Characters a given token has at least: it is all that stands before the API.
LENGTH_MIN = 16

_NAME = "serve.token"


def token_file(settings: Settings) -> Path:
    """Where the token is."""
    return settings.agentserver.token_file or settings.home / _NAME


def read_token(settings: Settings) -> str:
    """The token; one that is not given is made now, in a file that only its owner can read.

    Raises:
        InvalidSettings: as `token_in`.
    """
    return token_in(token_file(settings), make=settings.agentserver.token_file is None)


def token_in(path: Path, *, make: bool) -> str:
    """The token in a file; `make`: one that is not there is made.

    Raises:
        InvalidSettings: the file cannot be read, holds too little, or can be read by others.
    """
    if make and not path.exists():
        _make(path)
    try:
        token = read_text(path, LARGEST_SECRET).strip()
        open_to_others = path.stat().st_mode & 0o077
    except UnicodeDecodeError:
        raise InvalidSettings(f"the file with the token, {path}, is not text") from None
    except OSError as error:
        raise InvalidSettings(f"the file with the token, {path}, cannot be read: {error.strerror}") from None
    if len(token) < LENGTH_MIN:
        raise InvalidSettings(f"the file with the token, {path}, must hold {LENGTH_MIN} characters or more")
    if open_to_others:
        raise InvalidSettings(f"the file with the token, {path}, can be read by others: `chmod 600 {path}`")
    hide(token)
    return token


def _make(path: Path) -> None:
    make_private(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        opened.write(f"{secrets.token_urlsafe(32)}\n")
    try:
        os.link(draft, path)  # two that start at once have one token
    except FileExistsError:
        pass
    finally:
        draft.unlink()
