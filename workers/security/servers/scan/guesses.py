"""Which guessed values are no secrets: placeholders, names, references, checksums.

Only guesses pass through here (a key's name, randomness). What is known by its form is reported even in an example.
"""

import math
import re
from collections import Counter

from detect_secrets.filters import heuristic

_PLACEHOLDERS = frozenset(
    (
        *("password", "passwd", "secret", "token", "none", "null", "nil", "true", "false", "undefined", "changeme"),
        *("change_me", "example", "placeholder", "dummy", "default", "required", "optional", "redacted", "hidden"),
        *("value", "string", "your_password", "your-password", "yourpassword"),
    )
)
_SAMPLE_PASSWORDS = _PLACEHOLDERS | {"pass", "pwd", "pw", "guest", "user", "admin", "root", "test", "mypassword"}
_ALPHABET = ("abcdefghijklmnop", "0123456789abcdef", "zyxwvutsrqponm")
_STEM = re.compile(r"key|pass|secret|token|cred|auth|pwd", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z_.:-]*")
_STRUCTURE = ("{", "[", "(", "*", "&", "!", "|", ">", "<", "%", "$", "@", "#", "/", "./", "../", "~", "http")
_MASK = re.compile(r"[*x.•…_-]{4,}", re.IGNORECASE)
_CHECKSUM = re.compile(r"sha-?\d|sha\b|md5|\bhash|digest|checksum|integrity|\bcommit|\brev\b|revision|etag|blake", re.I)

#: A secret shorter than this is not told from an ordinary word.
_SHORTEST = 5
#: A token made by a machine is at least that long.
_TOKEN_LENGTH = 12
#: Different characters that a token made by a machine has at least.
_VARIETY = 6


def is_placeholder(value: str) -> bool:
    """Whether a token of known form was plainly made by hand: `ghp_xxxxxxxx…`."""
    return len(set(value[-16:])) < _VARIETY


def is_sample_login(match: "re.Match[str]", line: str) -> bool:
    """Whether `://user:password@host` is the sample of a manual, or the default that everybody knows."""
    password, host = match[1].lower(), line[match.end() :].lower()
    return (
        password in _SAMPLE_PASSWORDS
        or password == match.group().removeprefix("://").split(":")[0].lower()
        or host.startswith(("example.", "host", "hostname", "www.example", "{", "$", "<"))
        or is_no_secret(match[1], line)
    )


def is_no_secret(value: str, line: str) -> bool:
    """Whether a guessed value is a placeholder, a name, a reference, or a piece of syntax."""
    value = value.strip()
    return (
        len(value) < _SHORTEST
        or any(char.isspace() for char in value)
        or value.lower() in _PLACEHOLDERS
        or value.startswith(_STRUCTURE)
        or bool(_MASK.fullmatch(value))
        or bool(_NAME.fullmatch(value) and (_STEM.search(value) or "." in value))
        or "${" in value
        or "{{" in value
        or heuristic.is_not_alphanumeric_string(value)
        or heuristic.is_sequential_string(value)
        or any(row in value.lower() for row in _ALPHABET)
        or heuristic.is_potential_uuid(value)
        or heuristic.is_templated_secret(value)
        or heuristic.is_likely_id_string(value, line)
    )


def is_checksum_line(line: str) -> bool:
    """Whether a line speaks of checksums or commits: randomness in it is what one expects."""
    return bool(_CHECKSUM.search(line))


def looks_random(value: str) -> bool:
    """Whether letters and digits are mixed as no word mixes them."""
    if len(value) < _TOKEN_LENGTH or not (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
        return False
    tally = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in tally.values())
    return entropy >= 3.0  # noqa: PLR2004 - bits per character; words with digits stay below
