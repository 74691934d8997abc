"""How long a client may take to say what it wants: a request that never arrives whole must not hold its connection."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds the head of a request may take to arrive, from the opening of the connection or the end of the last answer.
HEAD_SECONDS = 20.0

#: Seconds its body may take.
BODY_SECONDS = 30.0


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 whose connection ends when the head of a request is not there in time; uvicorn itself waits for ever."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what arrived; wait on as long as no request is under way."""
        super().data_received(data)
        if self.transport.get_protocol() is not self or (self.cycle and not self.cycle.response_complete):
            self._stop_waiting()
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
