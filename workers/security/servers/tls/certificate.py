"""What is wrong with a certificate, read from the certificate itself."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from workers.inspection.chain import SOON, ChainFault, covers
from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable

#: Bits of a key below which it is broken or will be; NIST SP 800-57, part 1, table 2 (112 bits of strength).
RSA_BITS, EC_BITS = 2048, 224
#: Days before its end in which it is urgent to renew a certificate.
URGENT = 7
#: How bad the dates of a certificate of the chain are, and what they are called.
_OF_CHAIN: dict[str, tuple[str, Severity]] = {
    "expired": ("A certificate of the chain has expired", "critical"),
    "not-yet-valid": ("A certificate of the chain is not yet valid", "high"),
    "expires-soon": ("A certificate of the chain expires soon", "medium"),
}


def certificate_findings(certificate: x509.Certificate, host: str, where: str, now: datetime) -> Iterator[Finding]:
    """Its dates, names, key, and signature."""
    yield from _dates(certificate, where, now)
    names = _names(certificate)
    if not covers(names, host):
        detail = f"It is for {printable(', '.join(names[:5]), 200) or 'nobody'}: have it issued for {host}."
        yield finding("wrong-name", "The certificate is for another name", "high", where, detail)
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < RSA_BITS:
        yield finding("weak-key", "Weak key", "high", where, f"{key.key_size} bits: make a key of {RSA_BITS} or more.")
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < EC_BITS:
        yield finding("weak-key", "Weak key", "high", where, f"The curve has {key.key_size} bits: use P-256 or better.")
    algorithm = certificate.signature_hash_algorithm
    if algorithm is not None and algorithm.name in ("md5", "sha1"):
        detail = f"Signed with {algorithm.name}, which can be forged: have it issued with SHA-256 or better."
        yield finding("weak-signature", "Weak signature", "high", where, detail)


def _dates(certificate: x509.Certificate, where: str, now: datetime) -> Iterator[Finding]:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    subject = printable(certificate.subject.rfc4514_string(), 120) or "no subject"
    days = (ends - now).days
    if now > ends:
        detail = f"{subject} ended {_day(ends)}: renew it."
        yield finding("certificate-expired", "The certificate has expired", "critical", where, detail)
    elif now < begins:
        detail = f"{subject} begins {_day(begins)}: see whether the clock of its maker or of this machine is wrong."
        yield finding("certificate-not-yet-valid", "The certificate is not yet valid", "high", where, detail)
    elif days < SOON:
        severity: Severity = "medium" if days < URGENT else "low"
        detail = f"{subject} ends {_day(ends)}, in {days} days: renew it."
        yield finding("certificate-expires-soon", "The certificate expires soon", severity, where, detail)


def _names(certificate: x509.Certificate) -> list[str]:
    """Whom it is for. The subject's common name counts for nothing (RFC 9525)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def chain_finding(fault: ChainFault, where: str) -> Finding:
    """What is wrong with the dates of a certificate of the chain."""
    title, severity = _OF_CHAIN[fault.kind]
    return finding(f"certificate-{fault.kind}", title, severity, where, f"{fault.why[:1].upper()}{fault.why[1:]}.")


def finding(rule: str, title: str, severity: Severity, where: str, detail: str) -> Finding:
    """One finding about an endpoint."""
    return Finding(rule=rule, title=title, severity=severity, file=where, detail=detail)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
