"""Loopback: where a person's browser ends after a login, on this machine and for this login alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from mcp.shared.auth import AuthorizationCodeResult

from aether_agents.errors import LoginFailed

PATH = "/callback"
#: Seconds a person has to log in.
TIMEOUT = 300.0
#: Bytes of a request of a browser, and seconds it may take.
_LARGEST, _SLOWEST = 16_384, 10.0
_DONE = "The login is done. You can close this window and go back to the terminal."
_NOT = "The login was refused. Go back to the terminal."


class Loopback:
    """Waits for the one request that a login leads to."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}{PATH}"
        self._host = f"127.0.0.1:{port}"
        self._state: str | None = None
        self._came: asyncio.Future[AuthorizationCodeResult] = asyncio.get_running_loop().create_future()

    async def answer(self) -> AuthorizationCodeResult:
        """What the authorisation server answered.

        Raises:
            LoginFailed: it said no, or nobody logged in.
        """
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._came
        except TimeoutError:
            raise LoginFailed(f"nobody logged in within {TIMEOUT:g} s") from None

    @property
    def heard(self) -> bool:
        """Whether there is an answer, good or bad."""
        return self._came.done()

    def expect(self, address: str) -> None:
        """Take only what answers this address, to which a person was sent: any page may lead a browser here."""
        self._state = _said(address).get("state")

    def came(self, address: str) -> bool:
        """Take the address a browser ended at; whether it was the one of a login that succeeded."""
        said = _said(address)
        if self._came.done() or (self._state is not None and said.get("state") != self._state):
            return False
        if "code" not in said:
            why = said.get("error_description") or said.get("error") or "it bears no code"
            self._came.set_exception(LoginFailed(f"the authorisation server said no: {why[:300]}"))
            return False
        self._came.set_result(AuthorizationCodeResult(code=said["code"], state=said.get("state"), iss=said.get("iss")))
        return True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a browser."""
        try:
            async with asyncio.timeout(_SLOWEST):
                head = (await reader.readuntil(b"\r\n\r\n"))[:_LARGEST].decode("latin-1")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.close()
            return
        line, *headers = head.split("\r\n")
        method, _, rest = line.partition(" ")
        target = rest.partition(" ")[0]
        hosts = [value.strip() for name, _, value in (one.partition(":") for one in headers) if name.lower() == "host"]
        ours = method == "GET" and urlsplit(target).path == PATH and hosts == [self._host]
        text = (_DONE if self.came(target) else _NOT) if ours else "There is nothing here."
        status = "200 OK" if ours else "404 Not Found"
        body = text.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def _said(address: str) -> dict[str, str]:
    try:
        query = urlsplit(address).query
    except ValueError:
        return {}
    return {key: values[0] for key, values in parse_qs(query).items()}


@asynccontextmanager
async def loopback(port: int = 0) -> AsyncIterator[Loopback]:
    """Listen on this machine while a login goes on; port 0 takes a free one."""
    heard: list[Loopback] = []
    requests: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(heard[0].serve(reader, writer))
        requests.add(task)
        task.add_done_callback(requests.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=_LARGEST)
    heard.append(Loopback(server.sockets[0].getsockname()[1]))
    try:
        yield heard[0]
    finally:
        server.close()
        if requests:  # a browser that hears what came of it
            await asyncio.wait(requests, timeout=2)
