"""Rights: which commands the user of a connection may not use that we or Celery need, and on which of our keys.

The Lua library asks for its own before each function (lua/rights.lua). Celery takes a message with one command and
notes it with another: where it may use only the first, each message that it takes is lost until the reaper sends it
again. So a process connects only when its user may use them all.
"""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from aether_agents.errors import StoreRefuses
from aether_agents.store.client.connection import Part
from aether_agents.store.client.store_client import StorePart

#: Commands of Celery and kombu in a process that takes messages, by the key that each is used on, under the prefix.
_BROKERS = {
    "planner": ("BRPOP", "LLEN", "EXISTS"),
    "unacked": ("HSET", "HGET", "HDEL"),
    "unacked_index": ("ZADD", "ZREM", "ZREVRANGEBYSCORE"),
    "_kombu.binding.planner": ("SADD",),
    "unacked_mutex": ("SET", "GET", "DEL", "MULTI", "EXEC"),
}

#: Commands of whoever sends, and what we use beside the functions of the library.
_OURS = ("LPUSH", "PING", "INFO", "TIME", "HGETALL", "HKEYS", "XREAD", "XRANGE", "XREVRANGE", "MGET")


class Missing(NamedTuple):
    """What a user may not do."""

    user: str
    commands: tuple[str, ...]  #: that it may not use
    keys: tuple[str, ...]  #: that it may not touch, one of each kind

    @property
    def said(self) -> str:
        """What is missing, in half a sentence."""
        parts = [f"use {', '.join(self.commands)}"] if self.commands else []
        parts += [f"touch {', '.join(self.keys)}"] if self.keys else []
        return f"the user `{self.user}` may not {', nor '.join(parts)}"

    @property
    def fix(self) -> str:
        """The command that gives what is missing."""
        given = [f"+{command.lower()}" for command in self.commands] + [f"~{key}" for key in self.keys]
        return f"ACL SETUSER {self.user} {' '.join(given)}"


class Rights(StorePart):
    """Asked of the server, in one command."""

    def missing(self, *, consumes: bool = False) -> Missing | None:
        """What the user of this process may not do, and needs to; none when it may do all.

        A process that `consumes` takes messages from queues, too.

        Raises:
            StoreUnavailable: the server cannot be reached, or (StoreRefuses) does not let us ask.
        """
        words, keys = self._access.call("rights", *self._needed(consumes))
        if not words and not keys:
            return None
        commands = dict.fromkeys(word.decode() for word in words)
        return Missing(self._user(), tuple(commands), tuple(key.decode() for key in keys))

    def require(self, *, consumes: bool) -> None:
        """Make sure that the user of this process may do all that it needs to; see `missing`.

        Raises:
            StoreUnavailable: the server cannot be reached, or (StoreRefuses) the user may not.
        """
        if missing := self.missing(consumes=consumes):
            address = self._access.connection.address
            what = f"its user has no permission for that: {missing.fix}"
            raise StoreRefuses(f"the store at {address} answers, but refuses ({missing.said}): {what}")

    def _user(self) -> str:
        return unquote(urlsplit(self._access.connection.url).username or "default")

    def _needed(self, consumes: bool) -> list[Part]:
        prefix, brokers = self._access.keys.prefix, _BROKERS if consumes else {}
        pairs = [(command, f"{prefix}:celery:{key}") for key, used in brokers.items() for command in used]
        pairs += [(command, f"{prefix}:celery:planner") for command in _OURS]
        return [part for pair in pairs for part in pair]
