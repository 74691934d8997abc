"""Which guessed values are no secrets: placeholders, names, references, checksums.

Only guesses pass through here (a key's name, randomness). What is known by its form is reported even in an example.
"""

import base64
import binascii
import math
import re
from collections import Counter
from itertools import pairwise
from urllib.parse import unquote

from detect_secrets.filters import heuristic

_PLACEHOLDERS = frozenset(
    (
        *("password", "passwd", "secret", "token", "none", "null", "nil", "true", "false", "undefined", "changeme"),
        *("change_me", "change-me", "example", "placeholder", "dummy", "default", "required", "optional", "redacted"),
        *("hidden", "value", "string", "your_password", "your-password", "yourpassword", "empty", "unset", "xxxx"),
        *("text", "email", "username", "hunter2", "foobar", "foo", "bar", "baz", "blah", "replace-me", "replaceme"),
        *("prompt", "enabled", "disabled", "digest", "basic", "bearer", "plain", "bytes", "object", "optional[str]"),
        *("boolean", "integer", "number", "varchar", "secretstr", "plaintext", "encrypted", "plain-text", "authorized"),
        *("utf-8", "utf8", "utf_8", "utf-16", "ascii", "latin1", "latin-1", "iso-8859-1", "base64", "sha256", "sha512"),
    )
)
_SAMPLE_PASSWORDS = _PLACEHOLDERS | {
    "pass",
    "pwd",
    "pw",
    "guest",
    "user",
    "admin",
    "root",
    "test",
    "mypassword",
    "pa55",
}
_ALPHABET = ("abcdefghijklmnop", "0123456789abcdef", "zyxwvutsrqponm")
_STEM = re.compile(r"key|pass|secret|token|cred|auth|pwd", re.IGNORECASE)
_NAME = re.compile(r"_{0,2}[A-Za-z][A-Za-z_.:-]*\d{0,2}")
_STRUCTURE = ("{", "[", "(", "*", "&", "!", "|", ">", "<", "%", "$", "@", "#", "/", "./", "../", "~", "http", "\\")
_HOLE = re.compile(r"\{[\w.]*\}|%\(\w+\)|%[sd]\b|^\$\w+|\$[A-Za-z_]+(?![A-Za-z0-9_])")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_NEVER = ("[a-z", "[A-Z", "[0-9", "a-zA-Z", "${", "{{", "](", "://", "<%", "%>", "$(", "...")
_MASK = re.compile(r"[*x.•…_-]{4,}", re.IGNORECASE)
_CHECKSUM = re.compile(r"sha-?\d|sha\b|md5|\bhash|digest|checksum|integrity|\bcommit|\brev\b|revision|etag|blake", re.I)
#: Words at the end of a name that make it the name of something about a secret, not of one.
_ABOUT = re.compile(
    r"(?:^|[_.-]|(?<=[a-z]))(?:labels?|routes?|resets?|names?|hints?|fields?|prompts?|placeholders?|titles?|texts?"
    r"|messages?|msg|errors?|ur[li]s?|paths?|files?|filename|dir|types?|length|len|size|min|max|policy|regex|patterns?"
    r"|help|desc(?:ription)?|headers?|prefix|suffix|params?|env|vars?|version|managers?|refs?|arn|stores?|providers?"
    r"|class|cls|formats?|algo(?:rithm)?|scheme|expir\w*|ttl|count|limit|required|enabled|ch"
    r"anged|columns?|table|inputs?"
    r"|forms?|pages?|links?|buttons?|views?|validators?|mode|source|status|state|method|callback|handler|endpoint"
    r"|domain|scope|kind|rule|check|strength|rotation|backend|plugin|command|cmd|func|fn|attr|option|alias|section"
    r"|id|ids|index|idx|sep|separator|delimiter|char|chars|word|words|tag|tags|info|help|usage|doc|docs|test|tests"
    r"|confirmation|confirm|again|repeat|match|mismatch|invalid|missing|incorrect|forgot\w*|update\w*|success|failed"
    r"|fail|required|generator|hasher|hash|context|manager|service|server|cookie_name|location|place|event|action"
    r"|encoding|charset|order|style|color|icon|lower|upper|exception|warning|grant|flow|uri|realm|less|free|through"
    r"|args?|arguments?|environment|port|host|user|username|group|role|permission|template|d"
    r"ialog|screen|window|mapping|map|set|list|dict|tree)s?$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_VERSION = re.compile(
    r"0x[0-9A-Fa-f]{1,16}|[\^~v=<>]{0,2}\d+(?:\.\d+){1,3}(?:[-+.]?[A-Za-z0-9.]{0,20})?|\d{4}-\d\d-\d\d\S*"
)
#: Names, paths and pieces of code: words with signs between them, and at most a version at the end.
_PLAIN = re.compile(
    r"[A-Za-z]+(?:[./ ][A-Za-z_-]+)+(?:[./_-]?v?\d{1,3})?"  # a path or a dotted name
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"  # a constant
    r"|_{0,2}[a-z]+\d?[a-z]*(?:_[a-z]+\d?[a-z]*)+(?:_?v?\d{1,3})?_{0,2}"  # a name of a program's
)
#: A name in a program, such as `sha256WithRSAEncryption`, if what is in it can be spoken.
_CAMEL = re.compile(r"(?:[a-z]+\d{0,3})?(?:[A-Z]{1,6}\d{0,2}[A-Z]?[a-z]{2,}(?:\d(?=[A-Z]))?)+[A-Z]{0,4}\d{0,4}")
_UNSPOKEN = re.compile(r"[b-df-hj-np-tv-xz]{5}|(?<![a-z])[b-df-hj-np-tv-xz]{3,}(?![a-z])")
#: A word with a number, and words of the trade with one.
_TYPED = re.compile(r"[A-Z][a-z]{3,20}\d{2,6}|[a-z]{3,20}(?:[_-][a-z]{2,20}){1,3}\d{1,4}")
_TECHNICAL = re.compile(
    r"sha|aes|rsa|utf|base|ascii|latin|iso|python|http|version|des\d|int|float|uint|crypt|curve|digest|md5|ssl|tls|arg"
    r"|param|field|test|value|key|token|user|name|step|part|node|host|item|type|model|example|sample",
    re.IGNORECASE,
)
#: Small letters in a row, on average, in a name that is made of words.
_SYLLABLES = 3
_WORDY = re.compile(r"[A-Za-z]*\d{0,4}(?:(?:[-_./:()\[\]{}+=,;%*|]|\\x?)+[A-Za-z]*\d{0,4})+")
_CODE = re.compile(
    r"[A-Za-z_][\w.]*(?:\(|\[|->|::)"
    r"|[\w./-]+\.(?:com|org|net|io|dev|py|js|ts|jsx|tsx|json|ya?ml|pem|key|crt|txt|cfg|ini|html?|md|sh|php|xml)$"
)
#: What a real token has: what a word, a name or a version has not.
_LOGIN = re.compile(rb"[\x21-\x7e]{1,100}:[\x20-\x7e]{4,200}")

#: A secret shorter than this is not told from an ordinary word.
_SHORTEST = 5
#: A token made by a machine is at least that long.
_TOKEN_LENGTH = 12
#: One beside a promising name, where values stand without quotes, may be shorter.
_MIXED_LENGTH = 8


def is_sample_login(user: str, password: str, host: str) -> bool:
    """Whether `://user:password@host` is the sample of a manual, or the default that everybody knows."""
    lowered, host = unquote(password).lower(), host.lower()
    here = re.match(r"(?:localhost|127\.|\[::1\]|0\.0\.0\.0)", host) is not None
    return (
        lowered in _SAMPLE_PASSWORDS
        or lowered == user.lower()
        or host.startswith(("example", "host", "hostname", "www.example", "{", "$", "<", "%", "*"))
        or re.match(r"[\w.-]*\bexample\.(?:com|org|net)\b", host) is not None
        # An `@` that nobody encoded is typed by somebody who has that password, however short it is.
        or (is_no_secret(lowered) and not ("@" in lowered and len(lowered) < _SHORTEST))
        or (here and not is_mixed(password))
    )


def is_no_secret(value: str) -> bool:
    """Whether a guessed value is a placeholder, a name, a reference, or a piece of syntax."""
    value = value.strip()
    return (
        len(value) < _SHORTEST
        or any(char.isspace() for char in value)
        or value.lower() in _PLACEHOLDERS
        or (value.startswith(_STRUCTURE) and not _is_signed(value))
        or bool(_MASK.fullmatch(value))
        or bool(_NAME.fullmatch(value) and (_STEM.search(value) or "." in value or value.startswith("__")))
        or any(sign in value for sign in _NEVER)
        or bool(_HOLE.search(value))
        or bool(_EMAIL.fullmatch(value))
        or bool(_VERSION.fullmatch(value))
        or heuristic.is_not_alphanumeric_string(value)
        or heuristic.is_sequential_string(value)
        or any(row in value.lower() for row in _ALPHABET)
        or heuristic.is_potential_uuid(value)
        or heuristic.is_templated_secret(value)
    )


def _is_signed(value: str) -> bool:
    """Whether a value that begins with a sign is a password that does so, and no reference."""
    rest = value[1:]
    return value[0] in "!@#%&*" and is_mixed(rest) and (rest.lower() != rest or bool(re.search(r"[!@#$%&*?]", rest)))


def is_about(rest: str) -> bool:
    """Whether what follows a promising word makes the name one of a label, a route, a file …"""
    return bool(rest and _ABOUT.search(rest))


def is_plain(value: str) -> bool:
    """Whether a value is a name, a path or a piece of code, and not one that anybody made up to be secret."""
    small = re.findall("[a-z]+", value)
    even = small and sum(map(len, small)) >= _SYLLABLES * len(small)
    spoken = even and _CAMEL.fullmatch(value) and not _UNSPOKEN.search(value)
    return bool(_PLAIN.fullmatch(value) or _CODE.match(value) or spoken)


def is_typed(value: str) -> bool:
    """Whether a value is a word, or words, with a number at the end, as people make up passwords."""
    return bool(_TYPED.fullmatch(value)) and not _TECHNICAL.search(value)


def is_words(value: str) -> bool:
    """Whether a value is small words with a sign between them, as passphrases are."""
    return bool(re.fullmatch(r"[a-z]+(?:[_-][a-z]+)+", value))


def is_wordy(value: str) -> bool:
    """Whether a value is words and short numbers with signs between them: a token that a machine made is not."""
    return bool(_WORDY.fullmatch(value)) and not any(map(_is_jumbled, re.findall("[A-Za-z]+", value)))


def _is_jumbled(letters: str) -> bool:
    """Whether small and large letters are mixed as in no name: `kLm`, and not `getX`."""
    parts = re.findall("[A-Z]?[a-z]+|[A-Z]+", letters)
    return len(parts) > 1 and len(letters) < 2 * len(parts)


def is_word(value: str) -> bool:
    """Whether a value is one word, such as a text of a form has it."""
    return value.isalpha() and (value.islower() or value.istitle() or value.isupper())


def is_login(encoded: str) -> bool:
    """Whether a base64 text is a name and a password."""
    try:
        plain = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    match = _LOGIN.fullmatch(plain)
    return match is not None and plain.partition(b":")[2].decode().lower() not in _SAMPLE_PASSWORDS


def is_sample(value: str) -> bool:
    """Whether a password is one that everybody writes where none is meant."""
    return value.lower() in _SAMPLE_PASSWORDS


def is_dotted(value: str) -> bool:
    """Whether a value without quotes is a name in a program."""
    return bool(_DOTTED.fullmatch(value)) and not re.search(r"[A-Z]\d[a-z]", value)


def is_identity(value: str, line: str) -> bool:
    """Whether a line gives a random value as the number of something."""
    return bool(heuristic.is_likely_id_string(value, line))


def is_checksum_line(line: str) -> bool:
    """Whether a line speaks of checksums or commits: randomness in it is what one expects."""
    return bool(_CHECKSUM.search(line))


def is_mixed(value: str) -> bool:
    """Whether a short value is no word and no name: letters and digits, or large and small letters, are mixed."""
    letters = any(char.isalpha() for char in value)
    cased = value.lower() != value and value.upper() != value and not value.istitle()
    mixed = (letters and any(char.isdigit() for char in value)) or cased
    return len(value) >= _MIXED_LENGTH and mixed and not is_wordy(value)


def looks_random(value: str) -> bool:
    """Whether letters and digits, or large and small letters, are mixed as no word mixes them."""
    if len(value) < _TOKEN_LENGTH or not any(char.isalpha() for char in value):
        return False
    if not any(char.isdigit() for char in value) and _turns(value) < len(value) / 4:
        return False
    tally = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in tally.values())
    return entropy >= 3.0  # noqa: PLR2004 - bits per character; words with digits stay below


def _turns(value: str) -> int:
    """How often large and small letters follow each other."""
    return sum(a.isalpha() and b.isalpha() and a.isupper() != b.isupper() for a, b in pairwise(value))
