"""StderrTail: the last lines a server wrote, in bounded memory."""

from aether_agents.process.redaction import Redactor

#: Bytes kept. A traceback is a few KB; more would only bury it.
KEPT = 16_384


class StderrTail:
    """Keeps the end of a stream of bytes."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._bytes = bytearray()
        self._forgot = False
        self.written = 0  #: bytes in all

    def add(self, chunk: bytes) -> None:
        """Append, forgetting the oldest."""
        self.written += len(chunk)
        self._forgot = self._forgot or len(self._bytes) + len(chunk) > self._kept
        self._bytes += chunk[-self._kept :]
        if len(self._bytes) > self._kept:
            del self._bytes[: -self._kept]

    def lines(self, hidden: Redactor, count: int = 12) -> list[str]:
        """The last lines that are not blank, without what is hidden and without control characters."""
        text = hidden.tail(self.text) if self._forgot else hidden.text(self.text)
        lines = ["".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines()]
        return [line for line in lines if line.strip()][-count:]

    @property
    def text(self) -> str:
        """All that is kept, as it was written: for our own eyes."""
        return self._bytes.decode("utf-8", "replace")
