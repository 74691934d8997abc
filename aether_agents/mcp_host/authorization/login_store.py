"""Logins on this machine: one sealed file each, for one owner, one context and one server.

A login lies in `<home>/logins`, sealed to its own name, so that none can be put in the place of another. Only what has
the sealing key reads it; refreshing one is for one process at a time.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import Field

from aether_agents.contracts import Contract, Json
from aether_agents.errors import CannotOpen, LoginFailed
from aether_agents.process.private_folder import make_private, replace_private
from aether_agents.process.regular_file import read_regular
from aether_agents.telemetry.logs import hide

#: The folder in AETHER_HOME.
FOLDER = "logins"
#: Seconds a process waits for another that refreshes the same login.
TIMEOUT = 60.0
_ENDING = ".sealed"


class Seal(Protocol):
    """Seals documents to a place, and opens them there. `store.Sealer` is that."""

    def seal(self, place: str, value: Json, version: int = 0) -> bytes: ...
    def open(self, place: str, blob: bytes, version: int | None = None) -> Json: ...


class Login(Contract):
    """What was given to one owner for one server, and by whom."""

    server: str = Field(description="Address of the server it is for, and for no other.")
    owner: str = Field(description="Whose it is.")
    context: str = Field(description="The context in which it counts.")
    issuer: str = Field(default="", description="The authorisation server that gave it.")
    token_endpoint: str = Field(description="Where that gives out the next one.")
    resource: str = Field(description="What it was asked for: the server, as it calls itself.")
    client_id: str = Field(description="As whom we are known there.")
    client_secret: str | None = Field(default=None, description="With which secret, if it gave one.")
    client_auth: str | None = Field(default=None, description="How that is presented.")
    access_token: str = Field(description="What is presented to the server.")
    refresh_token: str | None = Field(default=None, description="What the next one is given for.")
    expires_at: float = Field(default=0.0, description="When it ends: seconds since the epoch; 0: it does not say.")
    scope: str | None = Field(default=None, description="What it allows.")


class LoginStore:
    """The logins of a home."""

    def __init__(self, home: Path, seal: Seal) -> None:
        self._folder = home.absolute() / FOLDER
        self._home, self._seal = home, seal

    def of(self, server: str, owner: str, context: str) -> str:
        """The name of a login; empty where there is none."""
        name = _name(server, owner, context)
        return name if (self._folder / f"{name}{_ENDING}").exists() else ""

    def someone(self, server: str) -> str:
        """The name of the newest login for a server, for listing its tools; empty where there is none."""
        found = list(self._folder.glob(f"{_digest(server)}-*{_ENDING}"))
        return max(found, key=lambda path: path.stat().st_mtime_ns).stem if found else ""

    def read(self, name: str, server: str) -> Login:
        """A login.

        Raises:
            LoginFailed: it is not there any more, is sealed with another key, or is for another server.
        """
        try:
            blob = read_regular(self._folder / f"{name}{_ENDING}")
            login = Login.model_validate(self._seal.open(_place(name), blob))
        except FileNotFoundError:
            raise LoginFailed("nobody is logged in any more") from None
        except (OSError, ValueError, CannotOpen) as error:
            raise LoginFailed(f"its login cannot be read: {error}") from None
        if login.server != server or _name(server, login.owner, login.context) != name:
            raise LoginFailed("its login is for another server")
        hide(*(word for word in (login.access_token, login.refresh_token, login.client_secret) if word))
        return login

    def keep(self, login: Login) -> str:
        """Write a login; its name."""
        make_private(self._home)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = _name(login.server, login.owner, login.context)
        blob = self._seal.seal(_place(name), login.model_dump(mode="json"))
        path = self._folder / f"{name}{_ENDING}"
        replace_private(path, blob, durable=True)  # the one before may be worth nothing from now on
        return name

    def forget(self, server: str, owner: str, context: str) -> bool:
        """Remove a login; False where there was none."""
        path = self._folder / f"{_name(server, owner, context)}{_ENDING}"
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def refreshing(self, name: str) -> Iterator[None]:
        """Hold a login while it is refreshed: its refresh token may be used once.

        Raises:
            LoginFailed: another process does not end with it.
        """
        with (self._folder / f"{name}.lock").open("w") as lock:
            ends = time.monotonic() + TIMEOUT
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > ends:
                        raise LoginFailed("another process is still renewing its login: try again") from None
                    time.sleep(0.05)
            yield


def _name(server: str, owner: str, context: str) -> str:
    return f"{_digest(server)}-{_digest(owner + chr(0) + context)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _place(name: str) -> str:
    return f"login/{name}"
