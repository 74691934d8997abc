"""The certificates that an endpoint shows beside its own, and whom one is for: read the same by every check."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography import x509

from workers.inspection.git import printable

#: Fewer days left than these are a fault, where nobody says another number.
SOON = 21
#: Certificates of one chain that are looked at.
MOST = 10


class ChainFault(NamedTuple):
    """What is wrong with the dates of a certificate between an endpoint's own and who is trusted."""

    kind: str  #: `expired`, `not-yet-valid` or `expires-soon`
    why: str


def shown_chain(sock: ssl.SSLSocket) -> list[bytes]:
    """All certificates that the other side showed, its own first, as it sent them."""
    # Public from Python 3.13 on; before that, the method of the object beneath it is the same.
    source: Any = sock if hasattr(sock, "get_unverified_chain") else sock._sslobj  # type: ignore[attr-defined]
    shown = source.get_unverified_chain() or []
    return [one if isinstance(one, bytes) else one.public_bytes(_DER) for one in shown][:MOST]


def chain_faults(shown: list[bytes], days: int, now: datetime | None = None) -> list[ChainFault]:
    """Faults of the certificates that vouch for the first one, as far as they are shown; fewer days left are one.

    Of several that would do, the one that holds longest counts. Roots do not: who trusts them has them.
    """
    now = now or datetime.now(UTC)
    return [fault for one in _above(shown, now) if (fault := _fault(one, days, now)) is not None]


def first_end(shown: list[bytes], ends: datetime, now: datetime) -> datetime:
    """When the first of a certificate, which ends then, and those that vouch for it ends."""
    return min([ends, *(one.not_valid_after_utc for one in _above(shown, now))])


def _above(shown: list[bytes], now: datetime) -> Iterator[x509.Certificate]:
    """The certificates that vouch for the first one, as far as they are shown."""
    try:
        current, *others = [x509.load_der_x509_certificate(one) for one in shown]
    except ValueError:
        return
    while above := [one for one in others if one.subject == current.issuer and one.issuer != one.subject]:
        current = max(above, key=lambda one: (one.not_valid_before_utc <= now, one.not_valid_after_utc))
        others = [one for one in others if one.subject != current.subject]
        yield current


def covers(names: list[str], host: str) -> bool:
    """Whether a certificate for these names is one for this host; `*` stands for exactly one label."""
    host = host.lower().rstrip(".")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        parent = f"*.{host.partition('.')[2]}"
        return any(name.lower().rstrip(".") in (host, parent) for name in names)
    return str(ip) in names


def _fault(one: x509.Certificate, days: int, now: datetime) -> ChainFault | None:
    who = f"the certificate between it and the root, {printable(one.subject.rfc4514_string(), 120) or 'no name'},"
    begins, ends = one.not_valid_before_utc, one.not_valid_after_utc
    left = (ends - now).days
    if ends <= now:
        return ChainFault("expired", f"{who} expired on {ends:%Y-%m-%d}: send the one that replaced it")
    if begins > now:
        return ChainFault("not-yet-valid", f"{who} begins to be valid on {begins:%Y-%m-%d %H:%M} UTC")
    if left < days:
        return ChainFault("expires-soon", f"{who} expires on {ends:%Y-%m-%d}, in {left} days: have it replaced")
    return None


_DER: Any = getattr(ssl._ssl, "ENCODING_DER", 2)  # type: ignore[attr-defined]
