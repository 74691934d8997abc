"""The supervisor of the embedded stack: `python -m aether_agents.local.supervisor HOME`, started detached.

It holds the lock of the folder, runs server, worker and what else is wanted, and answers on the control socket.
Standard input is the line to the command that started it. It ends everything when it is told to, or when no line holds
the stack any more (unless it is to be kept). It imports little: a second of its start is a second of everybody's first
subtask.

    {"do": "start", "settings", "digest", "packages", "keep", "also"}   first message of the command that started it;
                                          its line holds
    {"do": "hold", "digest", "packages", "keep", "also"}   keep running as long as this line is open (or until `down`)
    {"do": "keep"}                        keep running until `down`; answered with whether that is new
    {"do": "leave"}                       this line holds no more; answered only if the stack goes on all the same
    {"do": "ps"}                          its processes
    {"do": "down", "now"}                 end everything, then hang up; answered with the seconds that may take. Calls
                                          end by themselves, or are cancelled after their grace; with `now`, at once

A stack that ends because nobody holds it any more ends at once: whoever held it has left.
"""

import logging
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO, NoReturn

from aether_agents.errors import StackError
from aether_agents.local.log_file import bound
from aether_agents.local.stack_folder import StackFolder
from aether_agents.local.start_note import start_note
from aether_agents.local.supervision.folder_lock import TIMEOUT, possess
from aether_agents.local.supervision.process_identity import ProcessIdentity
from aether_agents.local.supervision.program_set import WORKER, ProgramSet
from aether_agents.local.supervision.server_watch import ServerWatch
from aether_agents.local.supervision.state_file import ProcessInfo, write_state
from aether_agents.local.supervisor_link import Message, SupervisorLink, Switchboard
from aether_agents.local.valkey import ValkeyServer
from aether_agents.telemetry import logs

log = logging.getLogger("supervisor")

#: Seconds between two looks at what no event tells of: the server, the sizes of the logs, the folder itself.
TICK = 1.0

#: Seconds in which those who hold a stack that gives up can hear why.
LAST_WORDS = 10.0

#: Seconds in which everything ends, beside the grace of calls under way.
ENDS_WITHIN = 20.0


class Supervisor:
    """One process, one thread, one loop."""

    def __init__(self, folder: StackFolder, first: SupervisorLink, lock: IO[bytes], orders: Message) -> None:
        self.folder = folder
        self.kept = bool(orders["keep"])
        self.server = ValkeyServer(folder.valkey)
        self._watch = ServerWatch(self.server, float(orders["settings"]["delivery"]["deaf_after"]))
        self._started_with = orders
        self._lock = lock
        self._selector = selectors.DefaultSelector()
        self.family = ProgramSet(folder, orders["settings"], self._selector, self._write_state)
        self._also = tuple(orders.get("also") or ())
        self._lines = Switchboard(self._selector, self._answer)
        self._lines.holders.add(first)
        self._first = first
        self._ending = False
        self._quick = True
        self._grace = float(orders["settings"]["delivery"]["grace"])
        self._largest_log = int(float(orders["settings"]["retention"]["log_megabytes"]) * 1e6)
        self._next_tick = 0.0
        self._gives_up_at = float("inf")

    def run(self) -> None:
        """Start everything, serve, end everything.

        Raises:
            StackError: the server does not start.
        """
        try:
            self._watch_signals()
            self.family.start((WORKER, *self._also))  # they load their code while the server loads its data
            self._watch.start()
            self._lines.listen(self.folder.control)
            self._lines.connect(self._first)
            self.family.go()
            self._first.send({"up": True, "note": ""})
            log.info("the stack is up, started by a command that %s", "keeps it" if self.kept else "holds it")
            while not self._over():
                self._turn()
        finally:
            self._end()

    def _over(self) -> bool:
        kept = self.kept and self._gives_up_at == float("inf")
        return self._ending or time.monotonic() > self._gives_up_at or not (kept or self._lines.holders)

    def _turn(self) -> None:
        for key, _ in self._selector.select(TICK):
            key.data()
        for what in self.family.turn():
            self._lines.tell_holders({"error": what})
        if self.family.is_hopeless and self._gives_up_at == float("inf"):
            self._lines.refuse()  # no stack answers here any more; the server stays a moment, so that holders hear why
            self.folder.control.unlink(missing_ok=True)
            self._gives_up_at = time.monotonic() + LAST_WORDS
        if time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + TICK
            self.family.listen(TICK)
            self._tick()

    def _answer(self, message: Message, line: SupervisorLink) -> None:
        if self._ending:
            return  # the line is hung up when all has ended: whoever wants a stack then starts the next one
        match message.get("do"):
            case "hold":
                self._lines.holders.add(line)
                self.kept = self.kept or bool(message.get("keep"))
                self.family.start(message.get("also") or ())
                line.send({"up": True, "note": start_note(self._started_with, message)})
            case "keep":
                line.send({"kept": not self.kept})
                self.kept = True
            case "leave":
                self._lines.holders.discard(line)
                self._ending = self._over()
                if not self._ending:
                    line.send({"stays": True})
            case "ps":
                line.send({"processes": [info._asdict() for info in self._processes()]})
            case "down":
                log.info("told to end")
                self._ending, self._quick = True, bool(message.get("now"))
                line.send({"within": ENDS_WITHIN + (0 if self._quick else self._grace)})
            case other:
                line.send({"error": f"unknown request {other!r}"})

    def _watch_signals(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # it only ends the wait: the children are looked at each turn
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told)
        self._selector.register(reading, selectors.EVENT_READ, lambda: os.read(reading, 64))

    def _told(self, number: int, _frame: object) -> None:
        if number == signal.SIGHUP:  # a terminal that closes is not ours
            return
        if self._ending:
            self.family.hasten()
        self._ending, self._quick = True, number == signal.SIGINT

    def _tick(self) -> None:
        for path in self.folder.logs.values():
            bound(path, self._largest_log)
        try:
            same = self.folder.lock.stat().st_ino == os.fstat(self._lock.fileno()).st_ino
        except OSError:
            same = False
        if not same:
            log.error("the folder of the stack was removed: ending")
            self._ending = True
        elif self._watch.look(TICK):
            self._write_state()

    def _processes(self) -> list[ProcessInfo]:
        found = [
            ProcessInfo("supervisor", "supervisor", os.getpid(), (), "ending" if self._ending else "ready"),
            ProcessInfo("valkey", "server", self._watch.pid, (), self._watch.status),
            *self.family.processes(),
        ]
        return [one._replace(status="stopped") if ProcessIdentity.of(one.pid).stopped() else one for one in found]

    def _write_state(self) -> None:
        write_state(self.folder.state, self._processes())

    def _end(self) -> None:
        self._lines.refuse()
        self.family.end(quick=self._quick)
        self.server.stop()
        for path in (self.folder.control, self.folder.state):
            path.unlink(missing_ok=True)
        log.info("the stack is down")


def main(home: Path) -> NoReturn:
    """Take the folder and run; say over the line why not."""
    first = SupervisorLink(socket.socket(fileno=os.dup(0)))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    logs.begin("supervisor", "INFO")  # until its orders say how
    folder, code = StackFolder(home), 0
    try:
        if orders := first.receive(None):  # else who started this is gone
            told = orders["settings"]["agent_system"]["cli_interface"]
            logs.begin("supervisor", told["logging_level"], told["logging_format"])
            grace = float(orders["settings"]["delivery"]["grace"])
            if lock := possess(folder, TIMEOUT + grace):
                supervisor = Supervisor(folder, first, lock, orders)
                supervisor.run()
            else:
                first.send({"busy": True})
    except TimeoutError:
        error = f"another supervisor holds {folder.lock} and does not answer: `aether-agent down` ends it"
        first.send({"error": error})
        code = 1
    except StackError as failure:
        log.error("%s", failure)  # noqa: TRY400 - the message is the whole story
        first.send({"error": str(failure)})
        code = 1
    # The kernel hangs up all lines when the process is over: who waits for that has waited for everything.
    os._exit(code)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # the supervisor is nobody's child
    main(Path(sys.argv[1]))
