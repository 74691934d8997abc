"""Logins in addresses, and in the lines of `.pgpass`."""

import re
from collections.abc import Iterator

from .noted import Noted

#: A line of `.pgpass`, and a login in an address. The password may have an `@` in it: the last one before the host is
#: the sign.
_PGPASS = re.compile(
    r"(?:^|[\"'])[^:#\s\"'/]{1,100}:(?:\d{2,5}|\*):[^:\s/]{1,100}:[^:\s/]{1,100}:(?P<value>[^:\s\"']{4,200})(?:$|[\"'])"
)
_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30})://(?P<user>[^\s:/?#\[\]@\"'`<>()|,]{0,100})"
    r":(?P<password>(?!\d{1,5}[#?/])[^\s/?\"'`<>(),]{3,200})@(?P<host>[\w.$\[{<%*-][^\s/?#\"'`<>@]{0,200})"
)
_TOKEN_ADDRESS = re.compile(r"https?://(?P<password>[A-Za-z0-9_-]{20,200})@(?P<host>[\w.-]{3,200})")


def passwords(text: str) -> Iterator[Noted]:
    """Those in a line."""
    if "://" in text:
        for match in _ADDRESS.finditer(text):
            yield Noted(match["password"], match["user"], match["scheme"], "address", match["host"])
        for match in _TOKEN_ADDRESS.finditer(text):
            yield Noted(match["password"], "", "", "token address", match["host"])
    yield from (Noted(match["value"], "password", "", "blank") for match in _PGPASS.finditer(text))
