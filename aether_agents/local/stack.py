"""Stack: the embedded stack of an AETHER_HOME - a server, a worker for all queues, and their supervisor.

with Stack(settings).join_or_start() as lease:      # joins the one that runs, or starts one
    ...                                             # it ends with the last lease, unless it is kept
    lease.check()                                   # raises StackError with the reason if the worker ended
"""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from aether_agents.documents.suggestion import nearest
from aether_agents.errors import StackError
from aether_agents.local.log_file import follow, last_lines
from aether_agents.local.stack_folder import StackFolder
from aether_agents.local.stack_lease import ANSWER, Lease
from aether_agents.local.supervision.state_file import ProcessInfo, read_state
from aether_agents.local.supervisor_link import Message, SupervisorLink
from aether_agents.local.valkey import ValkeyServer
from aether_agents.process.installation import install_command
from aether_agents.settings.model import Settings
from aether_agents.specialists import packages

#: What its worker cannot do without, beside the base install. Who joins needs none of it.
NEEDED = ("mcp", "jsonschema", "bm25s", "psutil")

#: Seconds a stack may take until its server answers (it may have much data to read, or another one to wait for).
START = 30.0

#: Seconds a stack may take to end everything, if it does not say how long.
DOWN = 20.0


class Stack:
    """The stack of `settings.home`, seen from a command. Nothing is started until it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self.folder = StackFolder(settings.home)
        self._settings = settings

    def settings(self) -> Settings:
        """The settings with the address of the stack's server and its sealing key, unless another key is configured."""
        broker = self._settings.broker.model_copy(update={"url": ValkeyServer(self.folder.valkey).url})
        encryption = self._settings.encryption
        if encryption.key_file is None and not os.environ.get("AETHER_SEALING_KEY"):
            encryption = encryption.model_copy(update={"key_file": self.folder.key})
        return self._settings.model_copy(update={"broker": broker, "encryption": encryption})

    def running(self) -> bool:
        """Whether a supervisor answers."""
        line = SupervisorLink.to(self.folder.control)
        if line:
            line.close()
        return line is not None

    def used(self) -> bool:
        """Whether one ever ran here: then there is a store, and what it holds can be asked for."""
        return self.folder.valkey.is_dir()

    def join_or_start(self, *, keep: bool = False, also: Sequence[str] = ()) -> Lease:
        """Hold the stack that runs, or start one. Returns when its server answers; the worker may still be loading.

        Args:
            keep: let it run until `down`, whoever leaves.
            also: what else shall run there: `flower`. Beat does whenever there are schedules or alerts.

        Raises:
            StackError: it cannot be started; the error says why and what to do.
        """
        if not self.running():
            self._require_installed()  # who joins needs nothing but the client
        self.folder.prepare()
        start = START + self._settings.delivery.grace  # another one may be ending, and its calls before it
        end = time.monotonic() + start
        made = False
        while time.monotonic() < end:
            line = SupervisorLink.to(self.folder.control)
            started = line is None
            line = line or self._spawn()
            made = self._make_key() or made  # before the orders: what they start reads the key
            line.send(self._orders("start" if started else "hold", keep=keep, also=also))
            reply = _reply(line, start if started else ANSWER)
            if reply and "up" in reply:
                if made:
                    self._mark_key(line)
                return Lease(line, started=started, note=reply["note"])
            line.close()
            if reply and "error" in reply:
                raise StackError(reply["error"])
            if started and reply is None:
                raise StackError(f"the supervisor ended at once:\n{self._last_words()}")
            time.sleep(0.02)  # another one is starting it, or one is just ending
        raise StackError(f"the embedded stack of {self.folder.home} did not come up in {start:g} s: see its logs")

    def up(self) -> None:
        """Start it, unless it runs, and let it run until `down`.

        Raises:
            StackError: as `join_or_start`.
        """
        self.join_or_start(keep=True).release()

    def note_schedules(self, *, there: bool) -> None:
        """Remember that the store holds schedules that people added: beat then starts with the stack."""
        self.folder.note_schedules(there=there)

    def down(self, *, now: bool = False) -> bool:
        """End it, and whatever a killed supervisor left of it. Returns whether anything ran.

        Calls under way end by themselves, or are cancelled after the grace of the settings; with `now`, at once. A
        stack that is just ending is not waited for any longer.

        Raises:
            StackError: something does not end.
        """
        line = SupervisorLink.to(self.folder.control)
        if line:
            try:
                told = _ask(line, {"do": "down", "now": now}, DOWN)
                if told is not None:
                    _reply(line, float(told.get("within", DOWN)))  # it hangs up
            finally:
                line.close()
        left = [identity for _, identity in read_state(self.folder.state) if identity.alive()]
        for identity in left:
            identity.end()
        if stubborn := [identity.pid for identity in left if identity.alive()]:
            raise StackError(f"processes that do not end: {', '.join(map(str, stubborn))}; end them with `kill -9`")
        return line is not None or bool(left)

    def ps(self) -> list[ProcessInfo]:
        """Its processes; none when it is down."""
        if line := SupervisorLink.to(self.folder.control):
            try:
                reply = _ask(line, {"do": "ps"})
            finally:
                line.close()
            if reply:
                return [ProcessInfo(**{**row, "queues": tuple(row["queues"])}) for row in reply["processes"]]
        left = [(info, identity) for info, identity in read_state(self.folder.state) if identity.alive()]
        leaders = {info.name: identity.stopped() for info, identity in left if info.kind == "supervisor"}
        other = "ending" if leaders and not any(leaders.values()) else "without its supervisor"
        return [one._replace(status="stopped" if leaders.get(one.name) else other, queues=()) for one, _ in left]

    def logs(
        self, names: Sequence[str] = (), *, follow_them: bool = False, lines: int = 50
    ) -> Iterator[tuple[str, str]]:
        """Name and line of its logs: the last lines of each, then those that are added, if they are followed.

        Raises:
            StackError: there is no log of that name.
        """
        known = self.folder.logs
        for name in names:
            if name not in known:
                raise StackError(f"there is no log `{name}`; there are: {', '.join(known)}{nearest(name, known)}")
        chosen = {name: known[name] for name in names or known}
        if follow_them:
            return follow(chosen, lines)
        return iter([(name, line) for name, path in chosen.items() for line in last_lines(path, lines)])

    def _require_installed(self) -> None:
        if missing := [name for name in NEEDED if find_spec(name) is None]:
            raise StackError(
                f"no embedded stack runs in {self.folder.home}, and starting one needs {', '.join(missing)}: "
                f"`{install_command('local')}`, or set AETHER_REDIS_URL to the broker of a deployment"
            )

    def _spawn(self) -> SupervisorLink:
        """Start a supervisor in a session of its own; its standard input is the other end of the line."""
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        with theirs, self.folder.logs["supervisor"].open("ab") as log:
            starter = subprocess.Popen(
                # -P: the folder it runs in is not searched for modules. Nothing in AETHER_HOME is code.
                [sys.executable, "-P", "-m", "aether_agents.local.supervisor", str(self.folder.home)],
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd=self.folder.root,
                start_new_session=True,
            )
        starter.wait()  # it forks at once, and the supervisor is nobody's child
        return SupervisorLink(ours)

    def _make_key(self) -> bool:
        """Make the sealing key, unless it is there. Gives whether it is the stack's key, and new."""
        if self.folder.key.exists():
            return False
        # Loaded here because it takes half a second, in which the supervisor starts too.
        from aether_agents.store.client.sealing import make_key_file  # noqa: PLC0415

        make_key_file(self.folder.key)
        return self.settings().encryption.key_file == self.folder.key

    def _mark_key(self, line: SupervisorLink) -> None:
        """Say in the new store which key it is that of: we made that.

        Raises:
            CannotOpen: the store is older, and that of another key.
        """
        from aether_agents.store import open_store  # noqa: PLC0415 - as above, and only once in the life of a stack

        try:
            with open_store(self.settings()) as store:
                store.key_marker.make()
        except BaseException:
            line.close()
            raise

    def _environment(self) -> dict[str, str]:
        """The caller's, for MCP servers and secrets that name a variable; ours are replaced by what holds here."""
        settings = self.settings()
        ours = {
            "AETHER_HOME": str(self.folder.home),
            "AETHER_REDIS_URL": str(settings.broker.url),
            "AETHER_SEALING_KEY_FILE": str(settings.encryption.key_file or ""),
            "AETHER_SEALING_KEY": os.environ.get("AETHER_SEALING_KEY", ""),
        }
        theirs = {name: value for name, value in os.environ.items() if not name.startswith("AETHER_")}
        return theirs | {name: value for name, value in ours.items() if value}

    def _orders(self, what: str, *, keep: bool, also: Sequence[str]) -> Message:
        settings = self.settings().model_dump(mode="json", exclude={"project"}, by_alias=True)
        digest = hashlib.sha256(repr(settings).encode()).hexdigest()
        wanted = self._settings.wants_beat or self.folder.scheduled.exists()
        beat = ["beat"] if what == "start" and wanted else []
        orders = {"do": what, "keep": keep, "digest": digest, "packages": packages(), "also": [*beat, *also]}
        return orders | {"settings": settings} if what == "start" else orders

    def _last_words(self) -> str:
        return "\n".join(last_lines(self.folder.logs["supervisor"], 8))


def _ask(line: SupervisorLink, message: Message, timeout: float = ANSWER) -> Message | None:
    """The answer to a message; None when the other end is gone or silent."""
    line.send(message)
    return _reply(line, timeout)


def _reply(line: SupervisorLink, timeout: float) -> Message | None:
    try:
        return line.receive(timeout)
    except (TimeoutError, ValueError):
        return None
