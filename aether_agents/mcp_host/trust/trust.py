"""Trust: which files of strangers may start programs and steer plans.

A file is trusted when its fingerprint is recorded in `<home>/trust.json`. The fingerprint is over its content and,
where it starts programs, over what they can run (`mcp_host.trust.fingerprint`), not over data beside it: after a change
of any of that nothing of it is started until a person has looked again, and whoever asks is told which file it was. A
person's edits of code in his own repository can be covered for a time (`mcp_host.trust.own_repository`); the user's own
`<home>/mcp.json` needs no trust. Only `accept` records a fingerprint, and only of what `review` has shown.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.bounded_read import read_bounded
from aether_agents.mcp_host.files.products import is_server_file, project_of
from aether_agents.mcp_host.trust.display import visible
from aether_agents.mcp_host.trust.fingerprint import difference, fingerprint
from aether_agents.mcp_host.trust.folder_content import FolderContent
from aether_agents.mcp_host.trust.own_repository import OwnRepository
from aether_agents.mcp_host.trust.preview import TrustPreview, candidates, reached, told, what_of
from aether_agents.mcp_host.trust.record import Entry, Kind, TrustRecord

#: Files whose hashes are recorded one by one, so that it can be told which of them changed.
MOST_TOLD = 5_000


class Trust:
    """The record of what was trusted, in one file of AETHER_HOME."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._record = TrustRecord(home)
        self.file = self._record.file

    def is_trusted(self, path: Path, content: bytes) -> bool:
        """Whether a file with this very content was trusted.

        Raises:
            InvalidSettings: the record is damaged.
        """
        return self._holds(self._record.read().get(_key(path)), path, content)

    def why_not(self, path: Path) -> str:
        """Why a file that was trusted is not any more: which file, since when, and the command; empty if it never was.

        Raises:
            InvalidSettings: the record is damaged.
        """
        entry = self._record.read().get(_key(path))
        if entry is None:
            return ""
        try:
            content = read_bounded(path)
            return "" if self._holds(entry, path, content) else self._lost(entry, path, content)
        except InvalidSettings as error:
            return f"{path} is no longer trusted: {error}"

    def networked(self, path: Path) -> tuple[str, ...] | None:
        """The servers of a trusted file that were given the network; None if all keep it: trusted before it was asked.

        Raises:
            InvalidSettings: the record is damaged.
        """
        known = self._record.read().get(_key(path))
        return None if known is None else known.network

    def tools_by(self, path: Path) -> str | None:
        """Who accepted ahead what the servers of a trusted file list first; None if somebody has to look at that.

        Raises:
            InvalidSettings: the record is damaged.
        """
        known = self._record.read().get(_key(path))
        return None if known is None else known.tools_by

    def watched(self) -> list[Path]:
        """Every file that was trusted, and every folder that counts for one.

        Raises:
            InvalidSettings: the record is damaged.
        """
        return [Path(path) for file, entry in self._record.read().items() for path in (file, *entry.covers)]

    def stamp(self) -> tuple[object, ...]:
        """Another one after any change of the record, or of anything that was trusted. Reads no content.

        Raises:
            InvalidSettings: the record is damaged.
        """
        own = [entry.mine.stamp() for entry in self._record.read().values() if entry.mine is not None]
        return *(self._stamp(path) for path in (self.file, *self.watched())), *own

    def review(self, folder: Path, discovery: Path | None = None) -> list[TrustPreview]:
        """What a folder, and the folder of discovery, would do if they were trusted. Starts nothing.

        A file that is not well formed is shown with what is wrong, and as it is.

        Raises:
            InvalidSettings: the record is damaged, or a file cannot be read.
        """
        recorded = self._record.read()
        return [self._look(path, kind, recorded) for path, kind in candidates(folder, discovery)]

    def accept(
        self,
        shown: Iterable[TrustPreview],
        mine: OwnRepository | None = None,
        network: Iterable[str] = (),
        tools_by: str | None = "",
    ) -> None:
        """Trust files as they were shown. If one has changed since, it will not match, and stays inert.

        What is refused is passed over. With `mine`, the person's edits of the code of servers are covered too. The
        servers in `network` get the machine's network; those that had been given it keep it, and what an entry says
        itself goes before. `tools_by` accepts ahead what they list first; without it, somebody has to look at that.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._record.changing() as record:
            for item in shown:
                if item.refused or item.found is None:
                    continue
                known = record.get(_key(item.path))
                files = item.found.files if len(item.found.files) <= MOST_TOLD else {}
                kept = known.mine if known is not None and item.trusted else None
                record[_key(item.path)] = Entry(
                    digest=item.digest,
                    kind=item.kind,
                    at=now,
                    network=tuple(dict.fromkeys((*((known and known.network) or ()), *network))),
                    covers=tuple(map(str, item.covers)),
                    said=item.found.said,
                    files=dict(files),
                    mine=(mine or kept) if item.kind == "servers" else None,
                    tools_by=known.tools_by if known is not None and item.trusted else tools_by,
                )

    def recorded(self) -> dict[str, Entry]:
        """All that was trusted, by path.

        Raises:
            InvalidSettings: the record is damaged.
        """
        return self._record.read()

    def end(self, folder: Path) -> list[Path]:
        """Cover no more edits in a folder or below it; the files for which that was so."""
        top, ended = folder.resolve(), []
        with self._record.changing() as record:
            for path, entry in record.items():
                if entry.mine is not None and Path(path).is_relative_to(top):
                    record[path] = entry.model_copy(update={"mine": None})
                    ended.append(Path(path))
        return ended

    def forget(self, path: Path) -> bool:
        """Trust a file no more; False when it was not trusted."""
        with self._record.changing() as record:
            return record.pop(_key(path), None) is not None

    def _look(self, path: Path, kind: Kind, recorded: Mapping[str, Entry]) -> TrustPreview:
        content, entry = read_bounded(path), recorded.get(_key(path))
        known = entry.digest if entry else None
        try:
            found = fingerprint(path, content, self._home)
            what = (*what_of(path, kind, content), *reached(found))
        except InvalidSettings as error:
            why = visible(str(error))
            return TrustPreview(path, kind, "", (f"cannot be trusted: {why}",), False, known is not None, (), why)
        trusted = self._holds(entry, path, content)
        lost = "" if trusted or entry is None else self._lost(entry, path, content)
        mine = told(entry.mine) if entry and entry.mine else ""
        return TrustPreview(
            path,
            kind,
            found.digest,
            what,
            trusted,
            known is not None and not trusted,
            found.covers,
            "",
            lost,
            found,
            mine,
        )

    def _holds(self, entry: Entry | None, path: Path, content: bytes) -> bool:
        """Whether a file is as it was trusted, or differs only by what its owner's work covers."""
        if entry is None:
            return False
        found = fingerprint(path, content, self._home)
        if entry.digest == found.digest:
            return True
        if not entry.said and not found.covers and entry.digest == found.said:
            return True  # a version before recorded a file that starts nothing by its content alone
        return entry.mine is not None and entry.said == found.said and not entry.mine.suspended()

    def _lost(self, entry: Entry, path: Path, content: bytes) -> str:
        try:
            differs = difference(path, entry.said, entry.files, fingerprint(path, content, self._home))
        except InvalidSettings as error:
            return f"{path} is no longer trusted: {error}"
        why = str(differs) if differs else "it was trusted by an earlier version, which watched other files"
        folder = project_of(path) if is_server_file(path) else path.parent
        suspended = entry.mine.suspended() if entry.mine and differs and differs.path != path else ""
        own = f" (your own edits are not covered: {suspended})" if suspended else ""
        return f"{path} is no longer trusted, because {why}{own}: look at it with `aether-agent trust {folder}`"

    def _stamp(self, path: Path) -> object:
        if not path.is_dir():
            return stamp(path)
        try:
            return FolderContent(path, self._home).stamp()
        except InvalidSettings:
            return "too large"


def stamp(path: Path) -> tuple[int, ...]:
    """Changes whenever a file does, also where a copy kept the time of writing."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino


def _key(path: Path) -> str:
    return str(path.resolve())
