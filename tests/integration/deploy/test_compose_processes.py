"""The processes of compose.yaml, by its own commands and environment, without containers: Valkey with its password over
TCP, planner, four specialists, beat, AgentServer, Flower, as a user of Redis with the rights in deploy/redis/aether.acl
and no more. A task of all four specialists runs through them.
"""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError

from aether_agents.local.valkey import find_binary
from aether_agents.store import add_key
from tests.conftest import eventually

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
RIGHTS = DEPLOY / "redis" / "aether.acl"
AGENT = str(Path(sys.executable).with_name("aether-agent"))
PASSWORD = "correct0horse"

PLAN = """\
name: all_four
description: A call of every specialist
subtasks:
  - {id: host, tool: host/health, args: {checks: [memory, disks]}}
  - {id: files, tool: tables/survey, args: {path: "%(work)s"}}
  - {id: rights, tool: code/permissions, args: {path: "%(work)s"}}
  - id: report
    tool: reports/write
    args:
      title: All four
      folder: ${context.reports}
      sections:
        - {title: Machine, content: "${subtasks.host.output}"}
        - {title: Data, content: "${subtasks.files.output}"}
        - {title: Rights, content: "${subtasks.rights.output}"}
outputs: {report: "${subtasks.report.output.html}"}
"""


class Machine:
    """What a container would give each process: its files, its addresses, its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.ports = {name: free_port() for name in ("6379", "57580", "5555")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("work", "state", "data", "etc/aether-agents", "bin", "logs"):
            (folder / name).mkdir(parents=True)
        (folder / "state").chmod(0o700)
        (folder / "bin" / "valkey-server").symlink_to(find_binary())
        add_key(folder / "sealing_key")
        settings = (DEPLOY / "aether_agent.yaml").read_text()
        (folder / "etc" / "aether-agents" / "aether_agent.yaml").write_text(self.here(settings))

    def here(self, text: str) -> str:
        """A container's paths, addresses and variables as they are on this machine."""
        text = re.sub(r"\$\{AETHER_REDIS_PASSWORD:\?[^}]*\}", PASSWORD, text)
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).replace("$$", "$")
        places = {
            "/run/secrets/sealing_key": self.folder / "sealing_key",
            "/var/lib/aether": self.folder / "state",
            "/srv/work": self.work,
            "/tmp/valkey.conf": self.folder / "valkey.conf",
            "--dir /data": f"--dir {self.folder / 'data'} --port {self.ports['6379']}",
            "redis://:": "redis://aether:",
            "@valkey:6379": f"@127.0.0.1:{self.ports['6379']}",
        }
        for theirs, ours in places.items():
            text = text.replace(theirs, str(ours))
        return text

    def environment(self, service: Mapping[str, Any]) -> dict[str, str]:
        own = {name: self.here(str(value)) for name, value in service["environment"].items()}
        if own.get("XDG_CONFIG_HOME") == "/etc":
            own["XDG_CONFIG_HOME"] = str(self.folder / "etc")
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder / "state"),
            "AETHER_HOME": str(self.folder / "state"),
            **{name: value for name, value in os.environ.items() if name.startswith("COV")},
            **own,
        }

    def start(self, name: str) -> None:
        """Start a service as compose does."""
        service = SERVICES[name]
        words = [self.ports.get(word, self.here(word)) for word in service["command"]]
        words = words if name == "valkey" else [AGENT, *words]
        with (self.folder / "logs" / name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                words, env=self.environment(service), cwd=self.work, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of a person on this machine."""
        environment = self.environment(SERVICES["agentserver"])
        return subprocess.run(
            [AGENT, *words], env=environment, cwd=self.work, capture_output=True, text=True, timeout=90, check=False
        )

    def administrator(self) -> Redis:
        """A client with all rights."""
        return Redis(port=int(self.ports["6379"]), password=PASSWORD, decode_responses=True)

    def said(self, name: str) -> str:
        return (self.folder / "logs" / name).read_text(errors="replace")

    def end(self) -> dict[str, int]:
        """SIGTERM to each, as `compose down` does, and their exit codes; what is left is killed."""
        for name, process in self.processes.items():
            if name != "valkey":
                process.terminate()
        codes = {name: ended(process) for name, process in self.processes.items() if name != "valkey"}
        self.processes["valkey"].terminate()
        return {**codes, "valkey": ended(self.processes["valkey"])}


def ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Everything that compose starts, but the installation of third-party servers."""
    made = Machine(tmp_path)
    with ExitStack() as stack:
        stack.callback(lambda: [process.kill() for process in made.processes.values() if process.poll() is None])
        made.start("valkey")
        with made.administrator() as client:
            eventually(lambda: answers(client), what="Valkey answers")
            user, name, *rights = RIGHTS.read_text().replace("PASSWORD", PASSWORD).split()
            assert user == "user"
            client.execute_command("ACL", "SETUSER", name, *rights)
        for name in SERVICES:
            if name not in ("valkey", "servers"):
                made.start(name)
        yield made


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except ConnectionError:
        return False


def status(url: str) -> int:
    """The status an address answers with; 0 while nobody does."""
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.mark.timeout(240)
def test_what_compose_starts_runs_a_task_of_every_specialist(machine: Machine) -> None:
    wanted = {"planner", "infra", "dev", "data", "security"}

    def serving() -> bool:
        for name, process in machine.processes.items():
            assert process.poll() is None, f"{name} ended:\n{machine.said(name)[-2000:]}"
        listed = machine.run("ps", "--json")
        return listed.returncode == 0 and wanted <= {q for row in json.loads(listed.stdout) for q in row["queues"]}

    eventually(serving, 90, "every queue has a worker", pause=1)
    (machine.work / "people.csv").write_text("name\nann\n")
    (machine.work / "plan.yaml").write_text(PLAN % {"work": machine.work})

    ran = machine.run("apply", "plan.yaml", "--json")

    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert {one["specialist"] for one in result["subtasks"]} == wanted - {"planner"}
    assert Path(result["outputs"]["report"]).is_relative_to(machine.folder / "state")
    eventually(
        lambda: status(f"http://127.0.0.1:{machine.ports['57580']}/health") == 200,
        what="AgentServer is well",
        pause=0.5,
    )
    eventually(
        lambda: status(f"http://127.0.0.1:{machine.ports['5555']}/") == 401, what="Flower asks who it is", pause=0.5
    )
    with Redis(port=int(machine.ports["6379"])) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()

    assert "not looked at, `CONFIG GET` is not among our rights" in machine.run("doctor", "--no-servers").stdout
    with machine.administrator() as administrator:
        refused = {(entry["username"], entry["object"]) for entry in administrator.acl_log()}
    # how often it writes to its disk cannot be asked with these rights; `doctor` says so
    assert refused <= {("aether", "config|get"), ("default", "AUTH")}

    codes = machine.end()

    assert codes == dict.fromkeys(codes, 0), {name: machine.said(name)[-1000:] for name, code in codes.items() if code}
    secrets = [PASSWORD, (machine.folder / "state" / "serve.token").read_text().strip()]
    assert not [name for name in codes if any(secret in machine.said(name) for secret in secrets)], (
        "no log has a secret"
    )
