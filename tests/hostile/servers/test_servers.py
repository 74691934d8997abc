"""Attack → what must not happen, for each mechanism that the machine has."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.process.sandbox_grants import Needs
from aether_agents.mcp_host.process.sandbox_view import Confinement
from aether_agents.mcp_host.session.call_result import CallResult
from aether_sandbox.confine import MECHANISMS, Mechanism, works
from tests.conftest import eventually

HERE = [one for one in MECHANISMS if works(one)]
WHOLE = [one for one in HERE if one != "landlock"]
ATTACKER = Path(__file__).with_name("attacker.py")
ROOT = Path(__file__).parents[3]


def spec(**more: object) -> ServerSpec:
    entry = {"name": "attacker", "command": sys.executable, "args": (str(ATTACKER),), "mode": "legacy"}
    return ServerSpec.model_validate({**entry, "trusted": True, "source": "tests", "network": False, **more})


class Victim(NamedTuple):
    """A person's machine with a host on it."""

    host: Host
    home: Path  #: AETHER_HOME, with the keys and the socket of the store
    project: Path  #: a folder that calls name
    person: Path  #: what else the person has

    def attack(self, name: str, on: object = "", **needs: tuple[str, ...]) -> CallResult:
        return self.host.call("attacker", name, {"on": str(on)}, timeout=30, needs=Needs(**needs))


@pytest.fixture(params=HERE)
def victim(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Victim]:
    by: Mechanism = request.param
    monkeypatch.setattr("aether_agents.mcp_host.process.sandbox_view.mechanism", lambda: by)
    home, project, person = tmp_path / "home", tmp_path / "project", tmp_path / "person"
    for folder in (home, project, person):
        folder.mkdir()
    (home / "sealing.key").write_text("1:THE-SEALING-KEY")
    (person / "letter.txt").write_text("A-PRIVATE-LETTER")
    (project / "table.csv").write_text("a,b\n")
    host = Host({"attacker": spec()}, home=home, confinement=Confinement())
    with socket.socket(socket.AF_UNIX) as store:
        store.bind(str(home / "store.sock"))
        store.listen()
        threading.Thread(target=serve, args=(store,), daemon=True).start()
        yield Victim(host, home, project, person)
        host.close()
        store.shutdown(socket.SHUT_RDWR)


def serve(store: socket.socket) -> None:
    try:
        while True:
            with store.accept()[0] as client:
                client.sendall(b"+PONG")
    except OSError:
        return


def test_what_must_not_be_seen(victim: Victim) -> None:
    """The table: attack, on what, what must not come back."""
    with subprocess.Popen(["sleep", "60.25"], env={"T": "A-TOKEN-OF-ANOTHER"}) as other:
        try:
            for name, on, secret in (
                ("reads", victim.home / "sealing.key", "THE-SEALING-KEY"),
                ("reads", victim.person / "letter.txt", "A-PRIVATE-LETTER"),
                ("reads", "/etc/shadow", "root:"),
                ("lists", victim.home, "sealing.key"),
                ("lists", victim.person, "letter.txt"),
                ("looks", "", "A-TOKEN-OF-ANOTHER"),
                ("looks", "", "60.25"),
                ("connects", victim.home / "store.sock", "PONG"),
            ):
                assert secret not in str(victim.attack(name, on)), f"{name} {on}"
        finally:
            other.kill()


def test_what_must_not_be_reached(victim: Victim) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = "{}:{}".format(*listening.getsockname())
        assert not victim.attack("calls", address).ok
    with subprocess.Popen(["sleep", "60"]) as other:
        victim.attack("kills", other.pid)
        assert other.poll() is None
        other.kill()


def test_what_must_not_be_written(victim: Victim) -> None:
    for place in (victim.home / "mcp.json", victim.person / "letter.txt", victim.project / "table.csv", ATTACKER):
        before = place.read_bytes() if place.exists() else None
        victim.attack("writes", place)
        assert (place.read_bytes() if place.exists() else None) == before, place
    scratch = victim.home / "servers" / "attacker" / "home"
    assert victim.attack("writes", scratch / "own.txt").ok
    assert (scratch / "own.txt").exists()


def test_a_call_shows_what_it_names_and_no_more(victim: Victim) -> None:
    table, letter = victim.project / "table.csv", victim.person / "letter.txt"
    assert not victim.attack("reads", table).ok
    assert victim.attack("reads", table, reads=(str(table),)).ok
    assert not victim.attack("writes", table, reads=(str(table),)).ok, "to be read, it said"
    assert not victim.attack("reads", letter, reads=(str(table),)).ok
    assert not victim.attack("reads", victim.home / "sealing.key", reads=(str(victim.home / "sealing.key"),)).ok
    assert victim.attack("writes", table, writes=(str(table),)).ok
    assert victim.host.starts() == {"attacker": 3}, "anew for what is named first, and warm from then on"


def test_a_link_that_a_server_has_laid_leads_nowhere(victim: Victim) -> None:
    """What it may write to it may fill with links: a call that goes through one shows nothing more."""
    trap = victim.project / "trap"
    assert victim.attack("writes", victim.project / "own.txt", writes=(str(victim.project),)).ok
    trap.symlink_to(victim.person)
    for way in ("reads", "writes"):
        said = victim.attack("reads", trap / "letter.txt", **{way: (str(trap / "letter.txt"),)})
        assert "A-PRIVATE-LETTER" not in str(said)


def test_no_name_or_variable_shows_a_whole_home(victim: Victim, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of everything are seen only where the entry reads them; AETHER_HOME in them never is."""
    monkeypatch.setenv("HOME", str(victim.person.parent))
    entry = spec(args=(str(ATTACKER), str(victim.person.parent)), env={"ANY": str(victim.person.parent), "N": "/"})
    for more, seen in (((), False), ((str(victim.person.parent),), True), (("/",), None)):  # /tmp is its own
        known = {"attacker": entry.model_copy(update={"reads": more})}
        host = Host(known, home=victim.home, confinement=Confinement())
        try:
            for path, secret, shown in (
                (victim.person / "letter.txt", "A-PRIVATE-LETTER", seen),
                (victim.home / "sealing.key", "THE-SEALING-KEY", False),
            ):
                said = str(host.call("attacker", "reads", {"on": str(path)}, timeout=30))
                assert shown is None or (secret in said) is shown, (more, path)
        finally:
            host.close()


def test_a_folder_made_anew_under_its_old_name_is_seen(victim: Victim) -> None:
    table = victim.project / "table.csv"
    assert victim.attack("reads", table, reads=(str(table),)).ok
    victim.project.rename(victim.project.with_name("old"))
    victim.project.mkdir()
    table.write_text("new")
    assert "new" in str(victim.attack("reads", table, reads=(str(table),)).output)


def test_what_must_not_be_taken(victim: Victim, request: pytest.FixtureRequest) -> None:
    scratch = victim.home / "servers" / "attacker" / "home"
    assert not victim.attack("takes").ok, "sixteen gigabytes"
    victim.attack("fills", scratch / "large")
    assert sum(path.stat().st_size for path in scratch.rglob("*")) <= 1 << 30
    (scratch / "large").unlink(missing_ok=True)
    if request.node.callspec.params["victim"] in WHOLE:
        made = victim.attack("forks")
        assert int(str(made.output)) < 1_000
    victim.host.close()
    eventually(lambda: len(psutil.Process().children(recursive=True)) < 50, what="its processes live on")


@pytest.mark.parametrize("how", ["closed", "killed"])
def test_what_it_leaves_behind_ends_with_it(victim: Victim, how: str) -> None:
    mark = f"5{os.getpid()}.125"
    assert victim.attack("stays", mark).ok
    (left,) = eventually(lambda: named(mark))
    if how == "closed":
        victim.host.close()
    else:  # by its own fault, as a server dies
        for process in named(str(ATTACKER)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    eventually(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, what="it lives on")


@pytest.mark.parametrize("by", HERE)
def test_nothing_of_it_outlives_a_worker_that_is_killed(by: Mechanism, tmp_path: Path) -> None:
    mark = f"4{os.getpid()}.125"
    words = ["-m", "tests.hostile.servers.worker", str(tmp_path), by, mark]
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"left\n"
        left = named(mark)
        assert left
        worker.send_signal(signal.SIGKILL)
    eventually(lambda: not any(map(alive, [*left, *named(str(tmp_path))])), what="a server outlives its worker")


def test_required_means_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aether_agents.mcp_host.process.sandbox_view.mechanism", lambda: None)
    host = Host({"attacker": spec()}, home=tmp_path, confinement=Confinement("required"))
    try:
        with pytest.raises(ServerDown, match="`isolation` is `required`, and this machine cannot confine"):
            host.tools("attacker")
    finally:
        host.close()


def named(word: str) -> list[psutil.Process]:
    """The processes that have a word among theirs."""
    return [process for process in psutil.process_iter(["cmdline"]) if word in (process.info["cmdline"] or ())]


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
