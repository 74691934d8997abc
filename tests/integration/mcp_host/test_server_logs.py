"""What a server writes to its standard error is kept, and a failure says where: a traceback is never in the answer."""

import stat
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.transport import server_log
from aether_agents.mcp_host.transport.server_log import server_log_path
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost
from tests.servers import bundled, spec
from tests.unit.cli.conftest import run

__all__ = ["run"]


def log_of(tmp_path: Path, name: str = "crashing") -> Path:
    return server_log_path(tmp_path / "home", name)


def kept(tmp_path: Path, text: str, name: str = "crashing") -> str:
    """The log of the server, once it has that text."""
    path = log_of(tmp_path, name)
    return eventually(lambda: path.is_file() and text in (said := path.read_text()) and said, what=f"{text} is logged")


@pytest.mark.parametrize("make", [bundled, spec], ids=["a fork", "a program"])
def test_the_traceback_of_a_crash_is_found(open_host: OpenHost, tmp_path: Path, make: object) -> None:
    server: ServerSpec = make("crashing")  # type: ignore[operator]
    result = open_host(server).call("crashing", "lookup", {"name": "roof"}, timeout=20)
    assert result.kind == "tool_error"
    assert result.error == "Error executing tool lookup\nwhat it wrote: `aether-agent servers logs crashing`"
    said = kept(tmp_path, "LookupError: no entry for roof")
    assert "Traceback" in said
    assert "crashing.py" in said
    path = log_of(tmp_path)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]


def test_what_is_hidden_is_in_no_log_and_a_terminal_is_not_steered(open_host: OpenHost, tmp_path: Path) -> None:
    hidden = "s3cr3t-value-of-the-token " + "-".join(str(number) for number in range(400))  # which a box wraps
    host = open_host(spec("crashing", env={"TOKEN": hidden}, hidden=(hidden,)))
    host.call("crashing", "lookup", {"name": "roof"}, timeout=20)
    said = kept(tmp_path, "something hidden is wrapped")
    assert "s3cr3t" not in said
    assert "41-42" not in said
    host.call("crashing", "mutter", {"lines": 2}, timeout=20)
    assert "\x1b" not in kept(tmp_path, "line 1 of many")


def test_a_log_is_bounded(open_host: OpenHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_log, "LARGEST", 2_000)
    host = open_host(spec("crashing"))
    host.call("crashing", "mutter", {"lines": 400}, timeout=20)
    host.close()
    files = sorted(log_of(tmp_path).parent.iterdir())
    assert [file.name for file in files] in (["crashing.log", "crashing.log.1"], ["crashing.log.1"])
    assert sum(file.stat().st_size for file in files) < 400 * 60


def test_a_disk_that_takes_no_log_costs_no_call(open_host: OpenHost, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "logs").write_text("in the way")
    host = open_host(spec("crashing"))
    assert host.call("crashing", "mutter", {"lines": 3}, timeout=20).output == {"result": "done"}


def test_the_command_shows_it(open_host: OpenHost, tmp_path: Path, run: object) -> None:
    asked = run  # the command line of this process, with the same AETHER_HOME
    open_host(spec("crashing")).call("crashing", "lookup", {"name": "roof"}, timeout=20)
    kept(tmp_path, "LookupError: no entry for roof")
    shown = asked("servers", "logs", "crashing")  # type: ignore[operator]
    assert (shown.code, "LookupError: no entry for roof" in shown.out) == (0, True)
    assert len(asked("servers", "logs", "crashing", "-n", "3").out.splitlines()) == 3  # type: ignore[operator]
    quiet = asked("servers", "logs", "reports")  # type: ignore[operator]
    assert (quiet.code, "wrote nothing" in quiet.err) == (0, True)
    unknown = asked("servers", "logs", "reprots")  # type: ignore[operator]
    assert (unknown.code, "did you mean `reports`?" in unknown.err) == (2, True)
