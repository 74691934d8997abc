"""The connection to Redis or Valkey: the only place that knows its client."""

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import redis
from redis.exceptions import AuthenticationError, ConnectionError, RedisError, ResponseError, TimeoutError

from aether_agents.errors import InvalidSettings, StoreUnavailable
from aether_agents.process.broker_address import fix_of
from aether_agents.process.sentinel_address import Sentinels, asked_for, leading, led
from aether_agents.store.client.refusals import leads_elsewhere, refusal
from aether_agents.telemetry.logs import hide_address

#: Seconds until an unanswered command counts as a lost connection.
TIMEOUT = 10.0

#: Seconds one sentinel has to answer.
ASKING = 2.0

#: Seconds one blocking read waits for news.
BLOCK = 5.0

#: Far more than the threads of any process of ours: each uses one at a time.
CONNECTIONS_MAX = 4_096

Part = str | bytes | int | float

#: One entry of a stream: its id and its fields.
Entry = tuple[bytes, dict[bytes, bytes]]


def primary(asked: Sentinels) -> tuple[str, int]:
    """The primary by the word of the first sentinel that knows one.

    Raises:
        ConnectionError: none is there, or none knows.
    """
    said: list[str] = []
    for host, port in asked.places:
        client = redis.Redis(
            host=host,
            port=port,
            username=asked.user,
            password=unquote(asked.password) if asked.password else None,
            socket_timeout=ASKING,
            socket_connect_timeout=ASKING,
            protocol=2,
        )
        try:
            found: Any = client.execute_command(  # type: ignore[no-untyped-call]
                "SENTINEL", "GET-MASTER-ADDR-BY-NAME", asked.master
            )
        except (RedisError, OSError) as error:
            said.append(f"{host}:{port}: {error}")
            continue
        finally:
            client.close()
        if found and len(found) == 2:  # noqa: PLR2004 - host and port
            place, number = (part.decode() if isinstance(part, bytes) else str(part) for part in found)
            return place, int(number)
        said.append(f"{host}:{port}: watches nothing called `{asked.master}`")
    raise ConnectionError(f"no sentinel knows the primary ({'; '.join(said)})")


class PrimaryConnection(redis.Connection):
    """A connection that asks the sentinels where to go, if its host is one of ours; else a plain one."""

    def _connect(self) -> Any:
        asked = asked_for(self.named)
        if asked is not None:
            self.host, self.port = primary(asked)
        return super()._connect()  # type: ignore[no-untyped-call]

    @property
    def named(self) -> str:
        """The host it was made for."""
        if not hasattr(self, "_named"):
            self._named = str(self.host)
        return self._named


class Connection:
    """Commands to one server. Thread-safe; after a fork the child opens connections of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        hide_address(url)
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}  # the client's own types leave out what we use
        self._pid = os.getpid()
        self._client("command")  # a malformed address is named now

    def command(self, *parts: Part) -> Any:
        """Send one command and give back the server's answer.

        Raises:
            StoreUnavailable: the server cannot be reached, or (StoreRefuses) it answers and refuses.
        """
        with self._named():
            return self._client("command").execute_command(*parts)

    def commands(self, lines: Sequence[tuple[Part, ...]]) -> list[Any]:
        """Send several commands at once, not as one transaction.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        with self._named(), self._client("command").pipeline(transaction=False) as pipeline:
            for line in lines:
                pipeline.execute_command(*line)
            return list(pipeline.execute())

    def transaction(self, lines: Sequence[tuple[Part, ...]]) -> list[Any]:
        """Send several commands that nothing comes between.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        with self._named(), self._client("command").pipeline(transaction=True) as pipeline:
            for line in lines:
                pipeline.execute_command(*line)
            return list(pipeline.execute())

    def wait(self, stream: str, after: str) -> list[Entry]:
        """Entries of a stream after an id; waits up to `BLOCK` seconds for one.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        news = self.wait_for({stream: after})
        return news[0][1] if news else []

    def wait_for(self, after: Mapping[str, str]) -> list[tuple[bytes, list[Entry]]]:
        """Entries of several streams, each after an id; waits up to `BLOCK` seconds for the first of any.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        with self._named():
            news = self._client("wait").execute_command(
                "XREAD", "COUNT", 500, "BLOCK", int(BLOCK * 1000), "STREAMS", *after, *after.values()
            )
        return [(stream, list(entries)) for stream, entries in news or ()]

    def close(self) -> None:
        """Close every connection. Idempotent."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    @property
    def address(self) -> str:
        """The address without its password."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()

    def _client(self, kind: str) -> Any:
        if self._pid != os.getpid():  # we are a fork: the parent's sockets and lock are not ours
            self._pid, self._lock, self._clients = os.getpid(), threading.Lock(), {}
        client = self._clients.get(kind)
        if client is None:
            with self._lock:
                client = self._clients.setdefault(kind, self._open(BLOCK if kind == "wait" else 0.0))
        return client

    def _open(self, block: float) -> redis.Redis:
        try:
            client = redis.Redis.from_url(
                str(leading(self.url)),
                **({"connection_class": PrimaryConnection} if led(self.url) else {}),
                socket_timeout=TIMEOUT + block,
                socket_connect_timeout=TIMEOUT,
                protocol=2,
                max_connections=CONNECTIONS_MAX,
            )
            pool = client.connection_pool
            pool.connection_class(**pool.connection_kwargs)  # connects nowhere: an option that is none is named now
        except (ValueError, TypeError, RedisError) as error:
            raise InvalidSettings(f"broker.url: {_named_option(error)}") from None
        return client

    def _reconnect(self) -> None:
        """Let the next commands open connections of their own: the address may lead to another server by now."""
        for client in list(self._clients.values()):
            client.connection_pool.disconnect(inuse_connections=False)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except AuthenticationError as error:
            raise StoreUnavailable(
                f"the store at {self.address} does not accept this login ({error}): check user and password in "
                "AETHER_REDIS_URL"
            ) from error
        except (RedisError, OSError) as error:
            if (refused := refusal(error, self.address)) is not None:
                if leads_elsewhere(error):
                    self._reconnect()
                raise refused from error
            if not isinstance(error, ConnectionError | TimeoutError | OSError):
                raise
            raise StoreUnavailable(
                f"the store at {self.address} cannot be reached ({error}): {fix_of(self.url, error)}"
            ) from error


def _named_option(error: Exception) -> str:
    """What an address that makes no connection got wrong; a library's word of an argument is none for a person."""
    option = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    return f"it has an option `{option[1]}`, which is unknown: leave it out" if option else str(error)


__all__ = ["BLOCK", "TIMEOUT", "Connection", "Entry", "Part", "PrimaryConnection", "ResponseError"]
