"""How a secret is named in a result: where it is and what it is, never what it says."""

import hashlib
import hmac
import os
from collections.abc import Sequence

from workers.inspection.findings import Finding
from workers.inspection.git import printable

from .detectors import Hit
from .found import Secret
from .guesses import looks_random

#: Secrets are hashed with a salt that only this process knows: the same secret has the same
#: fingerprint in all its results, and nobody can guess secrets from fingerprints.
_SALT = os.urandom(32)

#: Characters of a guessed value that is nothing else than a secret: an ordinary word or name is shorter.
_NO_WORD = 32
#: Other files of one secret that are named.
_NAMED = 3

PRAGMA = "pragma: allowlist secret"
_REMEDY = "Revoke it and issue a new one first; then take it out of the {place}."


class Naming:
    """Names the secrets of one scan."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._secrets = secrets

    def shown(self, path: str, limit: int = 300) -> str:
        """A path for people, with every secret that was found taken out: file names can hold them too."""
        text = printable(path, limit)
        for secret in self._secrets:
            if stands_out(secret.hit):
                text = text.replace(secret.hit.value, "•••")
        return text

    def finding(self, secret: Secret) -> Finding:
        """What a secret is in a result."""
        hit = secret.hit
        place = "file" if secret.present else "history, or accept that it stays there revoked"
        others = sorted({path for path, _ in secret.present_places or secret.places} - {secret.path})
        detail = _REMEDY.format(place=place)
        if others:
            named = ", ".join(self.shown(path, 100) for path in others[:_NAMED])
            more = " and others" if len(others) > _NAMED else ""
            detail += f" Also seen in {len(others)} other file{'s' if others[1:] else ''}: {named}{more}."
        if secret.present and secret.commit:
            detail += " It is in the git history as well."
        if secret.allowed:
            detail += f" A line with it says `{PRAGMA}`: that counts only if you say so, and only for that file."
        return Finding(
            rule=rule_of(hit),
            title=hit.title,
            severity=hit.severity,
            file=self.shown(secret.path),
            line=hit.line,
            status="present" if secret.present else "in history",
            detail=detail,
            commit=secret.commit[:12] if secret.commit else None,
            masked=mask(hit),
            fingerprint=hmac.new(_SALT, hit.value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16],
        )


def rule_of(hit: Hit) -> str:
    """The rule that found it."""
    return "-".join(hit.title.lower().replace("(", "").replace(")", "").split())


def stands_out(hit: Hit) -> bool:
    """Whether a value is told for a secret wherever it stands, by its form, its randomness or its length.

    Any other, such as the sample password of a manifest, may as well be a word that paths and names are made of: it
    is masked where it was found, and redacting it elsewhere would hide what a finding is about.
    """
    return hit.known_form or looks_random(hit.value) or len(hit.value) >= _NO_WORD


def mask(hit: Hit) -> str:
    """A secret for people: its length, and for tokens of a known form the prefix that all of them share."""
    known = 4 if hit.known_form and len(hit.value) >= 16 else 0  # noqa: PLR2004 - shorter ones show nothing
    return f"{hit.value[:known]}••• ({len(hit.value)} characters)"
