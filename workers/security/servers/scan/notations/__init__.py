"""How people write down a name and its secret: the notations of languages, settings, command lines and addresses.

Every expression here is bounded in what it may run over, since a line may be a stranger's: detect-secrets' own
expressions for names take minutes for one hostile line.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from . import addresses, named
from .noted import Noted, may_match
from .surroundings import KNOWN

#: What some line must have, so that the expressions behind need not be tried.
GATE = re.compile(
    r"key|pass|pwd|psk|secret|contrase|passe|token|cred|auth|bearer|webhook|pw\b|pw[ \t]*[=:]|://|curl|mysql|maria"
    r"|docker|podman|redis-cli|sshpass|identified|basic|login|helm|\baz\b|skopeo|mongo|sqlcmd|7z|zip|nuget|http|ssh-keygen"
    r"|sudo|@tcp|@unix|jwt|getconnection|net use|pdo|mysqli|ldap_"
    r"|:\d{2,5}:",
    re.IGNORECASE,
)
#: The same at a glance: a line without any of these words, in small letters, has nothing of the above.
_GLANCE = (
    *("key", "pass", "pwd", "psk", "secret", "contrase", "token", "cred", "auth", "bearer", "webhook", "pw", "://"),
    *("curl", "mysql", "maria", "docker", "podman", "redis-cli", "identified", "basic", "login", "helm", "az"),
    *("skopeo", "mongo", "sqlcmd", "7z", "zip", "nuget", "http", "ssh-keygen", "sudo", "@tcp", "@unix", "jwt"),
    *("getconnection", "net use", "pdo", "ldap_"),
)
_NUMBER_BETWEEN = re.compile(r":\d{2,5}:")

__all__ = ["Noted", "find", "promising"]


@lru_cache(maxsize=64)
def promising(text: str) -> bool:
    """Whether anything may be noted down in a line; most lines have nothing of it."""
    lowered = text.lower()
    for word in _GLANCE:
        if word in lowered:
            return GATE.search(text) is not None
    return _NUMBER_BETWEEN.search(text) is not None


def find(text: str, before: str) -> Iterator[Noted]:
    """What a line notes down; `before` are the lines before it, where a name may stand alone."""
    if "\\" in text:
        text = text.replace('\\"', '"').replace("\\'", "'")
    lowered = text.lower()
    yield from addresses.passwords(text)
    for words, pattern in KNOWN:
        if may_match(lowered, words):
            for match in pattern.finditer(text):
                how, value = next((how, value) for how, value in match.groupdict().items() if value)
                yield Noted(value.strip("\"'"), "password", "", "known" if how == "value" else how)
    yield from named.here(text, lowered)
    if before:
        yield from named.below(text, before)
