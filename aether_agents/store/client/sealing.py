"""Sealing: what is in the store can be read, moved or changed only by a process that has the key.

A sealed document is `layout · flags · key id · version · nonce · AES-256-GCM(text)`. The key id, the document's place
and its version there are authenticated with it, so a document copied to another place does not open there, and one
that was replaced by a newer one is known by its version (`store/client/head.py` says which one counts). Layout 1 is
version 0, without saying it: the version before reads it. A new key is put first in the key file; the old ones stay.

This keeps out who has no key. It does not keep one holder of the key from another: each can write what the others read.
"""

import base64
import binascii
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aether_agents.contracts import Json
from aether_agents.errors import CannotOpen, InvalidSettings, Tampered
from aether_agents.process.regular_file import LARGEST_SECRET, read_text, why_not
from aether_agents.settings.model import Settings
from aether_agents.telemetry.logs import hide

#: Environment variable that holds the keys themselves: `id:base64[,id:base64]`, newest first.
KEY_VARIABLE = "AETHER_SEALING_KEY"

#: What tells keys of the audit record from those that seal.
_FOR_AUDIT = b"aether audit record"

_LAYOUT, _LAYOUT_BEFORE = 2, 1
_VERSION_BYTES = 4
_PLAIN, _COMPRESSED = 0, 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
_WORTH_COMPRESSING = 64
#: Largest document that is unpacked, in bytes: a forged one cannot fill the memory even with a stolen key.
_LARGEST = 256 * 1024 * 1024


class Keyring:
    """The sealing keys by id. The first one seals; all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise InvalidSettings("there is no sealing key: `aether-agent up` makes one")
        for name, key in keys.items():
            if not name.isascii() or not 1 <= len(name) <= 32:  # noqa: PLR2004 - one byte of length is stored
                raise InvalidSettings(f"sealing key id `{name}`: 1 to 32 ASCII characters are wanted")
            if len(key) != _KEY_BYTES:
                raise InvalidSettings(f"sealing key `{name}`: 32 bytes are wanted, not {len(key)}")
        self.newest = next(iter(keys))
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._audit = {name: hmac.digest(key, _FOR_AUDIT, "sha256") for name, key in keys.items()}

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._ciphers)})"

    def cipher(self, name: str) -> AESGCM | None:
        """The cipher of one key, if this process has it."""
        return self._ciphers.get(name)

    def of_audit(self, name: str) -> bytes | None:
        """What entries of the audit record are signed with, made of one key, if this process has it."""
        return self._audit.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the keys, newest first."""
        return tuple(self._ciphers)


class Sealer:
    """Seals JSON documents to their place, and opens them there."""

    def __init__(self, keys: Keyring) -> None:
        self._keys = keys

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self._keys.newest

    @property
    def keys(self) -> Keyring:
        """The keys themselves."""
        return self._keys

    def seal(self, place: str, value: Json, version: int = 0) -> bytes:
        """Seal a value. `place` names where it will lie, `version` which one there it is; it opens as nothing else."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        flags = _PLAIN
        if len(text) >= _WORTH_COMPRESSING:
            packed = zlib.compress(text, 6)
            if len(packed) < len(text):
                text, flags = packed, _COMPRESSED
        name = self._keys.newest
        cipher = self._keys.cipher(name)
        if cipher is None:
            raise CannotOpen
        layout, counted = (_LAYOUT, version.to_bytes(_VERSION_BYTES)) if version else (_LAYOUT_BEFORE, b"")
        head = bytes((layout, flags, len(name))) + name.encode("ascii") + counted
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + cipher.encrypt(nonce, text, head + place.encode())

    def open(self, place: str, blob: bytes, version: int | None = None) -> Json:
        """Open a document; with `version`, only if it is that one.

        Raises:
            CannotOpen: its key is not here.
            Tampered: it was changed, or belongs to another place, or is another version than the one that counts.
        """
        if not is_sealed(blob):
            raise Tampered(f"the document at {place} is not one of ours, or of a later version of AetherTerm agents")
        flags, named = blob[1], 3 + blob[2]
        end = named + (_VERSION_BYTES if blob[0] == _LAYOUT else 0)
        head, nonce, sealed = blob[:end], blob[end : end + _NONCE_BYTES], blob[end + _NONCE_BYTES :]
        name = head[3:named].decode("ascii", errors="replace")
        cipher = self._keys.cipher(name)
        if cipher is None:
            raise CannotOpen(
                f"the document at {place} is sealed with the key `{name}`, which this process does not have: add it "
                f"to the key file, or to {KEY_VARIABLE}"
            )
        try:
            text = cipher.decrypt(nonce, sealed, head + place.encode())
        except (InvalidTag, ValueError):
            raise Tampered(
                f"the document at {place} does not open with the key `{name}`: the key differs from the one that "
                "sealed it, or the document was changed"
            ) from None
        found = int.from_bytes(head[named:end])
        if version is not None and found != version:
            raise Tampered(f"the document at {place} is version {found} of it, and version {version} is what counts")
        value: Json = json.loads(_unpack(place, text) if flags & _COMPRESSED else text)
        return value


def key_of(blob: bytes) -> str:
    """The id of the key that a document is sealed with; empty if it is not one of ours."""
    return blob[3 : 3 + blob[2]].decode("ascii", errors="replace") if is_sealed(blob) else ""


def is_sealed(blob: bytes) -> bool:
    """Whether this begins as a sealed document of ours does."""
    return len(blob) > 3 and blob[0] in (_LAYOUT, _LAYOUT_BEFORE)  # noqa: PLR2004 - layout, flags, length of the key id


def load_keyring(settings: Settings, environ: Mapping[str, str] = os.environ) -> Keyring:
    """The keys of this process: from the environment, else from the key file.

    Raises:
        CannotOpen: there is none.
        InvalidSettings: they are not well formed.
    """
    if given := environ.get(KEY_VARIABLE, "").strip():
        return parse_keys(given.split(","), KEY_VARIABLE)
    path = settings.encryption.key_file
    if path is None:
        raise CannotOpen(
            f"this process has no sealing key: set {KEY_VARIABLE}, or `encryption: {{key_file: …}}` to the key file "
            "that `aether-agent up` made"
        )
    try:
        text = read_text(path, LARGEST_SECRET)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotOpen(f"the sealing key cannot be read: {why_not(error)}") from None
    return parse_keys([line for line in text.splitlines() if not line.startswith("#")], str(path))


def parse_keys(lines: list[str], source: str) -> Keyring:
    """Keys as `id:base64`, newest first; empty lines do not count.

    Raises:
        InvalidSettings: one is not well formed; the error never shows it.
    """
    keys: dict[str, bytes] = {}
    for number, line in enumerate((line.strip() for line in lines), start=1):
        if not line:
            continue
        name, _, text = line.partition(":")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if not text or len(key) != _KEY_BYTES or name in keys:
            raise InvalidSettings(f"{source}: key {number} is not `id:base64 of 32 bytes`, or its id is there twice")
        hide(text)
        keys[name] = key
    if not keys:
        raise InvalidSettings(f"{source}: there is no sealing key in it")
    return Keyring(keys)


def make_key_file(path: Path) -> None:
    """Make a key file with one new key, readable by its owner alone. A file that is there is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}\n")
    try:
        os.link(draft, path)  # whole or not at all, and never over another's
    except FileExistsError:
        return
    finally:
        draft.unlink()


def add_key(path: Path) -> str:
    """Put a new key before those of a key file, or make one. Gives the id of the new key.

    The new one seals from now on; the old ones still open what they sealed.

    Raises:
        InvalidSettings: the file that is there is not a key file, or cannot be read or written.
    """
    line = f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}\n"
    try:
        if path.exists():
            before = read_text(path, LARGEST_SECRET)
            parse_keys([old for old in before.splitlines() if not old.startswith("#")], str(path))
            _draft(path, line + before).replace(path)
        else:
            _draft(path, line).replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path}: no key can be kept there: {why_not(error)}") from None
    return line.partition(":")[0]


def _draft(path: Path, text: str) -> Path:
    """A file beside `path`, readable by its owner alone, to be put in its place."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return draft


def _unpack(place: str, text: bytes) -> bytes:
    stream = zlib.decompressobj()
    out = stream.decompress(text, _LARGEST)
    if stream.unconsumed_tail:
        raise Tampered(f"the document at {place} is larger than {_LARGEST} bytes when it is unpacked")
    return out
