"""Manifest: what a backup holds, sealed by who has the sealing key."""

import hmac

from pydantic import Field

from aether_agents.contracts import Contract


class Manifest(Contract):
    """What an archive holds."""

    form: int = Field(default=1, description="Form of the archive.")
    version: str = Field(description="Version of the product that wrote it.")
    stored_form: int = Field(description="Form of what is stored (store/client/migrations.py).")
    at: str = Field(description="When it was taken, UTC.")
    host: str = Field(description="Machine that it was taken on.")
    prefix: str = Field(description="Prefix of the keys there.")
    server: str = Field(description="The server's product and version.")
    keys: int = Field(description="Keys of the store.")
    tasks: dict[str, int] = Field(default_factory=dict, description="Tasks by status.")
    schedules: int = Field(default=0, description="Schedules that people added.")
    head: int = Field(default=0, description="Number of the last entry of the audit record.")
    sealed_with: str = Field(description="Id of the sealing key.")
    has_key: bool = Field(default=False, description="Whether the sealing key is in it.")
    files: dict[str, str] = Field(description="SHA-256 of each file, by its name.")


def is_sealed_by(text: bytes, seal: str, secret: bytes) -> bool:
    """Whether who had this key wrote the manifest."""
    return hmac.compare_digest(seal_of(text, secret), seal)


def seal_of(text: bytes, secret: bytes) -> str:
    """A keyed hash of a manifest."""
    return hmac.digest(secret, b"aether backup\0" + text, "sha256").hex()
