"""One of two workers for a queue leaves under load, started as systemd does and beside the embedded stack: of 200 tasks
none is refused, lost or run twice. (Threads and prefork: `tests/integration/execution/test_scale_down.py`.)
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask
from aether_agents.local import Stack
from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.orchestrator import connect
from aether_agents.settings.loader import load_settings
from aether_agents.settings.model import Settings
from aether_agents.store import open_store
from tests.conftest import eventually
from tests.e2e.terminal import ECHO, PROGRAM, only

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "aether-worker@.service"
TASKS, LEAVES_AT = 200, 60

SAY = """\
name: say_once
description: Say one thing once
specialist: dev
examples: ["say one thing once"]
inputs: {key: {type: string, required: true}}
subtasks:
  - {id: say, tool: echo/echo, args: {message: x, key: "${inputs.key}"}}
outputs: {said: "${subtasks.say.output.message}"}
"""


class Site:
    """A machine with a project, one server of ours, and the environment of its processes."""

    def __init__(self, folder: Path) -> None:
        self.home, self.project, self.calls = folder / "home", folder / "project", folder / "calls"
        (self.project / "templates").mkdir(parents=True)
        (self.project / "templates" / "say.yaml").write_text(SAY)
        self.home.mkdir()
        echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "env": {"COUNT_LOG": str(self.calls)}}
        (self.home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "AETHER_HOME": str(self.home),
            "AETHER_POLICY__YES_UP_TO": "destructive",
            "AETHER_ISOLATION": "off",  # the server writes down what it is called for, outside of any sandbox
            **only("dev"),
        }
        trusted = subprocess.run(
            [PROGRAM, "trust", "--yes"], cwd=self.project, env=self.environ, capture_output=True, check=False
        )
        assert trusted.returncode == 0, trusted.stderr

    def settings(self) -> Settings:
        """The settings of its processes."""
        return load_settings(self.project, environ=self.environ)

    def called(self) -> Counter[str]:
        """How often the call of each task began."""
        text = self.calls.read_text() if self.calls.exists() else ""
        return Counter(line.split()[1] for line in text.splitlines() if line.startswith("S "))


@contextmanager
def unit(instance: str, queues: str, site: Site, environ: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """`aether-worker@<instance>` as systemd starts it: its line, its QUEUES, and a socket that hears when it is up."""
    line = next(one for one in UNIT.read_text().splitlines() if one.startswith("ExecStart=")).partition("=")[2]
    words = shlex.split(line.replace("$QUEUES", queues).replace("%i", instance).replace("%H", "machine"))
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "notify"  # its name must be short
        ear = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        log = stack.enter_context((site.home / f"{instance}.log").open("wb"))
        ear.bind(str(place))
        ear.settimeout(120)
        own = {**environ, "NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "90000000"}
        process = subprocess.Popen([PROGRAM, *words[1:]], env=own, cwd=site.project, stdout=log, stderr=log)
        try:
            while b"READY=1" not in ear.recv(4096):
                pass
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def leaves_under_load(leaving: "subprocess.Popen[bytes]", site: Site, settings: Settings) -> None:
    """It is told to end while tasks come and run. Nobody is refused meanwhile, and each call is made once."""
    names = [f"say-{number}" for number in range(TASKS)]
    with ExitStack() as stack:
        orchestrator, store = stack.enter_context(connect(settings)), stack.enter_context(open_store(settings))
        eventually(lambda: store.catalogue.own().get("echo") and store.catalogue.own()["echo"].tools, 60)
        unserved = stack.enter_context(watching(settings))
        for number, name in enumerate(names):
            task = HighLevelTask(
                task_id=name, description="say one thing once", type="say_once", folder=str(site.project),
                inputs={"key": name}, assume_yes=True,
            )  # fmt: skip
            orchestrator.submit(task)
            if number == LEAVES_AT:
                eventually(lambda: len(site.called()) >= 5, 90, "some of them run")
                leaving.send_signal(signal.SIGTERM)
        assert leaving.wait(60) == 0
        eventually(lambda: not store.tasks.open_tasks(), 180, "all have ended", pause=0.2)
        ended = Counter(one.status.value for one in store.tasks.recent(TASKS + 10))
    assert ended == {"completed": TASKS}
    assert site.called() == dict.fromkeys(names, 1)
    assert unserved == []


@contextmanager
def watching(settings: Settings) -> Iterator[list[set[str]]]:
    """The queues that nobody served at some moment, as long as it is watched."""
    found: list[set[str]] = []
    over = threading.Event()

    def watch() -> None:
        with open_store(settings) as store:
            while not over.wait(0.02):
                served = {queue for one in store.presence.alive() for queue in one.queues}
                found.extend([missing] if (missing := {"planner", "dev"} - served) else [])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join(20)


@pytest.mark.timeout(400)
def test_one_of_two_units_for_a_queue_leaves_under_load(
    valkey: ValkeyServer, sealing_key: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    site.environ |= {
        "AETHER_REDIS_URL": valkey.url,
        "AETHER_BROKER__PREFIX": "scaledown",
        "AETHER_SEALING_KEY_FILE": str(sealing_key),
        "AETHER_ROOTS": json.dumps([str(tmp_path)]),
    }
    with ExitStack() as stack:
        stack.enter_context(unit("all-1", "planner dev", site, site.environ))
        leaving = stack.enter_context(unit("all-2", "planner dev", site, site.environ))
        leaves_under_load(leaving, site, site.settings())


@pytest.mark.timeout(400)
def test_a_worker_beside_the_embedded_stack_leaves_under_load(tmp_path: Path) -> None:
    site = Site(tmp_path)
    stack = Stack(site.settings())
    with stack.join_or_start():
        joined = stack.settings()
        beside = {
            **site.environ,
            "AETHER_REDIS_URL": joined.broker.url,
            "AETHER_BROKER__PREFIX": joined.broker.prefix,
            "AETHER_SEALING_KEY_FILE": str(joined.encryption.key_file),
        }
        with unit("beside", "planner dev", site, beside) as leaving:
            leaves_under_load(leaving, site, joined)
