"""Saved plans: each in a folder of its own that only the server's user reads, since a plan holds values in clear."""

import json
import os
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

#: Days that a plan is kept for its undo, and plans in all.
_DAYS, _MOST = 90, 500
NAME = r"^plan-[0-9a-f]{16}$"


class Saved(NamedTuple):
    """One saved plan."""

    name: str
    place: Path

    @property
    def file(self) -> Path:
        """The plan itself."""
        return self.place / "plan"

    @property
    def variables(self) -> Path:
        """The variables it was made with."""
        return self.place / "variables.tfvars.json"

    def note(self, **told: Any) -> None:
        """Add what is known of it."""
        known = {**(self.known() if (self.place / "known.json").exists() else {}), **told}
        (self.place / "known.json").write_text(json.dumps(known), encoding="utf-8")

    def known(self) -> dict[str, Any]:
        """What is known of it."""
        found: dict[str, Any] = json.loads((self.place / "known.json").read_text(encoding="utf-8"))
        return found


def plans() -> Path:
    """Where they lie."""
    place = Path(os.environ.get("HOME", "/")) / ".aether-terraform"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def new_plan() -> Saved:
    """A place for a new one; the oldest go."""
    there = sorted(plans().glob("plan-*"), key=lambda path: path.stat().st_mtime)
    for old in there:
        if len(there) >= _MOST or old.stat().st_mtime < time.time() - _DAYS * 86_400:
            shutil.rmtree(old, ignore_errors=True)
            there = there[1:]
    name = f"plan-{secrets.token_hex(8)}"
    (plans() / name).mkdir(mode=0o700)
    return Saved(name, plans() / name)


def saved_plan(name: str) -> Saved:
    """A plan by its name.

    Raises:
        ToolError: there is none on this machine.
    """
    if not re.match(NAME, name) or not (plans() / name / "known.json").exists():
        raise ToolError(f"there is no saved plan `{name[:40]}` on this machine: run the task again, it makes a new one")
    return Saved(name, plans() / name)
