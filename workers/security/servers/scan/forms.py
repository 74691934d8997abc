"""Tokens that are known by their form alone, wherever they stand: those of detect-secrets, and more."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector

from workers.inspection.findings import Severity

IN_ADDRESS = "Basic Auth Credentials"
#: An address that no scanner of secrets asks about is no secret, and logins in addresses are read by `addresses`.
_UNUSED = {"Public IP (ipv4)", IN_ADDRESS, "NPM tokens"}
_CRITICAL = {"AWS Access Key", "Azure Storage Account access key", "GitHub Token", "GitLab Token", "Stripe Access Key"}
_MEDIUM = {"JSON Web Token"}

_MORE: dict[str, tuple[str, Severity]] = {
    "GitHub fine-grained token": (r"github_pat_[A-Za-z0-9_]{36,255}", "critical"),
    "Google API key": (r"AIza[0-9A-Za-z_-]{35}", "critical"),
    "Google OAuth secret": (r"GOCSPX-[A-Za-z0-9_-]{28}", "critical"),
    "Google OAuth token": (r"ya29\.[A-Za-z0-9_-]{40,400}", "high"),
    "npm token": (r"npm_[A-Za-z0-9]{36}", "critical"),
    "Hugging Face token": (r"hf_[A-Za-z0-9]{34}", "critical"),
    "Anthropic API key": (r"sk-ant-[A-Za-z0-9_-]{32,200}", "critical"),
    "OpenAI API key": (r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,200}", "critical"),
    "DigitalOcean token": (r"do[opr]_v1_[a-f0-9]{64}", "critical"),
    "Docker Hub token": (r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}", "critical"),
    "Slack app token": (r"xapp-\d-[A-Z0-9]{8,20}-\d{8,20}-[a-f0-9]{40,80}", "critical"),
    "Shopify token": (r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "critical"),
    "Vault token": (r"hv[sb]\.[A-Za-z0-9_-]{24,200}", "critical"),
    "Vault token of before": (r"(?<![\w.])s\.[A-Za-z0-9]{24}(?![\w.])", "high"),
    "Databricks token": (r"dapi[a-f0-9]{32}", "critical"),
    "Atlassian token": (r"ATATT3[A-Za-z0-9_=-]{60,300}", "critical"),
    "New Relic key": (r"NRAK-[A-Z0-9]{27}", "critical"),
    "Terraform Cloud token": (r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,80}", "critical"),
    "Grafana token": (r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,200}", "critical"),
    "RubyGems key": (r"rubygems_[a-f0-9]{48}", "critical"),
    "Postman key": (r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}", "critical"),
    "Mailgun key": (r"key-[0-9a-f]{32}", "high"),
    "Linear key": (r"lin_api_[A-Za-z0-9]{40}", "critical"),
    "Doppler token": (r"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9._-]{40,60}", "critical"),
    "Figma token": (r"figd_[A-Za-z0-9_-]{40}", "critical"),
    "Sentry token": (r"sntry[su]_[A-Za-z0-9+/=_-]{40,300}", "critical"),
    "Pulumi token": (r"pul-[a-f0-9]{40}", "critical"),
    "NuGet key": (r"oy2[a-z0-9]{43}", "critical"),
    "Stripe webhook secret": (r"whsec_[A-Za-z0-9+/=]{32,64}", "high"),
    "Stripe restricted key": (r"[rs]k_(?:live|test)_[0-9a-zA-Z]{24,247}", "critical"),
    "age secret key": (r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "critical"),
    "Discord webhook": (r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80}", "high"),
    "Teams webhook": (r"webhook\.office\.com/webhookb2/[A-Za-z0-9@-]{36,100}/IncomingWebhook/[a-f0-9]{32}", "high"),
    "Shared access signature": (
        r"(?:[?&;]|&amp;|\bsr=[^\s\"']{1,200}&)sig=(?P<value>[A-Za-z0-9%+/]{40,120}(?:=|%3[Dd])?)",
        "high",
    ),
    "Azure shared access key": (r"(?:Shared)?A(?:ccess|ccount)Key=(?P<value>[A-Za-z0-9+/]{40,86}={1,2})", "critical"),
}
_KEY_DATA = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,20000}={0,2}")
#: The secrets' own length, from which on a form is told by itself.
_VARIETY = 6


class Form(NamedTuple):
    """A token found by its form."""

    title: str
    severity: Severity
    value: str
    known: bool  #: whether its form alone tells what it is, so that a test or an example makes no difference


class _Pattern(NamedTuple):
    title: str
    severity: Severity
    pattern: "re.Pattern[str]"
    valid: Any  #: a further check of the match, or None


class Forms:
    """All forms, made once."""

    def __init__(self) -> None:
        self.entropy: list[Any] = []  #: detectors of what looks random
        self._patterns: list[_Pattern] = []
        kinds: dict[str, Any] = get_mapping_from_secret_type_to_class()
        for title, kind in kinds.items():
            if title in _UNUSED or kind in (KeywordDetector, PrivateKeyDetector):
                continue
            detector = kind()
            if isinstance(detector, HighEntropyStringsPlugin):
                self.entropy.append(detector)
                continue
            severity: Severity = "critical" if title in _CRITICAL else "medium" if title in _MEDIUM else "high"
            valid = detector.is_formally_valid if isinstance(detector, JwtTokenDetector) else None
            self._patterns.extend(_Pattern(title, severity, pattern, valid) for pattern in detector.denylist)
        self._patterns += [
            _Pattern(title, severity, re.compile(pattern), None) for title, (pattern, severity) in _MORE.items()
        ]

    def find(self, text: str) -> Iterator[Form]:
        """The tokens in a line, its blanks already drawn together."""
        for title, severity, pattern, valid in self._patterns:
            for match in pattern.finditer(text):
                named = "value" in match.re.groupindex
                value = match["value"] if named else match.group().strip(" \t:=\"'")
                alone = named or _stands_alone(text, match)
                if alone and not is_handmade(value) and (valid is None or valid(value)):
                    yield Form(title, severity, value, severity != "medium")
        for match in _KEY_DATA.finditer(text):
            if _is_private_key(match.group()):
                yield Form("Private key", "critical", match.group()[-200:], True)


def is_handmade(value: str) -> bool:
    """Whether a token of known form was plainly made by hand: `ghp_xxxxxxxx…`."""
    return len(set(value[-16:])) < _VARIETY


def _is_private_key(encoded: str) -> bool:
    try:
        head = base64.b64decode(encoded[: len(encoded) // 4 * 4])[:100]
    except (binascii.Error, ValueError):
        return False
    return b"PRIVATE KEY" in head


def _stands_alone(text: str, match: "re.Match[str]") -> bool:
    """Whether a token is not the middle of a longer word, as in the base64 of a picture."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    first, last = text[match.start()], text[match.end() - 1]
    return not (before.isalnum() and first.isalnum()) and not (after.isalnum() and last.isalnum())
