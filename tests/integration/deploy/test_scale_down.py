"""One of two workers for a queue leaves under load, started as systemd does and beside the embedded stack: no task is
refused, lost or run twice. (Threads and prefork: `tests/integration/execution/test_scale_down.py`.)
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from aether_agents.local import Stack
from aether_agents.settings import load_settings
from tests.conftest import eventually
from tests.e2e.terminal import only
from tests.integration.deploy.test_compose_processes import AGENT, DEPLOY, SERVICES, Machine, answers

TASKS = 8
BATCH = "name: load\nparallel: 4\ntasks:\n" + "".join(
    f"  - {{id: t{number}, task: Health report of this machine, template: health_report}}\n" for number in range(TASKS)
)


@contextmanager
def unit(instance: str, queues: str, environ: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`aether-worker@<instance>` as systemd starts it: its line, its QUEUES, and a socket that hears when it is up."""
    text = (DEPLOY / "systemd" / "aether-worker@.service").read_text()
    line = next(one for one in text.splitlines() if one.startswith("ExecStart=")).partition("=")[2]
    words = shlex.split(line.replace("$QUEUES", queues).replace("%i", instance).replace("%H", "machine"))
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "notify"  # its name must be short
        ear = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        log = stack.enter_context((folder / f"{instance}.log").open("wb"))
        ear.bind(str(place))
        ear.settimeout(90)
        own = {**environ, "NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "90000000"}
        process = subprocess.Popen([AGENT, *words[1:]], env=own, cwd=folder, stdout=log, stderr=log)
        try:
            while b"READY=1" not in ear.recv(4096):
                pass
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def loaded(environ: Mapping[str, str], folder: Path) -> subprocess.Popen[str]:
    (folder / "batch.yaml").write_text(BATCH)
    words = [AGENT, "batch", "--file", "batch.yaml", "--json"]
    return subprocess.Popen(
        words,
        env=environ,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def leaves_under_load(leaving: subprocess.Popen[bytes], environ: Mapping[str, str], folder: Path) -> None:
    """It is told to end when some tasks have begun; all tasks complete, and none is refused."""
    with loaded(environ, folder) as load:
        eventually(lambda: load.poll() is not None or _begun(environ, folder) >= 2, 90, "tasks run", pause=0.5)
        leaving.send_signal(signal.SIGTERM)
        said, complained = load.communicate(timeout=150)
    assert leaving.wait(60) == 0
    assert load.returncode == 0, complained + said
    assert "no worker" not in complained
    result = json.loads(said)
    assert [one["status"] for one in result["entries"]] == ["completed"] * TASKS, said


def _begun(environ: Mapping[str, str], folder: Path) -> int:
    said = subprocess.run(
        [AGENT, "tasks", "--json"], env=environ, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return len(json.loads(said.stdout)) if said.returncode == 0 else 0


@pytest.mark.timeout(240)
def test_one_of_two_units_for_a_queue_leaves_under_load(tmp_path: Path) -> None:
    (folder := tmp_path / "m").mkdir()
    machine = Machine(folder)
    environ = machine.environment(SERVICES["agentserver"])
    with ExitStack() as stack:
        stack.callback(lambda: [one.kill() or one.wait() for one in machine.processes.values() if one.poll() is None])
        machine.start("valkey")
        with machine.administrator() as client:
            eventually(lambda: answers(client), what="Valkey answers")
            user, name, *rights = (
                (DEPLOY / "redis" / "aether.acl").read_text().replace("PASSWORD", "correct0horse").split()
            )
            assert user == "user"
            client.execute_command("ACL", "SETUSER", name, *rights)
        both = "planner infra"
        stack.enter_context(unit("all-1", both, environ, machine.work))
        leaving = stack.enter_context(unit("all-2", both, environ, machine.work))
        leaves_under_load(leaving, environ, machine.work)


@pytest.mark.timeout(240)
def test_a_worker_beside_the_embedded_stack_leaves_under_load(tmp_path: Path) -> None:
    environ = {**os.environ, "AETHER_HOME": str(tmp_path / "home"), **only("infra")}
    (work := tmp_path / "work").mkdir()
    settings = load_settings(work, environ=environ)
    with Stack(settings).join_or_start() as stack:
        joined = stack.settings()
        beside = {**environ, "AETHER_REDIS_URL": str(joined.broker.url)}
        if joined.encryption.key_file:
            beside["AETHER_SEALING_KEY_FILE"] = str(joined.encryption.key_file)
        with unit("beside", "planner infra", beside, work) as leaving:
            leaves_under_load(leaving, environ, work)
