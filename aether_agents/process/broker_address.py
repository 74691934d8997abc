"""The address of broker and store: what may stand in it, and how its passwords are kept out of what is said."""

import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from aether_agents.process.regular_file import LARGEST_SECRET, read_regular

SCHEMES = ("redis", "rediss", "unix", "sentinel")

#: Characters that end the part of an address in which a password stands, or that mean something there.
_RESERVED = "@/?#[] "
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST_FIRST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^@/?#:\[\]\s]*)(:\d+)?([/?#]|$)")
#: Options of an address that name files.
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_PLACE = re.compile(r"([^/?#]*)([^?#]*)\??(.*)", re.DOTALL)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%\w]+\]|[^\s\[\]:@]*)(?::(\d{1,6}))?")
_CELERYS_WORD = re.compile(r"(?<=[?&]ssl_cert_reqs=)CERT_(\w+)")


def checked(address: str) -> str:
    """The address, with Celery's spelling of TLS options in the store's.

    Raises:
        ValueError: it has another scheme, a user or password that is not percent-encoded, or a host, port, database or
            demand of TLS that is none; the address is not in the message, nor a part of it.
    """
    if address.startswith("sentinel://") and ";" in address:
        return checked(_joined(address))
    scheme, mark, rest = address.partition("://")
    if not mark or scheme not in SCHEMES:
        raise ValueError(f"an address begins with {', '.join(f'`{one}://`' for one in SCHEMES)}")
    login = "" if scheme == "unix" and rest.startswith("/") else _login(rest)
    wrong = {char for char in login if char in _RESERVED} | ({"%"} if _ESCAPE.search(login) else set())
    if wrong:
        told = ", ".join(f"`{char}` as {quote(char, safe='')}" for char in sorted(wrong))
        raise ValueError(f"the user and the password in it must be percent-encoded: write {told}")
    address = _CELERYS_WORD.sub(lambda found: found[1].lower(), address)
    if scheme != "unix" and (fault := _fault(address.partition("://")[2].removeprefix(f"{login}@"))):
        raise ValueError(fault)
    return address


def _fault(rest: str) -> str:
    """What is wrong with hosts, ports, database and TLS of an address, without a part of it; empty if nothing is."""
    hosts, path, query = _PLACE.match(rest).groups()  # type: ignore[union-attr]  # matches anything
    for host in hosts.split(","):
        if not (found := _HOST.fullmatch(host)):
            return "it names a host as `name:port` or `address:port`, an IPv6 address in brackets, a port as a number"
        if int(found[2] or 1) not in range(1, 65_536):
            return "its port is a number from 1 to 65535"
    if path.strip("/") and not path.strip("/").isdecimal():
        return "what follows the host in it is the number of a database, such as `/0`"
    needs = dict(parse_qsl(query)).get("ssl_cert_reqs", "required")
    return "" if needs in ("none", "optional", "required") else "`ssl_cert_reqs` is `required`, `optional` or `none`"


def _joined(address: str) -> str:
    """Celery's way to name several sentinels, each with the whole address, as one: its hosts with commas.

    Raises:
        ValueError: one of them is malformed.
    """
    chunks = [checked(chunk.strip()).removeprefix("sentinel://") for chunk in address.split(";") if chunk.strip()]
    logins, hosts, rest = set[str](), list[str](), ""
    for chunk in chunks:
        netloc, mark, after = re.match(r"([^/?]*)([/?]?)(.*)", chunk, re.DOTALL).groups()  # type: ignore[union-attr]
        login, _, host = netloc.rpartition("@")
        logins |= {login} if login else set()
        hosts.append(host)
        rest = mark + after if after else rest
    if len(logins) > 1:
        raise ValueError("its parts have different users or passwords: the login of the primary stands in the first")
    return f"sentinel://{f'{next(iter(logins))}@' if logins else ''}{','.join(hosts)}{rest}"


def _login(rest: str) -> str:
    """What stands before the last `@`, unless the address begins with its host and the `@` stands in its options."""
    before, mark, _ = rest.rpartition("@")
    if not mark:
        return rest if rest.startswith(":") else ""  # a password that swallowed its host
    first = _HOST_FIRST.match(rest)
    ends = first[3] if first is not None else ""
    path = rest[first.end() :].partition("?")[0] if first is not None and ends == "/" else ""
    return "" if ends in ("?", "/") and "@" not in path else before


def fix_of(url: str, error: BaseException) -> str:
    """What to do about a server that could not be reached at an address, by the error that says so."""
    parts, causes = urlsplit(url), list(_causes(error))
    said = " ".join(str(one) for one in causes).lower()
    kinds = tuple(type(one) for one in causes)
    wrong = file_fault(parts.query)
    asks = any("eof occurred" in str(one).lower() or "certificate required" in str(one).lower() for one in causes)
    ours = parts.scheme == "rediss" and "ssl_certfile" not in parts.query and asks
    plain = parts.scheme == "redis" and any(word in said for word in ("closed", "reset", "protocol error"))
    fixes = {
        wrong: bool(wrong),
        "it wants a certificate of ours: name it and its key in the address "
        "(`?ssl_certfile=/path/to/client.pem&ssl_keyfile=/path/to/client.key`)": ours,
        "the certificate and the key that the address names do not belong together: correct `ssl_certfile` or "
        "`ssl_keyfile`": "key_values_mismatch" in said,
        "its certificate is for another name: write that name into AETHER_REDIS_URL": (
            ssl.SSLCertVerificationError in kinds and "mismatch" in said
        ),
        "its certificate has expired: renew it on the server": (
            ssl.SSLCertVerificationError in kinds and "expired" in said
        ),
        "its certificate is not valid yet: set the clocks of this machine and of the server right": (
            ssl.SSLCertVerificationError in kinds and "not yet valid" in said
        ),
        "its certificate is not trusted here: name its authority in the address "
        "(`?ssl_ca_certs=/path/to/ca.pem`)": ssl.SSLCertVerificationError in kinds,
        "a file of certificates that AETHER_REDIS_URL names is not there, or may not be read": (
            parts.scheme == "rediss" and any(issubclass(one, FileNotFoundError | PermissionError) for one in kinds)
        ),
        "it does not speak TLS there, or wants a certificate of ours: `redis://` is without TLS": any(
            issubclass(one, ssl.SSLError) for one in kinds
        ),
        f"no host is called `{parts.hostname}` here: fix the address in AETHER_REDIS_URL": socket.gaierror in kinds,
        "it may not speak TLS there: `redis://` is without TLS, and servers listen for TLS on a port of its own": (
            parts.scheme == "rediss" and "timeout" in said
        ),
        "it ended the connection: it may speak only TLS there (`rediss://`), or be on its way down": plain,
        "start one with `aether-agent up`, or set AETHER_REDIS_URL": parts.scheme == "unix",
    }
    rest = "start it, or fix the address in AETHER_REDIS_URL; without that, `aether-agent up` starts an embedded one"
    return next((fix for fix, holds in fixes.items() if holds), rest)


def file_fault(query: str) -> str:
    """Which file that an address names cannot be read, and why; empty where all can."""
    for name, value in parse_qsl(query):
        if name not in _FILES or not value:
            continue
        try:
            read_regular(Path(value), LARGEST_SECRET)
        except OSError as error:
            return f"`{name}` in the address names {value}, which cannot be read ({error.strerror}): correct it"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
