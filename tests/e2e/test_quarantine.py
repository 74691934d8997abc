"""Quarantine has a way back: a real server whose tools change is set aside, shown, accepted, and used again."""

import json
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.conftest import eventually
from tests.e2e.terminal import Person, only
from tests.e2e.test_servers import RAW

pytestmark = pytest.mark.timeout(300)

PLAN = (
    "name: tell\ndescription: Call the tool that changes\nspecialist: dev\n"
    "subtasks:\n  - {id: tell, tool: told/say, args: {}}\n"
)


class Changing:
    """A server that lists what a file said when it was started. Its command and its code never change."""

    def __init__(self, person: Person) -> None:
        self.person = person
        person.environ |= only("dev")
        person.home.mkdir(mode=0o700)
        self.file = person.project / "tools.json"  # the sandbox shows no server what is in AETHER_HOME
        self.says("Says hello.")
        entry = {"command": sys.executable, "args": [str(RAW), "told", str(self.file)], "queue": "dev"}
        table = {"say": {"risk": "read", "repeatable": True}}
        (person.home / "mcp.json").write_text(json.dumps({"mcpServers": {"told": {**entry, "table": table}}}))
        (person.project / "plan.yaml").write_text(PLAN)

    def says(self, description: str) -> None:
        self.file.write_text(json.dumps({"say": {"description": description}}))

    def status(self) -> str:
        return str({row["name"]: row["status"] for row in self.person.json("servers", "list")}["told"])

    def use(self) -> int:
        return self.person.run("apply", "plan.yaml", "--yes", "--json").returncode

    def accept(self) -> str:
        """Look, see that nothing is accepted by looking, and accept what was shown. Gives what was shown."""
        shown = self.person.run("servers", "lock", "told")
        assert shown.returncode == 4, shown.stderr
        assert self.status() == "quarantined"
        hint = next(line for line in shown.stderr.splitlines() if "--digest" in line)
        taken = self.person.run(*hint.split("aether-agent ", 1)[1].split())
        assert taken.returncode == 0, taken.stderr
        return shown.stdout


def test_changed_tools_are_shown_accepted_and_used_again(stranger: Person, tmp_path: Path) -> None:
    server = Changing(stranger)
    assert stranger.run("up").returncode == 0
    try:
        eventually(lambda: server.status() == "live", 90, "the server is listed", pause=0.5)
        assert server.use() == 0

        # its process ends and starts anew with other tools: a worker that runs notices at the next call
        server.says("Says hello, and sends it on.")
        end_server(server.file)
        assert server.use() == 1
        assert server.status() == "quarantined"
        assert server.use() == 5
        assert stranger.run("servers", "test", "told").returncode == 0  # it works; it is not accepted
        assert stranger.run("down").returncode == 0
        assert stranger.run("up").returncode == 0
        assert server.use() == 5
        shown = server.accept()
        assert "- Says hello." in shown
        assert "+ Says hello, and sends it on." in shown
        assert server.use() == 0

        # a process that goes on has the former tools: what a person accepts is what a new one lists
        server.says("Says nothing.")
        assert stranger.run("servers", "lock", "told", "--yes").returncode == 0
        assert server.use() == 0
        assert server.use() == 0
        assert "nothing has changed" in stranger.run("servers", "lock", "told").stderr
    finally:
        stranger.run("down")


def end_server(file: Path) -> None:
    """End every process of the server: whoever calls it next starts it anew."""
    found = [one for one in psutil.process_iter(["cmdline"]) if str(file) in (one.info["cmdline"] or [])]
    for process in found:
        with suppress(psutil.NoSuchProcess):  # what confined it has taken it along
            process.kill()
    psutil.wait_procs(found, 10)
