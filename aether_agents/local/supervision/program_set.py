"""ProgramSet: the programs of a stack beside its server - the worker, and where wanted beat and Flower - kept alive."""

import contextlib
import logging
import os
import selectors
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aether_agents.local.stack_folder import StackFolder
from aether_agents.local.supervision.child_process import ChildProcess
from aether_agents.local.supervision.state_file import ProcessInfo

log = logging.getLogger(__name__)

#: The one without which there is no stack.
WORKER = "worker"

#: Starts of a program that has never served before it is given up: its settings are wrong, or its installation.
VAIN_STARTS = 3


class ProgramSet:
    """Starts its members, starts them again when they end, ends them. It lives in the supervisor's one loop."""

    def __init__(
        self,
        folder: StackFolder,
        settings: Mapping[str, Any],
        selector: selectors.BaseSelector,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when a member serves, ended, or was started."""
        self._folder = folder
        self._settings = settings
        self._selector = selector
        self._changed = changed
        self._members: dict[str, ChildProcess] = {}
        self._going = False

    @property
    def is_hopeless(self) -> bool:
        """Whether the worker was given up."""
        return self._given_up(self._members[WORKER])

    def start(self, names: Iterable[str]) -> None:
        """Start those that do not run yet. Until `go` they only load their code."""
        for name in names:
            if name not in self._members:
                self._members[name] = ChildProcess(
                    name, self._folder.logs[name], self._settings, os.environ, self._folder.root
                )
                self._begin(self._members[name])

    def go(self) -> None:
        """The server answers: all may serve."""
        self._going = True
        for member in self._members.values():
            self._send_off(member)
        self._changed()

    def turn(self) -> list[str]:
        """Bury who has ended, start again who is due; what happened, for those who hold the stack."""
        news = []
        for member in self._members.values():
            if member.exited():
                with contextlib.suppress(KeyError):
                    self._selector.unregister(member.news)
                news.append(member.bury())
                if self._given_up(member):
                    log.error("the %s has never served: giving up", member.name)
                self._changed()
            elif member.due() and not self._given_up(member) and not self.is_hopeless:
                self._begin(member)
                self._changed()
        return news

    def listen(self, seconds: float) -> None:
        """So much time has passed in the supervisor: whoever serves and gives no sign of life is started again."""
        for member in self._members.values():
            member.listen(seconds)

    def processes(self) -> list[ProcessInfo]:
        """Its members, as `ps` shows them."""
        return [
            ProcessInfo(one.name, one.name, one.pid, one.queues, "failed" if self._given_up(one) else one.status)
            for one in self._members.values()
        ]

    def end(self, *, quick: bool) -> None:
        """End all, the worker last; calls under way may end by themselves, unless it is to be quick."""
        for member in reversed(self._members.values()):
            member.end(quick=quick)

    def hasten(self) -> None:
        """Whoever is ending cancels what it does."""
        for member in self._members.values():
            member.hasten()

    def _begin(self, member: ChildProcess) -> None:
        member.start()
        if self._going:
            self._send_off(member)

    def _send_off(self, member: ChildProcess) -> None:
        member.go()
        self._selector.register(member.news, selectors.EVENT_READ, lambda: self._hear(member))

    def _hear(self, member: ChildProcess) -> None:
        if news := os.read(member.news, 4_096):
            member.hear(news)
            self._changed()
        else:  # it ends
            self._selector.unregister(member.news)

    def _given_up(self, member: ChildProcess) -> bool:
        return member.vain_starts == VAIN_STARTS
