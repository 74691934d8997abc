"""Two versions of the product on one store: the tree under test, and the one that was released before it."""

import json
import os
import subprocess
import sysconfig
import tarfile
import venv
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from aether_agents.settings.model import BrokerSettings, EncryptionSettings, Settings
from aether_agents.store import Store, open_store
from tests.conftest import eventually
from tests.e2e.terminal import PROGRAM, only

#: The package of the version before, as it was released (commit 933dd99): a clone without history has it too.
RELEASED = Path(__file__).parent / "released" / "0.1.0.tar.xz"

THIS, BEFORE = "0.2.0", "0.1.0"


def install_before(folder: Path) -> str:
    """Put the version before into an environment of its own, on the libraries that the tests have. Its program."""
    tree, home = folder / "tree", folder / "environment"
    with tarfile.open(RELEASED) as archive:
        # Python 3.11.2 knows no filter yet; from 3.12 on one is wanted. The archive is ours.
        archive.extractall(tree, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = (home / "lib").glob("python3*/site-packages")
    # As plain paths: what the libraries' own .pth files name, such as the tree under test, is not read.
    (site / "released.pth").write_text(f"{tree}\n{sysconfig.get_path('purelib')}\n")
    for name, entry in (("aether-agent", "aether_agents.cli:main"), ("celery", "celery.__main__:main")):
        module, _, function = entry.partition(":")
        program = home / "bin" / name
        program.write_text(
            f"#!{home}/bin/python -P\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
        )
        program.chmod(0o755)
    return str(home / "bin" / "aether-agent")


class TwoVersions:
    """Processes of both versions on one server, with one key; each version has its own AETHER_HOME."""

    def __init__(self, folder: Path, url: str, prefix: str, key: Path, before: str) -> None:
        self._folder = folder
        self._programs = {THIS: PROGRAM, BEFORE: before}
        self._processes = ExitStack()
        self.project = folder / "project"
        self.project.mkdir()
        self.settings = Settings(
            broker=BrokerSettings(url=url, prefix=prefix),
            encryption=EncryptionSettings(key_file=key),
            home=folder / "home-test",
            project=self.project,
        )
        self._common = {
            "HOME": str(folder),
            "AETHER_REDIS_URL": url,
            "AETHER_BROKER__PREFIX": prefix,
            "AETHER_SEALING_KEY_FILE": str(key),
            "LANG": "C.UTF-8",
            **only("security", "dev"),
        }

    def trust(self, files: Mapping[str, str]) -> None:
        """Write files of the project, and let each version trust it."""
        for name, text in files.items():
            (self.project / name).parent.mkdir(exist_ok=True)
            (self.project / name).write_text(text)
        for version in (BEFORE, THIS):
            assert self.run(version, "trust", "--yes").returncode == 0

    def environ(self, version: str) -> dict[str, str]:
        """The environment of its processes."""
        program = self._programs[version]
        path = f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"
        return {**self._common, "PATH": path, "AETHER_HOME": str(self.home(version))}

    def home(self, version: str) -> Path:
        """AETHER_HOME of its processes."""
        return self._folder / f"home-{version}"

    def run(self, version: str, *words: str, within: float = 90.0) -> subprocess.CompletedProcess[str]:
        """Run a command of a version to its end."""
        return subprocess.run(
            [self._programs[version], *words],
            cwd=self.project,
            env=self.environ(version),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def json(self, version: str, *words: str, code: int = 0) -> Any:
        """What a command prints as JSON."""
        ran = self.run(version, *words, "--json")
        assert ran.returncode == code, (words, ran.returncode, ran.stdout[-2000:], ran.stderr[-2000:])
        return json.loads(ran.stdout)

    def start(self, version: str, *words: str) -> "Running":
        """Start a process of a version; it ends with this object at the latest."""
        log = self._folder / f"{version}-{'-'.join(words[:2])}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [self._programs[version], *words],
                cwd=self.project,
                env=self.environ(version),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        running = Running(process, log)
        self._processes.callback(running.stop)
        return running

    def serve(self, version: str) -> httpx.Client:
        """Start `serve` of a version. A client of it that says who it is; it is closed with this object."""
        running = self.start(version, "serve", "--port", "0", "--json")
        lines: list[str] = []
        eventually(lambda: lines.extend(one for one in running.said().splitlines() if one.startswith("{")) or lines, 60)
        place = json.loads(lines[0])
        held = {"Authorization": f"Bearer {place['page'].partition('#token=')[2]}"}
        client = httpx.Client(base_url=place["url"], headers=held, timeout=60)
        self._processes.callback(client.close)
        return client

    def store(self) -> Store:
        """The store, read by the version under test. Whoever asks closes it."""
        return open_store(self.settings)

    def ready(self, store: Store, *queues: str, servers: tuple[str, ...] = ()) -> None:
        """Wait until somebody serves each of the queues, and each of the servers is listed."""
        eventually(lambda: {*queues} <= {queue for one in store.presence.alive() for queue in one.queues}, 60)
        eventually(lambda: {*servers} <= {name for name, one in store.catalogue.entries().items() if one.tools}, 60)

    def close(self) -> None:
        """End every process."""
        self._processes.close()


class Running:
    """A process of a version, and what it writes."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        """Its pid."""
        return self._process.pid

    def stop(self, within: float = 40.0) -> None:
        """End it as an operator does."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(within)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    def said(self) -> str:
        """All that it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")
