"""What holds for root holds for a user without any power: the sandbox, and trust in a repository of his own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import ordinary
from tests.ordinary import ROOT

SERVER = "print('a server, some day')\n"


@pytest.fixture
def his() -> Iterator[Path]:
    """A folder that an ordinary user reaches; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_the_sandbox_confines_what_an_ordinary_user_starts(his: Path) -> None:
    """The attacks once more, by the mechanism that is used here; what a person trusts in his own work too."""
    tests = ["tests/hostile/sandbox/test_attacks.py", "tests/integration/mcp_host/test_own_work.py"]
    which = "bubblewrap or test_own_work"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", which, "--rootdir", str(ROOT)]
    paths = [str(ROOT / one) for one in tests]
    ran = ordinary.run([*command, "--basetemp", str(his / "t"), *paths], his, {"PYTHONDONTWRITEBYTECODE": "1"})
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    assert "100%" in ran.stdout


def test_trust_mine_is_for_an_ordinary_user(his: Path) -> None:
    """Through the command: his edits are covered, a commit that another made is not, and nobody else's repository."""
    project = his / "project"
    project.mkdir()
    (project / "server.py").write_text(SERVER)
    entry = {"command": "python3", "args": ["server.py"], "cwd": ".", "queue": "dev"}
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"mine": entry}}))
    env = {"AETHER_HOME": str(his / "home")}

    def ran(*command: str) -> "subprocess.CompletedProcess[str]":
        return ordinary.run(["sh", "-c", f'cd {project} && exec "$@"', "sh", *command], his, env)

    def agent(*words: str) -> "subprocess.CompletedProcess[str]":
        return ran(sys.executable, "-c", "from aether_agents.cli import main; raise SystemExit(main())", *words)

    def git(*words: str, who: str = "ann@example.org") -> None:
        done = ran("git", "-c", f"user.email={who}", "-c", f"user.name={who}", *words)
        assert done.returncode == 0, done.stderr

    def state() -> Any:
        rows = json.loads(agent("servers", "list", "--json").stdout)
        return next(row for row in rows if row["name"] == "mine")

    git("init", "-q", ".")
    git("config", "user.email", "ann@example.org")
    git("add", "-A")
    git("commit", "-qm", "one")
    assert (state()["status"], state()["sandbox"]) == ("untrusted", None)
    trusted = agent("trust", "--mine", "--yes")
    assert trusted.returncode == 0, trusted.stderr
    (project / "server.py").write_text(f"{SERVER}# edited\n")
    assert state()["status"] != "untrusted"
    git("commit", "-qam", "two")
    assert state()["status"] != "untrusted"
    (project / "server.py").write_text(f"{SERVER}# by another\n")
    git("commit", "-qam", "three", who="eve@example.org")
    lost = state()
    assert lost["status"] == "untrusted"
    assert "your own edits are not covered" in lost["error"]
    assert "aether-agent trust" in lost["error"]
    foreign = agent("trust", "--mine", str(ROOT))
    assert foreign.returncode == 2
