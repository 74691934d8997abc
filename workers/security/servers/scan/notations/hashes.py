"""Hashes of passwords, where they stand for a login: who has one can try passwords against it, or use it as it is."""

import re
from collections.abc import Iterator

from .names import NAMED
from .noted import Noted

_DOLLAR = (
    r"\$apr1\$[^$\s:]{1,8}\$[./0-9A-Za-z]{22}|\$1\$[^$\s:]{1,8}\$[./0-9A-Za-z]{22}"
    r"|\$2[abxy]?\$\d\d\$[./0-9A-Za-z]{53}|\$5\$(?:rounds=\d{1,9}\$)?[^$\s:]{1,16}\$[./0-9A-Za-z]{43}"
    r"|\$6\$(?:rounds=\d{1,9}\$)?[^$\s:]{1,16}\$[./0-9A-Za-z]{86}|\$(?:y|gy|7)\$[./0-9A-Za-z"
    r"]{2,12}\$[./0-9A-Za-z]{8,90}\$[./0-9A-Za-z]{43}"
    r"|\$argon2(?:id|i|d)\$v=\d{1,3}\$[\w=,]{5,60}\$[A-Za-z0-9+/]{11,90}\$[A-Za-z0-9+/]{22,9"
    r"0}|\$[PH]\$[./0-9A-Za-z]{31}"
    r"|\$(?:8|9)\$[./0-9A-Za-z]{14}\$[./0-9A-Za-z]{43}|\$S\$[./0-9A-Za-z]{52}|\$scrypt\$[^\s:]{40,200}"
    r"|\$pbkdf2(?:-sha\d{1,3})?\$\d{1,9}\$[./0-9A-Za-z]{8,90}\$[./0-9A-Za-z]{20,90}|\$sha1\$"
    r"\d{1,9}\$[./0-9A-Za-z]{1,64}\$[./0-9A-Za-z]{28}"
)
_HASH = re.compile(
    rf"(?P<value>{_DOLLAR}"
    r"|\{(?:SSHA|SHA|SMD5|MD5|SSHA256|SSHA512|SHA256|SHA512|CRYPT|PBKDF2\S{0,10}|ARGON2)\}[./0-9A-Za-z+=$-]{13,200}"
    r"|\b(?:pbkdf2_sha(?:1|256)|pbkdf2:sha(?:1|256|512)(?::\d{1,9})?|scrypt(?::\d{1,9}){0,3}"
    r"|bcrypt_sha256|argon2)\$[^\s\"'<>]{30,300}"
    r"|\bgrub\.pbkdf2\.sha512\.\d{1,9}\.[0-9A-Fa-f]{32,512}\.[0-9A-Fa-f]{32,512}"
    r"|\bSCRAM-SHA-256\$\d{1,9}:[A-Za-z0-9+/=]{8,90}\$[A-Za-z0-9+/=]{40,90}:[A-Za-z0-9+/=]{40,90}"
    r"|(?<=[\"' ])md5[0-9a-f]{32}\b|(?<=['\" ])\*[0-9A-F]{40}\b)"
)
#: A line of `htpasswd`, `shadow` or the like: who, a colon, and the hash.
_LINE = re.compile(r"^[\"'\s-]*[\w.@+-]{1,64}(?::|[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?)$")
#: A password of old times in `passwd`, and one that a router keeps so that anybody can read it back.
_PASSWD = re.compile(r"^[\w.-]{1,32}:(?P<value>[./0-9A-Za-z]{13}):\d{1,10}:\d{0,10}:")
_ROUTER = re.compile(r"\b(?:password|secret|key|key-string|md5)[ \t]{1,4}7[ \t]{1,4}(?P<value>[0-9A-Fa-f]{8,60})\b")
#: Words of which a text with one has one, in small letters.
WORDS = (
    "$apr1",
    "$1$",
    "$2",
    "$5$",
    "$6$",
    "$y$",
    "$gy$",
    "$7$",
    "$argon",
    "$p$",
    "$h$",
    "$8$",
    "$9$",
    "$s",
    "$pbkdf2",
    "{s",
    "{m",
    "{c",
    "{p",
    "{a",
    "pbkdf2",
    "scrypt",
    "argon2",
    "scram-",
    "md5",
    "*",
    " 7 ",
    ":",
)


def hashes(text: str, lowered: str) -> Iterator[Noted]:
    """Those in a line that is about a login."""
    if ":" in text and (match := _PASSWD.match(text)):
        yield Noted(match["value"], "password", "", "hash")
    if " 7 " in text and (match := _ROUTER.search(text)):
        yield Noted(match["value"], "password", "", "hash")
    if "$" in text or "{" in text or "*" in text or "md5" in lowered or ".pbkdf2" in lowered:
        for match in _HASH.finditer(text):
            before = text[: match.start()]
            if _LINE.match(before) or NAMED.search(before) or "rootpw" in lowered or "identified" in lowered:
                yield Noted(match["value"], "password", "", "hash")
