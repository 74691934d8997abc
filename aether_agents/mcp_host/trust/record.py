"""TrustRecord: what a person has trusted on this machine, in one file of AETHER_HOME."""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from aether_agents import __version__
from aether_agents.contracts import Contract, Json
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.trust.own_repository import OwnRepository
from aether_agents.process.local_journal import login, note_locally
from aether_agents.process.private_folder import make_private
from aether_agents.process.regular_file import read_regular

Kind = Literal["servers", "template", "settings"]

#: The form that is written. Of form 1 an entry named files beside its own, which its fingerprint now covers otherwise.
VERSION: Literal[2] = 2


class Entry(Contract):
    """One trusted file."""

    digest: str = Field(description="Fingerprint of what was shown.")
    kind: Kind = Field(description="What it is.")
    at: str = Field(default="", description="When it was trusted, in UTC.")
    network: tuple[str, ...] | None = Field(
        default=None, description="Its servers that were given the network; unset: trusted before that was asked, all."
    )
    covers: tuple[str, ...] = Field(default=(), description="Folders whose content is in the fingerprint.")
    said: str = Field(default="", description="Fingerprint of what it declares, without the code its servers run.")
    files: dict[str, str] = Field(
        default_factory=dict, description="Hash by path of what its servers can run, to tell which of it changed."
    )
    mine: OwnRepository | None = Field(default=None, description="That a person works in its repository.")
    tools_by: str | None = Field(
        default=None,
        description="Who accepted ahead whatever tools its servers list first; unset: those are to be looked at.",
    )


class _File(Contract):
    """The record as it is written. A later version of it is refused, so nothing of it is trusted."""

    version: Literal[1, 2] = Field(default=VERSION, description="Its form; 1 is that of before 0.1.0.")
    files: dict[str, dict[str, Json]] = Field(default_factory=dict, description="Entries by path.")


class TrustRecord:
    """Entries by the path of the trusted file."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.file = home / "trust.json"

    def read(self) -> dict[str, Entry]:
        """All entries.

        Raises:
            InvalidSettings: the record is damaged.
        """
        return _entries(self._written())[0]

    def _written(self) -> _File:
        try:
            return _File.model_validate_json(read_regular(self.file))
        except FileNotFoundError:
            return _File()
        except PermissionError:
            raise InvalidSettings(
                f"{self.file} may not be read by you: set AETHER_HOME to a folder of your own"
            ) from None
        except (OSError, ValidationError) as error:
            why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
            raise InvalidSettings(
                f"{self.file} is damaged, or of a version after {__version__} ({why}): use that version, or move the "
                "file away and look at each project with `aether-agent trust`"
            ) from None

    @contextmanager
    def changing(self) -> Iterator[dict[str, Entry]]:
        """The entries, to be changed and then written, by one process at a time.

        Raises:
            InvalidSettings: the record is damaged.
        """
        make_private(self._home)
        with (self._home / "trust.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries, later = _entries(self._written())
            before = dict(entries)
            yield entries
            written = {path: entry.model_dump(mode="json", exclude_none=True) for path, entry in entries.items()}
            self._write(_File(files={**later, **written}))
            self._tell(before, entries)

    def _tell(self, before: Mapping[str, Entry], after: Mapping[str, Entry]) -> None:
        """Have each change told in the audit record, once a process with a store comes by."""
        for path in sorted({*before, *after}):
            now = after.get(path)
            if now != before.get(path):
                given = {"digest": now.digest, "network": list(now.network or ())} if now else {}
                note_locally(self._home, "trust.given" if now else "trust.ended", file=path, by=login(), **given)

    def _write(self, record: _File) -> None:
        handle, name = tempfile.mkstemp(dir=self._home, prefix=".trust-")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(record.model_dump_json(indent=1, exclude_none=True))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.file)


def _entries(record: _File) -> tuple[dict[str, Entry], dict[str, dict[str, Json]]]:
    """The entries, and those that a later version wrote: nothing of these is trusted here, and they stay in the file.

    Of form 1 a file of servers has another fingerprint: it counts as one that has changed, and is looked at again.
    """
    found, later = dict[str, Entry](), dict[str, dict[str, Json]]()
    for path, written in record.files.items():
        fields = {name: value for name, value in written.items() if record.version > 1 or name != "beside"}
        try:
            found[path] = Entry.model_validate(fields)
        except ValidationError:
            later[path] = written
    return found, later
