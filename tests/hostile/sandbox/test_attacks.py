"""Each attack by a confined program, on each mechanism that the machine has: what must not happen."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from aether_sandbox.confine import MECHANISMS, Mechanism, confined, works
from aether_sandbox.layout import Limits, View
from tests.conftest import eventually
from workers.inspection.bounded_job import BOUNDS, Beyond, Job

HERE = [one for one in MECHANISMS if works(one)]
#: Those under which a program has a machine of its own.
WHOLE = [one for one in HERE if one != "landlock"]


class Ground(NamedTuple):
    """A person's machine, as far as the attacks are concerned."""

    project: Path  #: what the program is given to read
    home: Path  #: its scratch folder
    state: Path  #: a folder of secrets inside the project, as AETHER_HOME may be
    key: Path
    orchestrator: Path  #: the socket of a store that listens

    def view(self, **more: Any) -> View:
        return View(self.project, self.home, reads=(self.project,), hidden=(self.state,), **more)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    project, home, state = tmp_path / "project", tmp_path / "home", tmp_path / "project" / "state"
    for folder in (project, home, state):
        folder.mkdir()
    (project / "main.py").write_text("pass\n")
    (state / "sealing.key").write_text("1:KEY-IN-THE-KEY-FILE")
    orchestrator = state / "store.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(orchestrator))
        listening.listen()
        yield Ground(project, home, state, state / "sealing.key", orchestrator)


def run(view: View, by: Mechanism, code: str, *args: object) -> "subprocess.CompletedProcess[str]":
    """Run Python code confined; it prints what it got."""
    command = [sys.executable, "-I", "-c", code, *map(str, args)]
    with confined(view, command, {"PATH": os.defpath}, by) as start:
        return subprocess.run(
            start.command,
            env=start.environment,
            pass_fds=(start.handle,),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


READS = "import sys, pathlib; print(pathlib.Path(sys.argv[1]).read_text())"
LISTS = "import sys, os; print(os.listdir(sys.argv[1]))"
CONNECTS = "import sys, socket; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print('connected')"


def test_bubblewrap_works_where_it_is_and_namespaces_do() -> None:
    """A mechanism that we break is no mechanism that this machine has not."""
    assert works("bubblewrap") or not (shutil.which("bwrap") and works("namespaces"))


@pytest.mark.parametrize("by", HERE)
def test_it_reads_what_it_is_given(ground: Ground, by: Mechanism) -> None:
    assert run(ground.view(), by, READS, ground.project / "main.py").stdout == "pass\n\n"


@pytest.mark.parametrize("by", HERE)
@pytest.mark.parametrize("place", ["the key", "the list of keys", "the socket", "a file of root's", "another's home"])
def test_it_opens_nothing_else(ground: Ground, by: Mechanism, place: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("of somebody else")
    code, path = {
        "the key": (READS, ground.key),
        "the list of keys": (LISTS, ground.state),
        "the socket": (CONNECTS, ground.orchestrator),
        "a file of root's": (READS, Path("/etc/shadow")),
        "another's home": (READS, tmp_path / "other.txt"),
    }[place]
    done = run(ground.view(), by, code, path)
    assert done.stdout.strip() in ("", "[]")


@pytest.mark.parametrize("by", HERE)
@pytest.mark.parametrize("place", ["project/new.txt", "project/main.py", "project/state/sealing.key", "new.txt"])
def test_it_writes_to_its_scratch_folder_only(ground: Ground, by: Mechanism, place: str, tmp_path: Path) -> None:
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text('written')"
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    run(ground.view(), by, code, tmp_path / place)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert run(ground.view(), by, code, ground.home / "new.txt").returncode == 0
    assert (ground.home / "new.txt").read_text() == "written"


@pytest.mark.parametrize("by", HERE)
@pytest.mark.parametrize("way", ["a way out by ..", "its own links", "the folder of descriptors", "another root"])
def test_no_detour_leads_to_the_key(ground: Ground, by: Mechanism, way: str) -> None:
    code = {
        "a way out by ..": "os.chdir(sys.argv[2]); print(open('../project/state/sealing.key').read())",
        "its own links": "os.symlink(sys.argv[1], sys.argv[2] + '/l'); print(open(sys.argv[2] + '/l').read())",
        "the folder of descriptors": "print(open('/proc/1/root' + sys.argv[1]).read())",
        "another root": "print(open('/proc/' + str(os.getppid()) + '/root' + sys.argv[1]).read())",
    }[way]
    done = run(ground.view(), by, f"import os, sys; {code}", ground.key, ground.home)
    assert "KEY-IN-THE-KEY-FILE" not in done.stdout


@pytest.mark.parametrize("by", HERE)
def test_it_learns_nothing_of_other_processes(ground: Ground, by: Mechanism) -> None:
    code = (
        "import os, sys\n"
        "for name in sys.argv[1:]:\n"
        "    for part in ('environ', 'maps', 'cmdline'):\n"
        "        try: print(open(f'/proc/{name}/{part}').read())\n"
        "        except OSError: pass\n"
        "try: print([n for n in os.listdir('/proc') if n.isdigit()])\n"
        "except OSError: print([])\n"
    )
    with subprocess.Popen(["sleep", "60"], env={"TOKEN": "TOKEN-OF-ANOTHER"}) as other:
        try:
            said = run(ground.view(), by, code, other.pid, os.getpid()).stdout
        finally:
            other.kill()
    assert "TOKEN-OF-ANOTHER" not in said
    assert "pytest" not in said
    assert len(json.loads(said.splitlines()[-1].replace("'", '"'))) < 6


@pytest.mark.parametrize("by", HERE)
@pytest.mark.parametrize("number", [9, 19])
def test_it_sends_no_signal_to_other_processes(ground: Ground, by: Mechanism, number: int) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        run(ground.view(), by, f"import os, sys; os.kill(int(sys.argv[1]), {number})", other.pid)
        state = psutil.Process(other.pid).status()
        other.kill()
    assert state in (psutil.STATUS_SLEEPING, psutil.STATUS_RUNNING)


@pytest.mark.parametrize("by", HERE)
@pytest.mark.parametrize("kind", ["AF_INET, socket.SOCK_STREAM", "AF_INET, socket.SOCK_DGRAM", "AF_UNIX"])
def test_it_reaches_nobody(ground: Ground, by: Mechanism, kind: str) -> None:
    """Over TCP, UDP and a socket without a path: each listens outside, and hears nothing."""
    with socket.socket(*eval(f"(socket.{kind},)")) as listening:
        listening.bind("\0aether-attack" if "UNIX" in kind else ("127.0.0.1", 0))
        if "DGRAM" not in kind:
            listening.listen()
        listening.setblocking(False)
        address = listening.getsockname()
        address = address.decode() if isinstance(address, bytes) else address
        code = f"import socket; s = socket.socket(socket.{kind}); s.settimeout(2); s.connect({address!r}); s.send(b'x')"
        run(ground.view(), by, code)
        with pytest.raises(BlockingIOError):
            listening.recvfrom(1) if "DGRAM" in kind else listening.accept()


@pytest.mark.parametrize("by", HERE)
def test_a_network_that_is_given_is_there(ground: Ground, by: Mechanism) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        code = f"import socket; socket.create_connection({listening.getsockname()!r}, 2); print('connected')"
        assert run(ground.view(network=True), by, code).stdout == "connected\n"


@pytest.mark.parametrize("by", HERE)
def test_what_it_leaves_behind_ends_with_it(ground: Ground, by: Mechanism) -> None:
    """Forked twice, in a session of its own, its streams closed: as a service makes itself one."""
    mark = f"6{os.getpid()}.25"
    code = (
        "import os, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for n in (0, 1, 2): os.close(n)\n"
        "        os.execv('/bin/sleep', ['sleep', sys.argv[1]])\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    assert run(ground.view(), by, code, mark).returncode == 0
    eventually(lambda: not running(mark), what="what it had started lives on")


@pytest.mark.parametrize("by", HERE)
def test_nothing_lives_on_when_it_is_ended_for_taking_too_long(
    ground: Ground, by: Mechanism, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"7{os.getpid()}.25"
    code = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0: os.execv('/bin/sleep', ['sleep', sys.argv[1]])\n"
        "    os._exit(0)\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setattr("workers.inspection.bounded_job.mechanism", lambda: by)
    with pytest.raises(Beyond):
        Job(1).confined([sys.executable, "-I", "-c", code, mark], ground.project)
    eventually(lambda: not running(mark), what="what it had started lives on")


@pytest.mark.parametrize("by", HERE)
def test_memory_and_files_are_bounded(ground: Ground, by: Mechanism) -> None:
    view = ground.view(limits=Limits(memory=256 << 20, file=1 << 20))
    taken = run(view, by, "x = bytearray(512 << 20); print('taken')")
    assert "taken" not in taken.stdout
    run(view, by, "import sys; open(sys.argv[1], 'wb').write(bytes(8 << 20))", ground.home / "large")
    assert (ground.home / "large").stat().st_size <= 1 << 20


@pytest.mark.parametrize("by", WHOLE)
@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "/"])
def test_its_own_folders_cannot_fill_the_machine(ground: Ground, by: Mechanism, place: str) -> None:
    code = (
        "import sys\n"
        "total = 0\n"
        "try:\n"
        "    for n in range(64):\n"
        "        total += open(f'{sys.argv[1]}/{n}', 'wb', buffering=0).write(bytes(1 << 20))\n"
        "except OSError: pass\n"
        "print(total)\n"
    )
    done = run(ground.view(limits=Limits(scratch=8 << 20)), by, code, place)
    assert int(done.stdout) <= 8 << 20


@pytest.mark.parametrize("by", WHOLE)
def test_the_number_of_its_processes_is_bounded(ground: Ground, by: Mechanism) -> None:
    code = (
        "import os, time\n"
        "made = 0\n"
        "try:\n"
        "    while made < 2_000:\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(60); os._exit(0)\n"
        "        made += 1\n"
        "except OSError: pass\n"
        "print(made, flush=True)\n"
        "os._exit(0)\n"
    )
    made = int(run(ground.view(limits=Limits(processes=400)), by, code).stdout)
    more = 300 if by == "bubblewrap" and os.geteuid() == 0 else 0  # ids that the kernel gives once
    assert 300 < made <= 400 + more
    eventually(lambda: len(psutil.Process().children(recursive=True)) < 100, what="its processes live on")


@pytest.mark.parametrize("by", WHOLE)
def test_what_it_has_ended_does_not_count_among_its_processes(ground: Ground, by: Mechanism) -> None:
    """A script starts a thousand programs, one after the other, and two at a time."""
    code = (
        "import os\n"
        "def begun():\n"
        "    child = os.fork()\n"
        "    if child == 0: os._exit(0)\n"
        "    return child\n"
        "for _ in range(500):\n"
        "    for child in (begun(), begun()): os.waitpid(child, 0)\n"
    )
    done = run(ground.view(limits=Limits(processes=20)), by, code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("by", HERE)
def test_it_gains_no_power(ground: Ground, by: Mechanism) -> None:
    code = "print([line for line in open('/proc/self/status') if line.startswith(('CapEff', 'NoNewPrivs'))])"
    if by == "landlock":  # it may not read that of what it starts, but of itself
        code = "import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0), ctypes.CDLL(None).prctl(23, 21, 0, 0, 0))"
        bound = "0" if os.geteuid() == 0 else "1"  # only root can narrow what it could gain; nobody gains any of it
        assert run(ground.view(), by, code).stdout.split() == ["1", bound]
        return
    said = run(ground.view(), by, code).stdout
    assert "CapEff:\\t0000000000000000" in said
    assert "NoNewPrivs:\\t1" in said


@pytest.mark.parametrize("by", HERE)
def test_the_kernels_settings_are_not_its_to_write(ground: Ground, by: Mechanism) -> None:
    """Root needs no power for them: `core_pattern` names a program that runs outside, as root of the machine."""
    code = (
        "import os\n"
        "for top in ('/proc/sys', '/proc/irq', '/proc/sysrq-trigger', '/proc/self/oom_score_adj'):\n"
        "    for path in [top, *(f'{place}/{name}' for place, _, names in os.walk(top) for name in names)]:\n"
        "        try: os.close(os.open(path, os.O_WRONLY)); print(path)\n"
        "        except OSError: pass\n"
    )
    opened = set(run(ground.view(), by, code).stdout.split())
    assert opened <= {"/proc/self/oom_score_adj"}, "its own value, where it is not root"
    if by in WHOLE:
        words = "['unshare', '-Urpmf', '--mount-proc', sys.executable, '-c', sys.argv[1]]"
        inner = f"import subprocess, sys; subprocess.run({words})"
        assert set(run(ground.view(), by, inner, code).stdout.split()) <= {"/proc/self/oom_score_adj"}


@pytest.mark.parametrize("by", WHOLE)
@pytest.mark.parametrize("what", ["-o remount,rw,bind {project}", "-t tmpfs none {home}", "--bind /proc/1/root {home}"])
def test_it_mounts_nothing(ground: Ground, by: Mechanism, what: str) -> None:
    words = what.format(project=ground.project, home=ground.home).split()
    for prefix in ([], ["unshare", "-Urm"]):
        code = (
            "import subprocess, sys\n"
            "subprocess.run(sys.argv[3:])\n"
            "try: open(sys.argv[1] + '/new.txt', 'w')\n"
            "except OSError: pass\n"
        )
        run(ground.view(), by, code, ground.project, ground.home, *prefix, "mount", *words)
        assert not (ground.project / "new.txt").exists()


@pytest.mark.parametrize("by", HERE)
@pytest.mark.parametrize("name", ["LD_PRELOAD", "BASH_FUNC_trap%%", "BASH_FUNC_echo%%", "PATH", "PYTHONPATH", "ENV"])
def test_its_environment_steers_nothing_outside(ground: Ground, by: Mechanism, name: str, tmp_path: Path) -> None:
    """What the program is started with reaches the program alone, and no list of processes."""
    for program in ("sh", "bwrap", "env", "true"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
        (tmp_path / program).chmod(0o755)
    (tmp_path / "json.py").write_text(f"open('{tmp_path}/canary', 'w')\n")
    value = "() { touch " + f"{tmp_path}/canary; }}" if "%%" in name else str(tmp_path)
    command = ["/usr/bin/env"]
    with confined(ground.view(), command, {"TOKEN": "a secret", name: value}, by) as start:
        assert "a secret" not in " ".join(start.command)
        done = subprocess.run(
            start.command, env=start.environment, pass_fds=(start.handle,), capture_output=True, text=True, check=False
        )
    assert "TOKEN=a secret" in done.stdout
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("by", HERE)
def test_a_scanner_sees_an_empty_home_of_its_own(
    ground: Ground, by: Mechanism, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.inspection.bounded_job.mechanism", lambda: by)
    code = (
        "import os, json; print(json.dumps([os.environ['HOME'], os.listdir(os.environ['HOME']), sorted(os.environ)]))"
    )
    home, listed, names = json.loads(Job(30).confined([sys.executable, "-I", "-c", code], ground.project).stdout)
    assert home != os.environ.get("HOME")
    assert listed == []
    assert {"HOME", "PATH", "LC_ALL", "TMPDIR"} <= set(names) <= {"HOME", "PATH", "LC_ALL", "TMPDIR", "PWD"}
    assert not Path(home).exists()
    assert BOUNDS.file <= 256 << 20


def running(mark: str) -> list[psutil.Process]:
    """The processes that have a mark among their words."""
    return [process for process in psutil.process_iter(["cmdline"]) if mark in (process.info["cmdline"] or ())]
