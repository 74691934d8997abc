"""Tail: the last lines a server wrote, in bounded memory."""

#: Bytes kept. A traceback is a few KB; more would only bury it.
KEPT = 16_384


class Tail:
    """Keeps the end of a stream of bytes."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._bytes = bytearray()

    def add(self, chunk: bytes) -> None:
        """Append, forgetting the oldest."""
        self._bytes += chunk[-self._kept :]
        if len(self._bytes) > self._kept:
            del self._bytes[: -self._kept]

    def lines(self, count: int = 12) -> list[str]:
        """The last lines that are not blank, without control characters."""
        text = self._bytes.decode("utf-8", "replace")
        lines = ["".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines()]
        return [line for line in lines if line.strip()][-count:]

    @property
    def text(self) -> str:
        """All that is kept."""
        return self._bytes.decode("utf-8", "replace")
