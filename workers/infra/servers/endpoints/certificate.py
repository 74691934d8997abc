"""The certificate of an endpoint: who it is for, until when, and whether its chain holds. Read even where it does not.

The chain is verified first. Where that fails, a second connection without verification reads the certificate: nothing
secret is ever sent over either.
"""

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from pydantic import BaseModel, Field

from workers.inspection.chain import ChainFault, chain_faults, covers, first_end, shown_chain
from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable

from .address import Address
from .connecting import Connected, cut_off
from .racing import Unreachable, said

#: Names of one certificate that are shown.
MAX_NAMES = 20
#: OpenSSL's words for a date that is over or not yet there (X509_V_ERR_…), and its flag to leave dates out.
_DATES = frozenset({9, 10})
_NO_CHECK_TIME = 0x200000
#: How bad the dates of a certificate of the chain are, and what they are called.
_OF_CHAIN: dict[str, tuple[str, Severity]] = {
    "expired": ("Certificate of the chain expired", "critical"),
    "not-yet-valid": ("Certificate of the chain not yet valid", "high"),
    "expires-soon": ("Certificate of the chain expires soon", "medium"),
}


class Certificate(BaseModel):
    """What a certificate says."""

    address: str = Field(description="The endpoint that showed it.")
    days_left: int = Field(description="Whole days until it expires; negative when it has expired.")
    expires: str = Field(description="When it expires (UTC, ISO 8601).")
    chain_days_left: int = Field(description="Whole days until the first of it and those that vouch for it expires.")
    subject: str = Field(description="Whom it is for.")
    issuer: str = Field(description="Who issued it.")
    names: list[str] = Field(description="Host names and addresses it is valid for, the first 20.")
    begins: str = Field(description="When it begins to be valid (UTC, ISO 8601).")
    problems: list[str] = Field(description="What is wrong with it; empty when nothing is.")


class Secured(NamedTuple):
    """A connection over TLS, and what was shown on it."""

    connected: Connected
    shown: list[bytes]  #: its certificate, and those that were sent with it
    chain: str  #: what is wrong with the chain beside its dates; empty when nothing is


def secure(address: Address, open_one: Callable[[], Connected], authorities: str | None, deadline: float) -> Secured:
    """Speak TLS with an endpoint, verified if that is possible. `open_one` makes a new connection.

    Raises:
        Refused, Unreachable: as connecting does, or TLS is not spoken there.
    """
    try:
        connected, shown = _handshake(address, open_one(), _context(authorities), deadline)
        return Secured(connected, shown, "")
    except ssl.SSLCertVerificationError as error:
        code, why = error.verify_code, error.verify_message
    connected, shown = _handshake(address, open_one(), _unverified(), deadline)
    if code not in _DATES:
        return Secured(connected, shown, f"its chain does not hold: {printable(why, 100)}")
    if _is_in_its_dates(shown[0]) and not chain_faults(shown, 0):
        return Secured(connected, shown, "a certificate of its chain is out of its dates: who vouches for it is")
    return Secured(connected, shown, _without_dates(address, open_one, authorities, deadline))


def describe(address: Address, secured: Secured, days: int) -> tuple[Certificate, list[Finding]]:
    """What the certificate says, and what is wrong with it. `days`: fewer left are a fault.

    Raises:
        Unreachable: it is no certificate that can be read.
    """
    try:
        found = x509.load_der_x509_certificate(secured.shown[0])
        names = _names(found)
        subject, issuer = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
    except ValueError:
        raise Unreachable("it shows a certificate that cannot be read") from None
    now = datetime.now(UTC)
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    left = (ends - now).days
    faults = list(_date_faults(begins, ends, now, left, days))
    if not covers(names, address.host):
        shown = ", ".join(printable(name, 60) for name in names[:5]) or "no name at all"
        faults.append(_Fault("wrong-name", "Certificate for another name", "high", f"it is for {shown}"))
    faults += [_chain_fault(fault) for fault in chain_faults(secured.shown, days, now)]
    if secured.chain:
        faults.append(_Fault("untrusted", "Certificate that is not trusted", "high", secured.chain))
    certificate = Certificate(
        address=address.shown,
        days_left=left,
        expires=ends.isoformat(timespec="seconds"),
        chain_days_left=(first_end(secured.shown, ends, now) - now).days,
        subject=printable(subject, 200),
        issuer=printable(issuer, 200),
        names=[printable(name, 100) for name in names[:MAX_NAMES]],
        begins=begins.isoformat(timespec="seconds"),
        problems=[fault.why for fault in faults],
    )
    return certificate, [fault.at(address.shown) for fault in faults]


class _Fault(NamedTuple):
    rule: str
    title: str
    severity: Severity
    why: str

    def at(self, place: str) -> Finding:
        return Finding(rule=self.rule, title=self.title, severity=self.severity, file=place, detail=f"{self.why}.")


def _chain_fault(fault: ChainFault) -> _Fault:
    title, severity = _OF_CHAIN[fault.kind]
    return _Fault(fault.kind, title, severity, fault.why)


def _date_faults(begins: datetime, ends: datetime, now: datetime, left: int, days: int) -> list[_Fault]:
    if ends <= now:
        return [_Fault("expired", "Certificate expired", "critical", f"it expired on {ends:%Y-%m-%d}")]
    faults = []
    if begins > now:
        why = f"it begins to be valid on {begins:%Y-%m-%d %H:%M} UTC"
        faults.append(_Fault("not-yet-valid", "Certificate not yet valid", "high", why))
    if left < days:
        why = f"it expires on {ends:%Y-%m-%d}, in {left} days; renew it when fewer than {days} are left"
        faults.append(_Fault("expires-soon", "Certificate expires soon", "medium", why))
    return faults


def _names(found: x509.Certificate) -> list[str]:
    try:
        known = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    ips = [str(ip) for ip in known.get_values_for_type(x509.IPAddress)]
    return [*known.get_values_for_type(x509.DNSName), *ips]


def _context(authorities: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False  # `covers` says it beside all other faults, not instead of them
    if authorities:
        try:
            context.load_verify_locations(authorities)
        except (OSError, ssl.SSLError):
            raise Unreachable("the file of authorities cannot be read: give a PEM file of certificates") from None
    return context


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _handshake(
    address: Address, connected: Connected, context: ssl.SSLContext, deadline: float
) -> tuple[Connected, list[bytes]]:
    sock: socket.socket = connected.sock
    try:
        # The handshake comes after the wrapping: only then can the deadline cut it off.
        sock = wrapped = context.wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
        with cut_off(wrapped, deadline):
            wrapped.do_handshake()
    except ssl.SSLCertVerificationError:
        sock.close()
        raise
    except (OSError, ValueError) as error:
        sock.close()
        if time.monotonic() >= deadline:
            raise Unreachable("no answer in time") from None
        raise Unreachable(f"TLS is not spoken there: {_said(error)}") from None
    return Connected(wrapped, connected.ip, connected.ms), shown_chain(wrapped) or [b""]


def _said(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return printable((error.reason or "the handshake failed").lower().replace("_", " "), 80)
    return said(error) if isinstance(error, OSError) else "the host has no name that TLS can carry"


def _is_in_its_dates(der: bytes) -> bool:
    try:
        found = x509.load_der_x509_certificate(der)
    except ValueError:
        return False
    return found.not_valid_before_utc <= datetime.now(UTC) <= found.not_valid_after_utc


def _without_dates(
    address: Address, open_one: Callable[[], Connected], authorities: str | None, deadline: float
) -> str:
    """What is wrong with a chain beside its dates: an expired certificate may be a self-signed one too."""
    context = _context(authorities)
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    try:
        connected, _ = _handshake(address, open_one(), context, deadline)
    except ssl.SSLCertVerificationError as error:
        return f"its chain does not hold: {printable(error.verify_message, 100)}"
    connected.sock.close()
    return ""
