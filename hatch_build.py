"""What hatchling asks while it builds: the commit of the checkout goes into the wheel and the source archive.

An installed program then says which state of the sources it is (`aether_agents/process/build.py` reads it).
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from aether_agents.process.build import COMMIT_FILE, commit_of_checkout  # noqa: E402

PLACE = f"aether_agents/{COMMIT_FILE}"


class CommitHook(BuildHookInterface):
    """Adds the file with the commit; it is empty for a tagged release, and for sources without a git folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file outside of the checkout. An unpacked source archive has it; an editable install has git."""
        if version == "editable" or (ROOT / PLACE).is_file():
            return
        self._scratch = tempfile.TemporaryDirectory()
        file = Path(self._scratch.name) / COMMIT_FILE
        file.write_text(commit_of_checkout(ROOT / ".git"), encoding="ascii")
        build_data["force_include"][str(file)] = PLACE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """Remove what was only made to be taken in."""
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()
