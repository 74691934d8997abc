"""Backup: the store and AETHER_HOME into one file, and back onto a machine where nothing of ours lives yet."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.contracts import Json
from aether_agents.errors import CannotOpen, InvalidSettings, NothingYet
from aether_agents.local import Stack
from aether_agents.local.backup_archive import (
    LEFT_OUT,
    home_files,
    key_in,
    read_manifest,
    records_of,
    spool,
    unpack_home,
    write_archive,
)
from aether_agents.local.backup_manifest import Manifest, is_sealed_by
from aether_agents.local.valkey import ValkeyServer
from aether_agents.process.build import build
from aether_agents.process.private_folder import make_private
from aether_agents.process.regular_file import LARGEST_SECRET, read_regular
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from aether_agents.store.client.migrations import FORM
from aether_agents.store.client.sealing import Keyring, load_keyring

#: How long a server may take to read its data.
_LOADING = 120.0


def back_up(session: Session, target: Path, *, with_key: bool) -> int:
    """Write an archive; 0 when it is whole."""
    began = time.monotonic()
    home = session.settings.home
    target = target.absolute()
    if target.is_dir():
        target /= f"aether-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    if target.resolve().is_relative_to(home.resolve()):
        raise InvalidSettings(f"{target} lies in AETHER_HOME, which is backed up: name a place outside of {home}")
    if not target.parent.is_dir():
        raise InvalidSettings(f"there is no folder {target.parent}: make it, or name another with `--output`")
    with _reached(session, fresh=False) as settings, open_store(settings) as store, spool(target.parent) as spooled:
        key_file, keys = settings.encryption.key_file, load_keyring(settings)
        key = read_regular(key_file, LARGEST_SECRET) if with_key and key_file is not None else b""
        if with_key and not key:
            raise InvalidSettings("the sealing key stands in AETHER_SEALING_KEY, not in a file: keep it elsewhere")
        with session.output.spinning("reading the store"):
            spooled.write(store.snapshot.records())
        about = {**_about(store, settings), "sealed_with": keys.newest, "has_key": with_key}
        private = [one for one in (key_file, _signing_key(settings)) if one is not None]
        with session.output.spinning("writing the archive"):
            size = write_archive(target, spooled, home, key, about, _secret(keys), private)
    row = {"archive": str(target), "bytes": size, "keys": spooled.count, "seconds": time.monotonic() - began, **about}
    _tell_backup(session, row, key_file)
    return COMPLETED


def _about(store: Store, settings: Settings) -> dict[str, Json]:
    held = store.snapshot.held()
    return {
        "version": build(),
        "stored_form": FORM,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "prefix": settings.broker.prefix,
        "server": store.product(),
        "tasks": dict(held.tasks),
        "schedules": held.schedules,
        "head": held.head,
    }


def restore(session: Session, archive: Path, *, key_file: Path | None) -> int:
    """Put an archive back; 0 when all of it is there."""
    began = time.monotonic()
    home = session.settings.home
    with session.output.spinning("checking the archive"):
        manifest, text, seal = read_manifest(archive)
    if manifest.stored_form > FORM:
        raise InvalidSettings(f"{archive} was written by version {manifest.version}, which stores more: use that one")
    _require_empty(session, home)
    placed = _place_key(session, archive, key_file)
    try:  # the key first: what is refused for it has written nothing, and may be tried again with the right one
        _require_key(_with_key(session), manifest, text, seal)
        with _reached(session, fresh=True) as settings:
            found = _put(session, settings, archive, manifest)
    except BaseException:
        if placed is not None:
            placed.unlink(missing_ok=True)
        raise
    if session.stack is not None and found["schedules"]:
        Stack(session.settings).note_schedules(there=True)
    about = {"archive": str(archive), "taken": manifest.at, "version": manifest.version}
    _tell_restore(session, {**about, **found, "seconds": time.monotonic() - began}, home)
    return COMPLETED


def _put(session: Session, settings: Settings, archive: Path, manifest: Manifest) -> dict[str, Json]:
    """Write the store, then AETHER_HOME; what came of it."""
    with open_store(settings, any_key=True) as store:
        _require_nothing(store, settings)
        with session.output.spinning("writing the store"):
            keys = store.snapshot.put(records_of(archive))
        make_private(settings.home)
        files = unpack_home(archive, settings.home, manifest.head)
        store.audit.note("store.restored", taken=manifest.at, head=manifest.head, host=manifest.host)
        store.audit.write()
        held = store.snapshot.held()
    gone = manifest.keys - keys
    counts: dict[str, Json] = {"keys": keys, "keys_expired": gone, "files": files}
    return {**counts, "tasks": dict(held.tasks), "schedules": held.schedules}


def _require_nothing(store: Store, settings: Settings) -> None:
    if not store.snapshot.empty():
        raise InvalidSettings(
            f"the store under the prefix `{settings.broker.prefix}` is not empty: restore into another one "
            "(broker.prefix, another server, another AETHER_HOME)"
        )


@contextmanager
def _reached(session: Session, *, fresh: bool) -> Iterator[Settings]:
    """The settings that lead to the store. Of an embedded stack that does not run, its server alone is started."""
    if session.stack is None:
        yield session.settings
        return
    stack = Stack(session.settings)
    if stack.running():
        yield stack.settings()
        return
    if not fresh and not stack.used():
        raise NothingYet(f"nothing is there to back up: no stack ever ran in {session.settings.home}")
    stack.folder.prepare()
    server = ValkeyServer(stack.folder.valkey)
    server.start(_LOADING)
    try:
        yield stack.settings()
    finally:
        server.stop(_LOADING)


def _require_empty(session: Session, home: Path) -> None:
    """Make sure that nothing of ours lives in AETHER_HOME; a sealing key may lie there."""
    stack = Stack(session.settings)
    living = [home / one for one in home_files(home)[:3]] if home.is_dir() else []
    if session.stack is not None and (stack.running() or stack.used()):
        living.append(stack.folder.valkey)
    key = session.settings.encryption.key_file
    if living := [one for one in living if one != key]:
        raise InvalidSettings(
            f"{home} is in use ({', '.join(map(str, living))}): restore into an empty one, AETHER_HOME=/another/folder"
        )


def _place_key(session: Session, archive: Path, key_file: Path | None) -> Path | None:
    """Put a key where the embedded stack looks for it. Gives the file that was made."""
    place = Stack(session.settings).folder.key
    content = read_regular(key_file, LARGEST_SECRET) if key_file is not None else key_in(archive)
    if not content or session.stack is None or session.settings.encryption.key_file is not None:
        return None
    if place.exists():
        if read_regular(place, LARGEST_SECRET) != content:
            raise InvalidSettings(f"{place} is there already, with another key: take it away, or leave --key out")
        return None
    Stack(session.settings).folder.prepare()
    place.touch(mode=0o600, exist_ok=False)
    place.write_bytes(content)
    return place


def _with_key(session: Session) -> Settings:
    """The settings that name the sealing key; of an embedded stack the one in its folder."""
    return session.settings if session.stack is None else Stack(session.settings).settings()


def _require_key(settings: Settings, manifest: Manifest, text: bytes, seal: str) -> None:
    named = f"it was sealed with the key `{manifest.sealed_with}` on {manifest.host}"
    try:
        keys = load_keyring(settings)
    except CannotOpen:
        raise CannotOpen(
            f"the sealing key is not here ({named}): give it with --key FILE; nothing was written"
        ) from None
    secret = keys.of_audit(manifest.sealed_with)
    if secret is None:
        raise CannotOpen(f"the sealing key here is another one ({named}): give it with --key FILE; nothing was written")
    if not is_sealed_by(text, seal, secret):
        raise InvalidSettings("the archive was changed by somebody without the sealing key: nothing was written")


def _secret(keys: Keyring) -> bytes:
    secret = keys.of_audit(keys.newest)
    if secret is None:
        raise CannotOpen
    return secret


def _signing_key(settings: Settings) -> Path | None:
    kind, _, place = settings.audit.signing_key.partition(":")
    return Path(place) if kind == "file" else None


def _tell_backup(session: Session, row: Mapping[str, Json], key_file: Path | None) -> None:
    out, seconds = session.output, float(str(row["seconds"]))
    if out.json_wanted:
        out.json({**row, "seconds": round(seconds, 2)})
        return
    out.good(f"{row['archive']}: {float(str(row['bytes'])) / 1e6:.1f} MB, {row['keys']} keys in {brief(seconds)}")
    out.say(f"  tasks: {_counted(row['tasks'])}; schedules that people added: {row['schedules']}")
    if row["has_key"]:
        out.warn("the sealing key is in it: whoever has this file reads everything")
    else:
        where = key_file or "AETHER_SEALING_KEY"
        out.hint(f"the sealing key is not in it: keep {where} in another place, without it nothing opens")
    out.hint(f"not in it either: {', '.join(LEFT_OUT[1:])} of AETHER_HOME, messages on their way (they are sent again)")


def _tell_restore(session: Session, row: Mapping[str, Json], home: Path) -> None:
    out, seconds = session.output, float(str(row["seconds"]))
    if out.json_wanted:
        out.json({**row, "seconds": round(seconds, 2)})
        return
    out.good(f"restored into {home}: {row['keys']} keys, {row['files']} files in {brief(seconds)}")
    gone = f"; {row['keys_expired']} keys had expired" if row["keys_expired"] else ""
    out.say(f"  of {row['taken']}, version {row['version']}; tasks: {_counted(row['tasks'])}{gone}")
    out.say("  running tasks go on once workers run; what must not run twice is asked about: it may have run since")
    out.hint("`aether-agent audit verify --head FILE` says that this store is older than a head kept elsewhere")
    out.hint("servers with environments of their own are installed again: aether-agent servers install")


def _counted(tasks: Json) -> str:
    found = tasks if isinstance(tasks, dict) else {}
    return ", ".join(f"{count} {status}" for status, count in sorted(found.items())) or "none"
