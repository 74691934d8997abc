"""Checkpoints: Ed25519 signatures over where a chain ends. With the public key alone anybody can check one.

The key is given (`audit.signing_key`), or made of the sealing key: then who has that can sign, and nobody else.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Mapping
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from aether_agents.contracts import Json
from aether_agents.errors import InvalidSettings, SecretMissing
from aether_agents.settings.model import Settings
from aether_agents.settings.secret_source import value_at
from aether_agents.store.audit.chain import End
from aether_agents.store.client.sealing import Keyring
from aether_agents.telemetry.logs import hide

_KEY_BYTES = 32
_FOR_SIGNING = b"aether audit checkpoint"

#: What is said of the end: the chain reaches it; what lies up to it was retired, for its time was over.
Word = Literal["reached", "retired"]


class Signer:
    """Signs ends of a chain, and knows which keys may have."""

    def __init__(self, settings: Settings, keys: Keyring, environ: Mapping[str, str] = os.environ) -> None:
        """Read the key.

        Raises:
            InvalidSettings: the one that is given cannot be read.
        """
        made = [_made_of(keys, name) for name in keys.names]
        given = _given(settings.audit.signing_key, environ)
        self._key = given or made[0]
        self.public = _public(self._key)
        #: Keys whose signatures count here: the one that signs, and those made of older sealing keys.
        self.known = frozenset({self.public, *map(_public, made)})

    def sign(self, word: Word, end: End, at: int) -> dict[str, Json]:
        """A signed end, as it is kept and exported."""
        signed = base64.b64encode(self._key.sign(_text(word, end.number, end.link, at))).decode()
        return {"number": end.number, "link": end.link, "signed_at": at, "key": self.public, "signature": signed}


def holds(word: Word, signed: Mapping[str, Json], known: frozenset[str]) -> bool:
    """Whether an end was signed by one of these keys."""
    number, link, at, key = (signed.get(name) for name in ("number", "link", "signed_at", "key"))
    if not isinstance(number, int) or not isinstance(at, int) or not isinstance(link, str) or key not in known:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(str(key), validate=True))
        public.verify(base64.b64decode(str(signed.get("signature")), validate=True), _text(word, number, link, at))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _text(word: Word, number: int, link: str, at: int) -> bytes:
    return f"aether audit {word} {number} {link} {at}".encode()


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _made_of(keys: Keyring, name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(keys.of_audit(name) or b"", _FOR_SIGNING, "sha256"))


def _given(place: str, environ: Mapping[str, str]) -> Ed25519PrivateKey | None:
    if not place:
        return None
    try:
        text = value_at(place, "audit.signing_key: this process", environ)
    except SecretMissing as error:
        raise InvalidSettings(str(error)) from None
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise InvalidSettings(
            f"audit.signing_key: {place} is not 32 bytes in base64 (`openssl rand -base64 32` makes it)"
        )
    hide(text.strip())
    return Ed25519PrivateKey.from_private_bytes(key)
