"""Lease: what a command holds the embedded stack with. When its process dies, the kernel lets go for it."""

from types import TracebackType
from typing import Self

from aether_agents.errors import StackError
from aether_agents.local.supervisor_link import Message, SupervisorLink

#: Seconds to wait for an answer that needs no work.
ANSWER = 5.0

#: Seconds to wait until a stack that ends with this command has ended.
FAREWELL = 8.0


class Lease:
    """Keeps the stack running until it is released; the last one to leave ends a stack that is not to be kept."""

    def __init__(self, line: SupervisorLink, *, started: bool, note: str) -> None:
        self.started = started  # whether this command started the stack
        self.note = note  # what the person should know, such as: it runs with other settings
        self._line: SupervisorLink | None = line

    def keep(self) -> bool:
        """Let the stack go on after this command, until `down`, whoever started it. False if it was kept already.

        Raises:
            StackError: the stack has ended.
        """
        reply = self._ask({"do": "keep"})
        if reply is None:
            raise StackError("the embedded stack ended meanwhile; `aether-agent logs` shows why")
        return bool(reply.get("kept"))

    def check(self) -> None:
        """See whether all is well; to be called now and then while waiting for the stack. Returns at once.

        Raises:
            StackError: the worker ended (it has its last lines), or the stack itself.
        """
        if self._line is None:
            return
        try:
            message = self._line.receive(0)
        except TimeoutError:
            return
        if message is None:
            raise StackError("the embedded stack ended; `aether-agent logs` shows why")
        if error := message.get("error"):
            raise StackError(error)

    def release(self, *, wait: bool = True) -> None:
        """Let go. If the stack ends with this, wait until it has (8 s at most). Idempotent."""
        line = self._line
        if line is None:
            return
        try:
            if wait:
                self._ask({"do": "leave"}, FAREWELL)
        except (StackError, TimeoutError):
            pass  # it ends, or goes on, without us
        finally:
            self._line = None
            line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release(wait=kind is None or issubclass(kind, Exception))  # who is interrupted leaves at once

    def _ask(self, message: Message, timeout: float = ANSWER) -> Message | None:
        """Ask, passing over complaints about the worker that came meanwhile."""
        if self._line is None:
            return None
        self._line.send(message)
        while (reply := self._line.receive(timeout)) is not None and "error" in reply:
            pass
        return reply
