"""A home of the test's own, whose processes are all gone when the test is over, and commands that can be killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from aether_agents.local import ProcessInfo, Stack
from aether_agents.settings.model import DeliverySettings, Settings, SpecialistSettings
from tests.conftest import eventually

#: A command that holds the stack until it reads a line (or is killed). It says what it sees.
HOLDER = """
import sys
from aether_agents.local import Stack
from aether_agents.settings.model import Settings
with Stack(Settings.model_validate_json(sys.argv[1])).join_or_start() as lease:
    print("started" if lease.started else "joined", flush=True)
    input()
"""


#: The specialists of these tests, without two of the four.
FEWER = {name: SpecialistSettings(enabled=False) for name in ("data", "infra")}


def processes_of(home: Path) -> list[psutil.Process]:
    """Every living process whose environment or title says that it belongs to this home."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("AETHER_HOME") == str(home) or f"{home}/stack" in " ".join(process.cmdline())
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


class StackLab:
    """One AETHER_HOME, the commands that hold its stack, and what runs there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.stack = self.stack_with()
        self.commands: list[subprocess.Popen[str]] = []

    def stack_with(self, **settings: Any) -> Stack:
        return Stack(self.settings(**settings))

    def settings(self, **more: Any) -> Settings:
        """Settings of this house: of two specialists, whose servers are enough to be listed and ended."""
        usual = {"specialists": FEWER, "delivery": DeliverySettings(grace=2)}
        return Settings(home=self.home, **{**usual, **more})

    def command(self) -> subprocess.Popen[str]:
        """A command in a process of its own that wants the stack."""
        command = subprocess.Popen(
            [sys.executable, "-c", HOLDER, self.settings().model_dump_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.commands.append(command)
        return command

    def holder(self) -> subprocess.Popen[str]:
        """A command in a process of its own that has the stack."""
        command = self.command()
        assert command.stdout is not None
        assert command.stdout.readline() in {"started\n", "joined\n"}
        return command

    def kill(self, name: str) -> int:
        """Kill one process of the stack the hard way."""
        pid = self.process(name).pid
        psutil.Process(pid).send_signal(signal.SIGKILL)
        return pid

    def process(self, name: str) -> ProcessInfo:
        return next(info for info in self.stack.ps() if info.name == name)

    def ready(self) -> ProcessInfo:
        """The worker, once it serves."""
        try:
            eventually(lambda: self.process("worker").status == "ready", within=30, what="the worker serves")
        except AssertionError as error:
            raise AssertionError("\n".join(line for _, line in self.stack.logs(["worker"]))) from error
        return self.process("worker")

    def left(self) -> list[psutil.Process]:
        return processes_of(self.home)

    def deserted(self, within: float = 10) -> None:
        eventually(lambda: not self.left() and self.stack.ps() == [], within, f"but {self.left()}", pause=0.1)
        assert not self.stack.running()


@pytest.fixture
def stack_lab(tmp_path: Path) -> Iterator[StackLab]:
    made = StackLab(tmp_path / "home")
    yield made
    for command in made.commands:
        command.kill()
        command.communicate()
    made.stack.down()
    left = made.left()
    for process in left:
        process.kill()
    assert left == []
