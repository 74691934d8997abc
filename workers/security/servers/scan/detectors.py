"""Finds secrets in lines of text, over the detectors of detect-secrets.

Its detectors are used for their patterns alone: nothing here ever tries a secret out, as that would use it and
would need the network. Their values are read from whole matches, filtered, and given a severity.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.filters.allowlist import is_line_allowlisted
from detect_secrets.plugins.high_entropy_strings import HexHighEntropyString, HighEntropyStringsPlugin
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.util.code_snippet import get_code_snippet

from workers.inspection.findings import Severity

from .guesses import is_checksum_line, is_no_secret, is_placeholder, is_sample_login, looks_random

#: Characters of a line that are looked at; what is longer is generated or data.
MAX_LINE = 4_000
#: Lines between two questions whether it is enough.
LOOK_EVERY = 100

_CRITICAL = {"AWS Access Key", "Azure Storage Account access key", "GitHub Token", "GitLab Token", "Stripe Access Key"}
_IN_ADDRESS = "Basic Auth Credentials"
_MEDIUM = {_IN_ADDRESS, "JSON Web Token"}
_UNUSED = {"Public IP (ipv4)"}  # an address is no secret

#: Tokens that are known by their form and that detect-secrets does not know yet.
_MORE = {
    "GitHub fine-grained token": r"github_pat_[A-Za-z0-9_]{36,}",
    "Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{34}",
    "Anthropic API key": r"sk-ant-[A-Za-z0-9_-]{32,}",
    "DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
}

#: Cheap looks that most lines fail, so that the patterns behind them need not be tried.
_RUN = re.compile(r"[A-Za-z0-9_+/=-]{16,}")
_MIXED = re.compile(r"[A-Z0-9]")
_WITHOUT_RUN = re.compile(r"://|cloudant|softlayer", re.IGNORECASE)
#: Names that promise a secret, and names that do so only for a value that looks random. All lengths are bounded:
#: detect-secrets' own patterns for names take minutes for one hostile line.
_PROMISING = (
    r"(?:api|auth|service|account|db|database|priv|private|client|secret)[-_]?key|pass(?:word|wd|phrase)?|pwd|secret"
)
_HINTING = r"token|credential|auth|bearer"
_NAMED = re.compile(
    rf"(?:(?P<promising>{_PROMISING}|contrase[nñ]a)|{_HINTING})[\w.-]{{0,40}}[\"']?\]?[ \t]{{0,20}}"
    r"(?::=|=>|={1,3}|!==?|:)[ \t]{0,20}@?"
    r"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\s]{5,200})(?P=quote)"
    r"|(?P<bare>[^\s\"'`#;,]{5,200})(?=[ \t]{0,99}(?:[#;]|$)))",
    re.IGNORECASE,
)
#: Many blanks in a row: detect-secrets' patterns try each way to share them out, and no secret has one in it.
_BLANKS = re.compile(r" {2,}")
_NAME = re.compile(r"key|pass|pwd|secret|contrase|token|credential|auth|bearer", re.IGNORECASE)
_SETTING = re.compile(r"^\s*(?:-\s+|export\s+)?[\w.-]+\s*[:=]\s*(?P<value>[A-Za-z0-9+/=_-]{20,})\s*(?:#.*)?$")
_SETTINGS_FILES = {".yaml", ".yml", ".ini", ".cfg", ".conf", ".env", ".properties", ".toml", ".tfvars"}
_KEY_HEADER = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{32,}")
_TRIAL_PLACES = {"test", "tests", "testing", "fixtures", "testdata", "examples", "example", "docs", "samples"}


class Hit(NamedTuple):
    """A secret as it was found. The value stays inside the program."""

    title: str
    severity: Severity
    value: str
    line: int
    allowed: bool  #: its line says `pragma: allowlist secret`
    known_form: bool  #: its form alone tells what it is, such as `AKIA…`


class _Pattern(NamedTuple):
    title: str
    severity: Severity
    pattern: "re.Pattern[str]"
    valid: Any  #: a further check of the match, or None


#: Title, severity, value, and whether its form alone tells what it is.
_Found = tuple[str, Severity, str, bool]


class _Place(NamedTuple):
    """What a path tells about the lines in it."""

    trial: bool  #: whether it is a test or an example: what is there by name only is made up
    settings: bool  #: whether values stand there without quotes

    @classmethod
    def of(cls, path: str) -> "_Place":
        pure = PurePosixPath(path.lower())
        settings = pure.suffix in _SETTINGS_FILES or pure.name.startswith(".env")
        return cls(bool(_TRIAL_PLACES & set(pure.parts)), settings)

    @property
    def severity(self) -> Severity:
        """The severity of a guess there."""
        return "low" if self.trial else "medium"


class Detectors:
    """All detectors, made once. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._entropy: list[Any] = []
        self._patterns: list[_Pattern] = [
            _Pattern(title, "critical", re.compile(pattern), None) for title, pattern in _MORE.items()
        ]
        kinds: dict[str, Any] = get_mapping_from_secret_type_to_class()
        for title, kind in kinds.items():
            if title in _UNUSED or kind in (KeywordDetector, PrivateKeyDetector):
                continue
            detector = kind()
            if isinstance(detector, HighEntropyStringsPlugin):
                self._entropy.append(detector)
            else:
                severity: Severity = "critical" if title in _CRITICAL else "medium" if title in _MEDIUM else "high"
                valid = detector.is_formally_valid if isinstance(detector, JwtTokenDetector) else None
                self._patterns.extend(_Pattern(title, severity, pattern, valid) for pattern in detector.denylist)

    def scan(
        self, path: str, lines: Sequence[tuple[int, str]], enough: Callable[[], bool] = lambda: False
    ) -> Iterator[Hit]:
        """The secrets in some lines of one file; the lines need not be all of them. It ends early when told so."""
        texts = [text[:MAX_LINE] for _, text in lines]
        place = _Place.of(path)
        for index, (number, _) in enumerate(lines):
            if index % LOOK_EVERY == 0 and enough():
                return
            text = texts[index]
            dense = any(_MIXED.search(run.group()) for run in _RUN.finditer(text))
            found = [
                *(self._by_form(text, place) if dense or _WITHOUT_RUN.search(text) else ()),
                *(_private_keys(texts, index) if "PRIVATE KEY" in text or "PuTTY" in text else ()),
                *(self._by_name(text, place) if _NAME.search(text) else ()),
                *(self._by_randomness(texts, index, place) if dense else ()),
            ]
            if not found:
                continue
            allowed = _is_allowed(path, texts, index)
            taken: set[str] = set()
            for title, severity, value, known in found:
                if not any(value in other or other in value for other in taken):
                    taken.add(value)
                    yield Hit(title, severity, value, number, allowed, known)

    def _by_form(self, line: str, place: "_Place") -> Iterator[_Found]:
        text = _BLANKS.sub(" ", line)
        for title, severity, pattern, valid in self._patterns:
            for match in pattern.finditer(text):
                value = match.group().strip(" \t:=\"'")
                if title == _IN_ADDRESS:
                    if not is_sample_login(match, text) and (looks_random(match[1]) or not place.trial):
                        yield title, place.severity, match[1], False
                elif _stands_alone(text, match) and not is_placeholder(value) and (valid is None or valid(value)):
                    known = severity != "medium"
                    yield title, severity if known else place.severity, value, known

    def _by_name(self, text: str, place: "_Place") -> Iterator[_Found]:
        for match in _NAMED.finditer(text):
            value = match["quoted"] or (match["bare"] if place.settings else None) or ""
            likely = looks_random(value) or (match["promising"] and not place.trial)
            if value and likely and not is_no_secret(value, text):
                yield "Secret keyword" if match["promising"] else "Token", place.severity, value, False

    def _by_randomness(self, texts: Sequence[str], index: int, place: "_Place") -> Iterator[_Found]:
        text = texts[index]
        if is_checksum_line(text) or (index and is_checksum_line(texts[index - 1])):
            return
        setting = _SETTING.match(text) if place.settings else None
        quoted = f'{text} "{setting["value"]}"' if setting else text
        for detector in self._entropy:
            for value in detector.analyze_string(quoted):
                if self._is_random(detector, value) and not is_no_secret(value, text):
                    yield str(detector.secret_type).replace(" String", " string"), "low", value, False

    @staticmethod
    def _is_random(detector: Any, value: str) -> bool:
        least = 32 if isinstance(detector, HexHighEntropyString) else 20
        return len(value) >= least and detector.calculate_shannon_entropy(value) > detector.entropy_limit


def _stands_alone(text: str, match: "re.Match[str]") -> bool:
    """Whether a token is not the middle of a longer word, as in the base64 of a picture."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    first, last = text[match.start()], text[match.end() - 1]
    return not (before.isalnum() and first.isalnum()) and not (after.isalnum() and last.isalnum())


def _private_keys(texts: Sequence[str], index: int) -> Iterator[_Found]:
    """Private keys that begin in a line: the header alone, as in a pattern or a manual, is none."""
    for match in _KEY_HEADER.finditer(texts[index]):
        rest = texts[index][match.end() :].replace("\\n", "\n")
        body = "".join(_KEY_BODY.findall("\n".join([rest, *texts[index + 1 : index + 9]]))[:4])
        if body:
            yield "Private key", "critical", body, False


def _is_allowed(path: str, texts: Sequence[str], index: int) -> bool:
    near = list(texts[max(0, index - 1) : index + 1])
    if not any("pragma" in text for text in near):
        return False
    return bool(is_line_allowlisted(path, near[-1], get_code_snippet(near, len(near))))
