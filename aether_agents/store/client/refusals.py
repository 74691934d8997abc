"""Refusals: what a server says when it answers but will not do what it is asked, each with its cause and its fix.

A server says so with a word in capitals before its sentence (`OOM`, `READONLY`, …). Some words are about the request
and would be faults of ours (`NOSCRIPT`); every other word is the server's own trouble, whether it is known here or
not. A few servers say it with the word of all other errors, `ERR`; those are known by their sentence.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import ConnectionError, RedisError, ResponseError

from aether_agents.errors import StoreRefuses

#: What is wrong, and what to do about it, by the server's word.
KNOWN = {
    "OOM": (
        "its memory is full (`maxmemory`)",
        "give it more (`CONFIG SET maxmemory`), or shorten `retention.days` and let tasks expire",
    ),
    "MISCONF": (
        "it cannot write its data to disk, so it takes nothing more",
        "make room on its disk, or see its log for why it cannot write there",
    ),
    "READONLY": (
        "it is a read-only replica, as during a fail-over",
        "wait for the fail-over to end, or let AETHER_REDIS_URL lead to the primary",
    ),
    "UNBLOCKED": ("it has just become a replica, as during a fail-over", "wait for the fail-over to end"),
    "MASTERDOWN": (
        "it is a replica that has lost its primary",
        "bring the primary back, or let AETHER_REDIS_URL lead to the one that is primary now",
    ),
    "NOREPLICAS": (
        "it has fewer replicas than `min-replicas-to-write` asks for",
        "bring its replicas back, or lower `min-replicas-to-write`",
    ),
    "LOADING": ("it is still reading its data", "wait until it has read them; its log shows how far it is"),
    "BUSY": ("a script of somebody else's keeps it busy", "end that with `SCRIPT KILL` or `FUNCTION KILL`"),
    "NOPERM": (
        "its user has no permission for that",
        "give this user the rights that are missing (`ACL SETUSER`), or name another one in AETHER_REDIS_URL",
    ),
    "WRONGTYPE": (
        "one of our keys holds something that is not ours",
        "`aether-agent doctor` names it, and how to move it away",
    ),
    "NOAUTH": ("it wants a login", "put user and password into AETHER_REDIS_URL"),
    "WRONGPASS": ("it does not accept this login", "check user and password in AETHER_REDIS_URL"),
    "DENIED": (
        "it is in protected mode and takes nobody from other machines",
        "give it a password (`requirepass`), or let it listen only where we are",
    ),
    "CLUSTERDOWN": ("its cluster is down", "bring the cluster back; better use one server, with replicas if you like"),
    "TRYAGAIN": ("its cluster is moving data", "wait until it has; better use one server, with replicas if you like"),
    **dict.fromkeys(
        ("MOVED", "ASK", "CROSSSLOT"),
        ("it is part of a cluster, which is not supported", "use one server, with replicas if you like"),
    ),
}

#: What is said with the word `ERR`, by how it is said.
_BY_SENTENCE = (
    (re.compile(r"ACL failure in script|has no permissions|No permissions to", re.IGNORECASE), KNOWN["NOPERM"]),
    (
        re.compile(r"max (number of )?clients", re.IGNORECASE),
        ("it has as many connections as it may have (`maxclients`)", "raise `maxclients`, or end what holds them"),
    ),
    (
        re.compile(r"(max|quota|limit|rate).{0,40}(exceeded|reached)|too many requests", re.IGNORECASE),
        ("a limit of its provider is reached", "wait until it is lifted, or ask for a larger one"),
    ),
    (
        re.compile(r"DB index is out of range|invalid DB index|Invalid Database|SELECT is not allowed", re.IGNORECASE),
        ("it has no database of that number", "name another one at the end of AETHER_REDIS_URL, such as `/0`"),
    ),
    (
        re.compile(r"^unknown (sub)?command", re.IGNORECASE),
        (
            "it does not know a command that is needed",
            "use Redis 7 or Valkey, with functions (`FUNCTION`, `FCALL`) and streams not disabled",
        ),
    ),
)

#: What is said of a word that nobody has heard of yet.
_UNHEARD = ("that is a trouble of its own", "its log, or the documentation of its provider, says more")

#: Words about the request, not about the server: faults of ours, or answers that whoever asked waits for.
_OURS = frozenset(
    ("ERR", "NOSCRIPT", "EXECABORT", "BUSYGROUP", "NOGROUP", "BUSYKEY", "INVALIDOBJ", "NOTBUSY", "NOPROTO")
)

#: Words of the client's classes, which do not keep the server's.
_CLASSES = {
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "NoPermissionError": "NOPERM",
    "BusyLoadingError": "LOADING",
    "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
    "TryAgainError": "TRYAGAIN",
    "MovedError": "MOVED",
    "AskError": "ASK",
    "ClusterCrossSlotError": "CROSSSLOT",
}

#: What a pipeline of the client puts before the server's sentence.
_PIPELINE = re.compile(r"^Command # \d+ \(.*?\) of pipeline caused error: ", re.DOTALL)

_WORD = re.compile(r"^-?([A-Z][A-Z0-9_]{2,})\b")

#: Words after which only a new connection can lead to a server that takes what this one does not.
_ELSEWHERE = frozenset(("READONLY", "UNBLOCKED", "MASTERDOWN", "CLUSTERDOWN", "LOADING"))


def refusal(error: BaseException, address: str = "") -> StoreRefuses | None:
    """The refusal that an error of the client is, or was caused by; None when it is none.

    Args:
        error: what the client raised.
        address: where the server is, without a password, to be said.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StoreRefuses):
            return cause
        if isinstance(cause, ResponseError | ConnectionError) and (found := _reason(cause)) is not None:
            what, fix = found
            where = f"the store at {address}" if address else "the store"
            refused = StoreRefuses(f"{where} answers, but refuses ({_sentence(cause).rstrip('.')}): {what}: {fix}")
            refused.__cause__ = cause
            return refused
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return None


@contextmanager
def named(address: str = "") -> Iterator[None]:
    """Inside, whatever the server refuses is raised as what it is.

    Raises:
        StoreRefuses: the server answered, and refused.
    """
    try:
        yield
    except RedisError as error:
        if (refused := refusal(error, address)) is not None:
            raise refused from error
        raise


def leads_elsewhere(error: BaseException) -> bool:
    """Whether a new connection may find a server that takes what this one refuses: the next primary, for one."""
    return isinstance(error, RedisError) and _word(error) in _ELSEWHERE


def _reason(error: RedisError) -> tuple[str, str] | None:
    word, sentence = _word(error), _sentence(error)
    if word in KNOWN:
        return KNOWN[word]
    if found := next((reason for pattern, reason in _BY_SENTENCE if pattern.search(sentence)), None):
        return found
    # An earlier client takes `ERR` away and says no word: what then begins in capitals may be a command's name.
    unheard = hasattr(error, "status_code") and isinstance(error, ResponseError) and word not in _OURS
    return _UNHEARD if unheard else None


def _word(error: RedisError) -> str:
    """The server's word; `ERR` where there is none."""
    told = getattr(error, "status_code", None) or _CLASSES.get(type(error).__name__)
    if told is None:
        found = _WORD.match(_sentence(error))
        told = found[1] if found else "ERR"
    return str(told)


def _sentence(error: RedisError) -> str:
    return _PIPELINE.sub("", str(error)).strip()
