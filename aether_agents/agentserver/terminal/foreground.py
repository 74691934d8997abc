"""Foreground: what is in front of a terminal session, seen from the terminal itself and from no word of the session.

A command may be typed only where the session's own shell stands at its prompt. Anything else would read what we type:
an editor, a password prompt, `ssh`, `cat >file`. A host may start a shell without making the terminal its controlling
one, as AetherTerm does: then the kernel knows no foreground group, Ctrl-C reaches nobody, and `/proc` tells the rest.
"""

import os
import signal
import termios

from aether_agents.errors import AetherError
from aether_agents.process.running_process import UNSEEN, Process, process, processes, standard_input

#: Shells that understand what we type.
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "busybox"})

#: Those of them that edit lines themselves: at the prompt they have the terminal hand over each key.
EDITING = frozenset({"bash", "zsh", "ksh", "ksh93", "mksh"})

#: Longest line, in bytes, of a terminal that collects lines itself; the kernel drops the rest.
LINE_MAX = 4_000

#: Where the local modes are among what `tcgetattr` gives.
_LOCAL_MODES = 3


class TerminalBusy(AetherError):
    """The terminal session is not at its prompt: nothing was typed into it."""

    exit_code = 2
    code = "terminal_busy"


class Foreground:
    """What is in front of one session now."""

    def __init__(self, terminal: int, shell: int) -> None:
        """`terminal` is our end of the session's terminal, `shell` the process that was started on the other end."""
        self._terminal = terminal
        self._shell = shell

    def require_prompt(self, shown: str) -> None:
        """Make sure that what is typed now is read by the session's shell, as a command.

        Args:
            shown: what the session has shown, at least its last line.

        Raises:
            TerminalBusy: it would be read by something else; the error names that.
        """
        try:
            group = os.tcgetpgrp(self._terminal)
            modes = termios.tcgetattr(self._terminal)[_LOCAL_MODES]
        except (OSError, termios.error) as error:
            raise TerminalBusy(f"what runs in this session cannot be seen ({error}): nothing was typed") from None
        front = process(group) if group else self._reader()
        group = group or (front.pid if front else self._shell)
        self._require_shell(group, front)
        name = front.name if front else ""
        if not modes & termios.ICANON:
            return  # the shell edits a line: it stands at a prompt
        if name in EDITING or (front and front.state != "S") or not shown.rpartition("\n")[2].strip("\r\x07 "):
            raise TerminalBusy(
                f"the session's shell `{name or 'sh'}` is running something and is not at its prompt: nothing was "
                "typed. Wait for it, or use another session"
            )

    def require_room(self, line: str) -> None:
        """Make sure that a terminal takes a line whole.

        Raises:
            TerminalBusy: it collects lines itself, and this one is longer than it holds.
        """
        collects = termios.tcgetattr(self._terminal)[_LOCAL_MODES] & termios.ICANON
        if collects and max(map(len, line.encode().split(b"\n"))) > LINE_MAX:
            raise TerminalBusy(
                f"this session's shell edits no lines, and its terminal takes {LINE_MAX} bytes in one: put the command "
                "into a file and run that"
            )

    def interrupt(self) -> bool:
        """Interrupt what is in front, where typing Ctrl-C reaches nobody. False: it has to be typed."""
        try:
            if os.tcgetpgrp(self._terminal):
                return False
            os.killpg(self._shell, signal.SIGINT)
        except OSError:
            return False
        return True

    def _reader(self) -> Process | None:
        """Without a foreground group: who beside the shell reads from its terminal; else the shell itself."""
        terminal = standard_input(self._shell)
        others = (one for one in processes() if one.session == self._shell and one.pid != self._shell)
        return next((one for one in others if _reads(one.pid, terminal)), process(self._shell))

    def _require_shell(self, group: int, front: Process | None) -> None:
        """The shell itself, or the one that `su` or `login` started as the session's first."""
        if group == self._shell and (front is None or front.name in SHELLS):
            return
        first = process(self._shell)
        started = front and front.parent == self._shell and first and first.name not in SHELLS
        if started and front and front.name in SHELLS:
            return
        name = front.name if front else f"process {group}"
        if group == self._shell:
            raise TerminalBusy(f"the session's shell is `{name}`, which does not understand what AgentShell types")
        raise TerminalBusy(
            f"`{name}` runs in the foreground of this session and would read what is typed: nothing was typed. Wait "
            "until it has ended, or use another session"
        )


def _reads(pid: int, terminal: str) -> bool:
    """Whether a process has a terminal as its input; one of another user, which may not be looked at, counts as one."""
    return standard_input(pid) in {terminal, UNSEEN}
