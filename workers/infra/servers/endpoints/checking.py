"""Checking one endpoint: does it answer, as it should, in time, and with a certificate that holds?"""

import time
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from workers.inspection.findings import Finding, Severity, Status
from workers.inspection.git import printable

from .address import Address, Refused, read_address, shown_raw
from .certificate import Certificate, describe, secure
from .connecting import Connected
from .proxies import Proxy, connect_by, proxy_for
from .racing import Unreachable
from .web import MAX_BODY, Answered, get

#: Redirects of one host that are followed.
MAX_REDIRECTS = 5
_FIRST_FAULT = 400


class Wanted(BaseModel):
    """An endpoint, and what of it differs from the others."""

    address: str = Field(
        max_length=2_000, description="https://host/path, tls://host:port, tcp://host:port, host:port."
    )
    status: int | None = Field(default=None, ge=100, le=599, description="HTTP status it must answer with.")
    text: str | None = Field(default=None, max_length=1_000, description="Text its answer must hold.")


class Answer(BaseModel):
    """What one endpoint answered."""

    address: str = Field(description="The endpoint, without credentials and query.")
    result: Status = Field(description="`inconclusive` when it was not asked or not all of it could be seen.")
    status: int | None = Field(default=None, description="HTTP status, where there is one.")
    ms: int | None = Field(default=None, description="Milliseconds to connect, and of the web to the answer's headers.")
    ip: str = Field(default="", description="The address that answered.")
    note: str = Field(default="", description="What to know about it.")


@dataclass(frozen=True)
class Rules:
    """What is expected of every endpoint."""

    status: int | None = None  #: none: any below 400
    text: str = ""
    days: int = 21  #: a certificate must be valid for so long
    seconds: float = 10.0  #: for one endpoint
    slow_ms: int | None = None
    across_hosts: bool = False  #: whether redirects to other hosts are followed
    authorities: str | None = None  #: PEM file of authorities to trust beside the system's
    certificates_only: bool = False


@dataclass
class Looked:
    """All that came of looking at one endpoint."""

    answer: Answer
    certificates: list[Certificate] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def look(wanted: Wanted, rules: Rules) -> Looked:
    """Look at one endpoint. Whatever comes of it is a value."""
    try:
        address = read_address(wanted.address)
    except Refused as why:
        shown = shown_raw(wanted.address)
        return Looked(Answer(address=shown, result="inconclusive", note=str(why)), gaps=[f"{shown}: {why}"])
    return _Look(address, wanted, rules).done()


class _Look:
    def __init__(self, address: Address, wanted: Wanted, rules: Rules) -> None:
        self.address = address
        self.rules = rules
        self.status = wanted.status or rules.status
        self.text = wanted.text or rules.text
        self.deadline = time.monotonic() + rules.seconds
        self.looked = Looked(Answer(address=address.shown, result="pass"))

    def done(self) -> Looked:
        answer = self.looked.answer
        try:
            self._ask(self.address)
        except Refused as why:
            self._gap(str(why))
        except Unreachable as why:
            self._fault("unreachable", "Endpoint does not answer", "high", str(why))
        answer.result = "fail" if self.looked.findings else "inconclusive" if self.looked.gaps else "pass"
        whys = [finding.detail for finding in self.looked.findings] + [answer.note]
        answer.note = " ".join(dict.fromkeys(filter(None, whys)))
        return self.looked

    def _ask(self, first: Address) -> None:
        if self.rules.certificates_only and first.kind in ("http", "tcp"):
            raise Refused(f"{first.kind} shows no certificate: give https:// or tls://")
        address, total = first, 0.0
        for _ in range(MAX_REDIRECTS + 1):
            connected = self._connected(address)
            total += connected.ms
            self.looked.answer.ip, self.looked.answer.ms = connected.ip, round(total)
            if address.kind in ("tcp", "tls") or self.rules.certificates_only:
                connected.sock.close()
                return self._time(total)
            answered = get(address, connected.sock, self.text, self.deadline, self._proxy(address))
            total += answered.ms
            self.looked.answer.status, self.looked.answer.ms = answered.status, round(total)
            onward = self._onward(address, answered)
            if onward is None:
                self._time(total)
                return self._judge(answered)
            address = onward
        raise Unreachable(f"it redirects more than {MAX_REDIRECTS} times")

    def _connected(self, address: Address) -> Connected:
        """A connection, over TLS where the address says so; its certificate is looked at."""
        if address.kind in ("http", "tcp"):
            return connect_by(self._proxy(address), address, self.deadline)
        proxy = self._proxy(address)
        secured = secure(
            address, lambda: connect_by(proxy, address, self.deadline), self.rules.authorities, self.deadline
        )
        try:
            certificate, findings = describe(address, secured, self.rules.days)
        except Unreachable:
            secured.connected.sock.close()
            raise
        if all(certificate.address != known.address for known in self.looked.certificates):
            self.looked.certificates.append(certificate)
            self.looked.findings += findings
        return secured.connected

    def _proxy(self, address: Address) -> Proxy | None:
        proxy = proxy_for(address)
        if proxy and not self.looked.answer.note:
            self.looked.answer.note = f"asked through the proxy {proxy.place.authority}"
        return proxy

    def _onward(self, address: Address, answered: Answered) -> Address | None:
        """Where to ask next; None when this answer is the one to judge."""
        if not answered.location or self.status == answered.status:
            return None
        onward = address.redirected(answered.location)
        if onward.host != self.address.host and not self.rules.across_hosts:
            self.looked.answer.note = f"redirects to {onward.shown}, another host: not followed"
            return None
        return onward

    def _judge(self, answered: Answered) -> None:
        if self.status is not None and answered.status != self.status:
            why = f"it answers {answered.status}, and {self.status} is expected"
            self._fault("status", "Unexpected status", "high", why)
        elif self.status is None and answered.status >= _FIRST_FAULT:
            self._fault("status", "Error status", "high", f"it answers {answered.status}")
        elif self.text and answered.location:
            self._fault(
                "text", "Text is missing", "medium", f"it redirects, and `{printable(self.text, 60)}` is expected"
            )
        elif answered.found is False:
            self._fault("text", "Text is missing", "medium", f"its answer lacks `{printable(self.text, 60)}`")
        elif answered.found is None:
            self._gap(f"only the first {MAX_BODY >> 20} MiB was searched for the text")

    def _time(self, ms: float) -> None:
        limit = self.rules.slow_ms
        if limit is not None and ms > limit:
            self._fault("slow", "Slow answer", "low", f"it took {ms:.0f} ms, the limit is {limit} ms")

    def _fault(self, rule: str, title: str, severity: Severity, why: str) -> None:
        place = self.address.shown
        self.looked.findings.append(
            Finding(rule=rule, title=title, severity=severity, file=place, detail=f"{why[:1].upper()}{why[1:]}.")
        )

    def _gap(self, why: str) -> None:
        self.looked.gaps.append(f"{self.address.shown}: {why}")
        self.looked.answer.note = why
