"""Checks endpoints: which versions of TLS they still speak, and whether their certificate holds."""

import ssl
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.chain import SOON, chain_faults, shown_chain
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude
from workers.inspection.git import printable

from .certificate import certificate_findings, chain_finding, finding
from .endpoint import Endpoint, Unreachable, trusting_nothing

#: Versions that are broken (RFC 8996), and that good endpoints refuse. SSL 3 is older still: no library here speaks it.
_OLD = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}
_NEW = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
#: What OpenSSL says when the certificate itself is fine and nobody here trusts who signed it.
_SELF_SIGNED = (18, 19)
_DATES = (9, 10)
_OF_DATES = ("certificate-expired", "certificate-not-yet-valid")


def check_endpoints(endpoints: Sequence[str], job: Job, authorities: Sequence[str]) -> ScanResult:
    """Check each endpoint; one that does not answer is a gap.

    Raises:
        ToolError: an endpoint or a file of authorities cannot be read.
        Stopped: the job is no longer wanted.
    """
    wanted = list(dict.fromkeys(Endpoint.read(text) for text in endpoints))
    trusted = _authorities(authorities)
    coverage, findings = Coverage(), list[Finding]()
    for index, endpoint in enumerate(wanted):
        job.progress(index / len(wanted), str(endpoint))
        if job.out_of_time:
            coverage.gaps.append(f"{len(wanted) - index} endpoints: beyond the bound of {job.seconds:g} s")
            break
        try:
            findings.extend(_certificate(endpoint, trusted, job, coverage))
            findings.extend(_versions(endpoint, job, coverage))
            coverage.endpoints += 1
        except (Unreachable, ssl.SSLError) as error:
            why = error if isinstance(error, Unreachable) else f"no TLS there ({error.reason or error})"
            coverage.gaps.append(printable(f"{endpoint}: {why}"))
    shown = ", ".join(str(endpoint) for endpoint in wanted)
    return conclude("TLS of endpoints", printable(shown), findings, coverage, looked=coverage.endpoints > 0)


def _authorities(files: Sequence[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if files else ssl.create_default_context()
    for file in files:
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError) as error:
            why = error.strerror or error
            raise ToolError(f"{printable(file, 200)!r} is no file of certificates ({why}): give a PEM file") from None
    context.check_hostname = False  # the name is compared apart: OpenSSL tells one fault of several
    return context


def _certificate(endpoint: Endpoint, trusted: ssl.SSLContext, job: Job, coverage: Coverage) -> list[Finding]:
    with endpoint.handshake(trusting_nothing(), job.left) as connection:
        shown = shown_chain(connection) or [b""]
    where, now = str(endpoint), datetime.now(UTC)
    try:
        found = list(certificate_findings(x509.load_der_x509_certificate(shown[0]), endpoint.host, where, now))
    except ValueError as error:
        return [
            finding("certificate-malformed", "The certificate cannot be read", "high", where, printable(str(error)))
        ]
    found += [chain_finding(fault, where) for fault in chain_faults(shown, SOON, now)]
    refused = endpoint.tried(trusted, job.left)
    if isinstance(refused, ssl.SSLCertVerificationError):
        found += _faults(refused, where, told=any(one.rule in _OF_DATES for one in found))
    elif refused is not None:
        coverage.gaps.append(f"{endpoint}: whether its chain holds ({printable(str(refused.reason), 80)})")
    return found


def _faults(error: ssl.SSLCertVerificationError, where: str, *, told: bool) -> list[Finding]:
    """What OpenSSL says of the chain. `told`: that something is out of its dates was read from the certificates."""
    code, said = error.verify_code, printable(str(error.verify_message), 200)
    if code in _DATES:
        detail = f"{said}: who vouches for it is out of its dates, here or among what was sent."
        title = "The certificate is not trusted: something in its chain is out of its dates"
        return [] if told else [finding("untrusted", title, "high", where, detail)]
    if code in _SELF_SIGNED:
        detail = f"{said}: have it signed by an authority, or name yours in `authorities`."
        return [finding("self-signed", "Nobody vouches for the certificate", "medium", where, detail)]
    detail = f"{said}: send the whole chain, or name the authority in `authorities`."
    return [finding("untrusted", "The certificate is not trusted", "medium", where, detail)]


def _versions(endpoint: Endpoint, job: Job, coverage: Coverage) -> list[Finding]:
    accepted = []
    for name, version in {**_OLD, **_NEW}.items():
        context = _speaking(version)
        if context is None:
            coverage.gaps.append(f"{endpoint}: whether it speaks {name} (the TLS library here does not)")
        elif endpoint.tried(context, job.left) is None:
            accepted.append(name)
    where = str(endpoint)
    found = [
        finding("old-protocol", f"It still speaks {name}", "high", where, f"{name} is broken: allow TLS 1.2 and later.")
        for name in accepted
        if name in _OLD
    ]
    if "TLS 1.3" not in accepted:
        detail = "It does not speak TLS 1.3 yet."
        found.append(finding("no-tls-1-3", "No TLS 1.3", "info" if "TLS 1.2" in accepted else "medium", where, detail))
    return found


def _speaking(version: ssl.TLSVersion) -> ssl.SSLContext | None:
    """A context of one version only; none where the library here was built without it."""
    if not getattr(ssl, f"HAS_{version.name}", False):
        return None
    context = trusting_nothing()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are just what is looked for
        context.minimum_version = context.maximum_version = version
    return context
