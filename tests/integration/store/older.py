"""A server that comes back older than it was, as after a power loss: its append-only file is that of a while ago."""

import shutil
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import BrokerSettings, EncryptionSettings, Settings
from aether_agents.store.client.connection import Connection
from tests.conftest import eventually


class Older:
    """A server of a test's own, which can forget what it was told last."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.server = _Server(folder / "older", options)
        self.server.start()
        self._copies = folder / "copies"

    def settings(self, key: Path, folder: Path, **more: object) -> Settings:
        """Settings on this server, with a key prefix of their own."""
        return Settings(
            broker=BrokerSettings(url=self.server.url, prefix=f"t{uuid4().hex[:10]}"),
            encryption=EncryptionSettings(key_file=key),
            home=folder / "home",
            project=folder,
            **more,
        )

    def remember(self) -> None:
        """What it was told so far is what it comes back with."""
        eventually(self._written, what="nothing waits to be written to its file")
        shutil.rmtree(self._copies, ignore_errors=True)
        shutil.copytree(self._file, self._copies)

    def come_back(self, *, older: bool = True) -> None:
        """End it, and start it again: as old as it was at `remember`, or with nothing lost."""
        self.end()
        if older:
            shutil.rmtree(self._file)
            shutil.copytree(self._copies, self._file)
        self.server.start()

    def end(self) -> None:
        """End it."""
        self.server.stop()

    def _written(self) -> bool:
        with closing(Connection(self.server.url)) as connection:
            return not connection.command("INFO", "persistence")["aof_buffer_length"]

    @property
    def _file(self) -> Path:
        return self.server.folder / "appendonlydir"


class _Server(ValkeyServer):
    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        super().__init__(folder)
        self._more = options

    def _options(self) -> list[str]:
        return [*super()._options(), *self._more]
