"""Runner: ansible as a program, told where it finds its hosts, and read as events."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.git import printable

HERE = Path(__file__).parent
#: Where plays of ours lie.
PLAYS = HERE / "plays"
_FIX = "ansible is not installed: run `aether-agent servers install fleet`"
_SAID = 600
#: What an inventory may be: files. A program that prints one would run in a preview.
_INVENTORIES = "ini,yaml,host_list"


class Way(NamedTuple):
    """How hosts are found and reached."""

    inventory: str
    hosts: str  #: a pattern
    key_file: str | None = None
    become_password_file: str | None = None


class Event(NamedTuple):
    """One task on one host."""

    event: str  #: ok, skipped, ignored, failed, unreachable
    host: str
    task: str
    module: str
    changed: bool
    become: bool
    hidden: bool
    diff: list[dict[str, Any]]
    args: dict[str, Any]
    msg: str
    command: str
    aether: dict[str, Any]
    reason: str  #: of a task that was skipped, where it would be skipped in a run, too

    @property
    def unseen(self) -> bool:
        """Whether it would run, but nobody can say what it would do."""
        return self.event == "skipped" and not self.reason

    @property
    def bad(self) -> bool:
        """Whether the host goes no further."""
        return self.event in ("failed", "unreachable")


class Runner:
    """Ansible for one call."""

    def __init__(self, way: Way, job: Job, scratch: Path) -> None:
        self.way, self.job, self._scratch = way, job, scratch

    def play(
        self,
        playbook: Path,
        variables: Mapping[str, Any],
        limit: Sequence[str] = (),
        preview: bool = False,
        trusted: bool = False,
        around: tuple[Sequence[Path], Sequence[Path]] = ((), ()),
    ) -> list[Event]:
        """What a playbook does, or would do, to each host; `around` it others run, before and after. A preview of one
        that is not `trusted` looks nothing up by programs or the network.

        Raises:
            ToolError: it cannot be read, or ansible said nothing that could be.
        """
        given = self._scratch / "variables.json"
        given.write_text(json.dumps(dict(variables)), encoding="utf-8")
        command = ["ansible-playbook", "--diff", "--limit", ",".join(limit) or self.way.hosts, "-e", f"@{given}"]
        command += ["--check"] if preview else []
        played = [str(one) for one in (*around[0], playbook, *around[1])]
        code, out, said = self._run([*command, *self._reachable(), "--", *played], playbook.parent, preview, trusted)
        events = list(_events(out))
        if not events and code:
            raise ToolError(_reason(said or out))
        return events

    def own(
        self, play: Sequence[Mapping[str, Any]], variables: Mapping[str, Any] | None = None, limit: Sequence[str] = ()
    ) -> list[Event]:
        """What a play of ours does."""
        return self.play(self.written("own", play), variables or {}, limit)

    def written(self, name: str, play: Sequence[Mapping[str, Any]]) -> Path:
        """A playbook of ours."""
        playbook = self._scratch / f"{name}.json"
        playbook.write_text(json.dumps(play), encoding="utf-8")
        return playbook

    def hosts(self) -> dict[str, Any]:
        """The inventory as ansible reads it.

        Raises:
            ToolError: it cannot be read.
        """
        command = ["ansible-inventory", "--list", "--limit", self.way.hosts, "-i", self.way.inventory]
        code, out, said = self._run(command, Path(self.way.inventory).parent, False, False)
        try:
            found = json.loads(out)
        except ValueError:
            found = None
        if code or not isinstance(found, dict):
            raise ToolError(_reason(said or out))
        return found

    def _reachable(self) -> list[str]:
        way = self.way
        told = ["-i", way.inventory]
        told += ["--private-key", way.key_file] if way.key_file else []
        return [*told, *(["--become-password-file", way.become_password_file] if way.become_password_file else [])]

    def _run(self, command: list[str], folder: Path, preview: bool, trusted: bool) -> tuple[int, str, str]:
        if shutil.which(command[0]) is None:
            raise ToolError(_FIX)
        try:
            done = self.job.program(command, folder, environment=self._environment(preview, trusted))
        except Beyond as error:
            raise ToolError(
                f"ansible was ended: it went beyond {error}. What it began may go on on the hosts: a drift audit says"
            ) from None
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def _environment(self, preview: bool, trusted: bool) -> dict[str, str]:
        told = {
            "HOME": os.environ.get("HOME", "/"),
            "ANSIBLE_HOME": str(self._scratch),
            "ANSIBLE_LOCAL_TEMP": str(self._scratch / "local"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self._scratch / "cp"),
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=5s -o BatchMode=yes",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "in-ansible"),
            "ANSIBLE_STDOUT_CALLBACK": "aether_events",
            "ANSIBLE_LIBRARY": str(HERE / "on-hosts"),
            "ANSIBLE_INVENTORY_ENABLED": _INVENTORIES,
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_TIMEOUT": "20",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_PYTHON_INTERPRETER": "auto_silent",
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "1",
        }
        agent = {name: os.environ[name] for name in ("SSH_AUTH_SOCK",) if name in os.environ}
        said = {"AETHER_PREVIEW": preview, "AETHER_TRUSTED": trusted}
        return {**told, **agent, **{name: "1" for name, on in said.items() if on}}


@contextmanager
def runner(way: Way, job: Job) -> Iterator[Runner]:
    """Ansible with a folder of its own, which goes again.

    Raises:
        ToolError: a file that is named is not there, or the inventory is a program.
    """
    inventory = Path(way.inventory)
    if not inventory.exists():
        raise ToolError(f"the inventory `{printable(way.inventory)}` is not there: name the file that lists your hosts")
    if inventory.is_file() and os.access(inventory, os.X_OK):
        raise ToolError(
            f"`{printable(way.inventory)}` can be run, and a preview runs nothing: print it into a file "
            "(`ansible-inventory --list -y --output FILE`), or chmod -x it"
        )
    for name in (way.key_file, way.become_password_file):
        if name and not Path(name).is_file():
            raise ToolError(f"the file `{printable(name)}` is not there")
    with TemporaryDirectory(prefix="aether-fleet-", ignore_cleanup_errors=True) as folder:
        yield Runner(way, job, Path(folder))


#: What a line of the callback may leave out.
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(("event", "host", "task", "module"), ""),
    **dict.fromkeys(("changed", "become", "hidden"), False),
    **{"diff": [], "args": {}, "msg": "", "command": "", "aether": {}, "reason": ""},
}


def _events(out: str) -> Iterator[Event]:
    for line in out.splitlines():
        if not line.startswith('{"event"'):
            continue
        try:
            told = json.loads(line)
        except ValueError:
            continue
        yield Event(**{name: told.get(name, empty) for name, empty in _EMPTY.items()})


def _reason(said: str) -> str:
    """What ansible said, with what to do about it."""
    lines = [line for line in printable(said, 4_000).replace("[ERROR]:", "\n").splitlines() if line.strip()]
    told = " ".join(" ".join(lines).split())[:_SAID]
    return f"ansible cannot do this: {told or 'it said nothing'}"


def advice(said: str) -> str:
    """What to do about a host that does not answer."""
    low = said.lower()
    if "host key verification failed" in low:
        return "its key is not known here: log in once by hand, or add it to `known_hosts` (`ssh-keyscan`)"
    if "permission denied" in low:
        return (
            "it takes no key that was tried: name one (`identity_file`), and the user in the inventory (`ansible_user`)"
        )
    if "sudo" in low and "password" in low:
        return "sudo wants a password: name a file that only you can read as `sudo_file`"
    if any(word in low for word in ("refused", "timed out", "no route", "could not resolve", "unreachable")):
        return "it does not answer there: is it up, and its address in the inventory right?"
    return "log in by hand to see more"
