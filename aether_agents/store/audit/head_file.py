"""What this machine has seen of the chain's end, in a file of AETHER_HOME, where no store can reach."""

import hashlib
import json
import logging
import os
from pathlib import Path

from aether_agents.process.private_folder import make_private
from aether_agents.process.regular_file import read_text
from aether_agents.store.client.audit_writer import Fields

log = logging.getLogger(__name__)

#: Heads of chains that came back older, which are kept beside the last one.
LOST_MAX = 20


class HeadFile:
    """The last signed end of one store's chain, and those from which it was put back."""

    def __init__(self, home: Path, store: str) -> None:
        """`store` says which one: its address and prefix."""
        self._folder = home / "audit" / hashlib.sha256(store.encode()).hexdigest()[:12] if home != Path() else None
        self._works = True

    def all(self) -> tuple[Fields, ...]:
        """Every signed end that this machine remembers."""
        if self._folder is None or not self._folder.is_dir():
            return ()
        found = [_read(path) for path in sorted(self._folder.glob("*.json"))]
        return tuple(one for one in found if one)

    def last(self) -> Fields:
        """The last one; empty when none was seen."""
        return _read(self._folder / "head.json") if self._folder is not None else {}

    def keep(self, head: Fields) -> None:
        """Remember a signed end."""
        if self._folder is None or not self._works:
            return
        draft = self._folder / f".{os.getpid()}"
        try:
            make_private(self._folder.parent)
            make_private(self._folder)
            draft.write_text(json.dumps(head), encoding="utf-8")
            draft.replace(self._folder / "head.json")
        except OSError as error:
            self._works = False
            log.warning("the end of the audit record is remembered by the store alone: %s: %s", draft, error.strerror)

    def lost(self, head: Fields) -> None:
        """Keep the last one for good: the store came back older than it."""
        if self._folder is None:
            return
        others = sorted(self._folder.glob("lost-*.json"))
        for path in others[: max(0, len(others) + 1 - LOST_MAX)]:
            path.unlink(missing_ok=True)
        (self._folder / "head.json").replace(self._folder / f"lost-{int(str(head.get('signed_at') or 0)):015d}.json")


def _read(path: Path) -> Fields:
    try:
        value = json.loads(read_text(path))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
