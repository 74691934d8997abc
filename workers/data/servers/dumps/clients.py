"""Clients: the databases' own programs, run with a password that stands in no command and no environment."""

from pathlib import Path
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.git import printable

from .address import Address

#: What installs a client that is missing.
_PACKAGES = {"psql": "postgresql-client", "pg_dump": "postgresql-client", "pg_restore": "postgresql-client"}
_SAID = 600


class Clients(NamedTuple):
    """The programs of one server, for one call."""

    address: Address
    password: str
    folder: Path  #: for password files; it goes after the call
    job: Job

    def at(self, database: str) -> "Clients":
        """The same for another database of the server."""
        return self._replace(address=self.address.named(database))

    def query(self, sql: str, database: str | None = None) -> list[list[str]]:
        """The rows of a query, each cell a text.

        Raises:
            ToolError: the server refuses it, or is not there.
        """
        name = self.address.database if database is None else database
        if self.address.engine == "postgresql":
            told = self.run("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-d", name, "-f", "-"], sql.encode())
        else:
            told = self.run(
                "mariadb", ["--batch", "--skip-column-names", "--raw", *([name] if name else [])], sql.encode()
            )
        return [line.split("\t") for line in told.decode("utf-8", "replace").splitlines() if line]

    def run(self, program: str, args: list[str], given: bytes | Path = b"") -> bytes:
        """What a program prints. `mariadb` takes no command of its own from what it reads: `\\!` runs a shell.

        Raises:
            ToolError: it failed; the error has its words.
        """
        options, environment = self._way()
        options += ["--binary-mode"] if program == "mariadb" else []
        placed = [program, *options, *args] if self.address.engine == "mariadb" else [program, *args, *options]
        try:
            done = self.job.program(placed, self.folder, given, environment)
        except FileNotFoundError:
            package = _PACKAGES.get(program, "mariadb-client")
            raise ToolError(f"`{program}` is not installed on this machine: install the package `{package}`") from None
        except Beyond as error:
            raise ToolError(f"`{program}` was ended: it went beyond {error}") from None
        if done.returncode:
            said = printable(done.stderr.decode("utf-8", "replace").strip())[:_SAID]
            raise ToolError(f"{self.address.shown}: {said or f'`{program}` failed'}{_advice(said)}")
        return done.stdout

    def _way(self) -> tuple[list[str], dict[str, str]]:
        """The options that lead to the server, and the environment: a file with the password, never the password."""
        known, secret = self.address, self.folder / "password"
        host = known.socket or known.host
        if known.engine == "postgresql":
            escaped = self.password.replace("\\", "\\\\").replace(":", "\\:")
            _write(secret, f"*:*:*:*:{escaped}\n")
            environment = {
                "PGPASSFILE": str(secret),
                "PGCONNECT_TIMEOUT": "10",
                "LC_ALL": "C.UTF-8",
                "PGAPPNAME": "aether",
            }
            return ["-w", "-h", host, "-p", str(known.port), "-U", known.user], environment
        quoted = self.password.replace("\\", "\\\\").replace('"', '\\"')
        where = f"socket={known.socket}" if known.socket else f"host={known.host}\nport={known.port}\nprotocol=tcp"
        _write(secret, f'[client]\ndefault-character-set=utf8mb4\nuser="{known.user}"\npassword="{quoted}"\n{where}\n')
        return [f"--defaults-file={secret}"], {"LC_ALL": "C.UTF-8"}


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _advice(said: str) -> str:
    low = said.lower()
    if ("denied" in low and "to database" in low) or "permission denied" in low or "must be superuser" in low:
        return ". The user who logs in may not do this: name one who may"
    if "password" in low or "access denied" in low:
        return ". Write the password into a file that only you can read, and name it as `password_file`"
    if "could not connect" in low or "can't connect" in low or "refused" in low:
        return ". Is the server running there, and may this machine reach it?"
    if "no space left" in low:
        return ". Free some space, then run the task again: nothing of it stays half-done"
    if "being accessed by other users" in low:
        return ". End the programs that are connected to it, then run the task again: nothing was replaced"
    return ""
