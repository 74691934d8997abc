"""Addresses of databases, and the password, which is never part of one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.text import read_bounded

Engine = Literal["postgresql", "mariadb"]
_SCHEMES: dict[str, Engine] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mariadb",
    "mariadb": "mariadb",
}
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_$-]{0,62}$")
_PASSWORD_MAX = 4_096
_PASSWORD_FILE_MOST = 1 << 20


class Address(NamedTuple):
    """Where a database is."""

    engine: Engine
    host: str
    port: int
    user: str
    database: str
    socket: str = ""

    def named(self, database: str) -> "Address":
        """Another database of the same server."""
        return self._replace(database=checked(database))

    @property
    def shown(self) -> str:
        """As people read it: without a password, since it has none."""
        where = self.socket or f"{self.host}:{self.port}"
        return f"{self.engine}://{self.user}@{where}/{self.database}"


def address_of(text: str) -> Address:
    """The address that a text is, such as `postgresql://shop@db.example:5432/shop`.

    Raises:
        ToolError: it is none, or has a password in it.
    """
    parts = urlsplit(text)
    engine = _SCHEMES.get(parts.scheme)
    if engine is None:
        raise ToolError("an address is `postgresql://USER@HOST:PORT/DATABASE` or `mysql://USER@HOST:PORT/DATABASE`")
    if parts.password is not None:
        raise ToolError("an address has no password in it, others would see it: write it into a file (`password_file`)")
    more = {name: values[0] for name, values in parse_qs(parts.query).items()}
    socket = more.pop("socket", "") or more.pop("host", "")
    if more:
        raise ToolError(f"`{printable(next(iter(more)))}` of the address is not known here: only `socket` is")
    try:
        port = parts.port or (5432 if engine == "postgresql" else 3306)
    except ValueError:
        raise ToolError("the port of the address is no port") from None
    database = checked(unquote(parts.path.lstrip("/")))
    user = unquote(parts.username or ("postgres" if engine == "postgresql" else "root"))
    return Address(engine, parts.hostname or "localhost", port, user, database, socket)


def checked(name: str) -> str:
    """A name of a database that can be quoted everywhere.

    Raises:
        ToolError: it is none.
    """
    if not _NAME.match(name):
        raise ToolError(
            f"`{printable(name)[:80]}` is no name of a database that is taken here: letters, digits and _ $ -"
        )
    return name


@contextmanager
def password_of(path: str | None) -> Iterator[tuple[str, Path]]:
    """The password in a file (empty without one), and a folder for the clients' own password files, which goes again.

    Raises:
        ToolError: it cannot be read, or others may read it.
    """
    password = ""
    if path is not None:
        file = Path(path)
        try:
            if file.stat().st_mode & 0o077:
                raise ToolError(f"others may read `{printable(path)}`: chmod 600 it")
            password = read_bounded(file, _PASSWORD_FILE_MOST).decode()[:_PASSWORD_MAX].rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ToolError(f"the password file `{printable(path)}` cannot be read: {error}") from None
    with TemporaryDirectory(prefix="aether-db-") as folder:
        yield password, Path(folder)
