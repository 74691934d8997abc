"""Code that nothing uses, as vulture sees it over all files of a repository."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Finding
from workers.inspection.git import printable
from workers.inspection.repository import Repository
from workers.inspection.suppression import mentions

_SURE = 100
_WHITELIST = re.compile(r"(.*[_.-])?(white|allow)list([_.-].*)?\.pyw?")


def dead_code(repository: Repository, job: Job, paths: Sequence[str]) -> tuple[list[Finding], list[Finding]]:
    """What nothing uses, and what of that the repository suppresses (`# noqa`, a whitelist file).

    A public name may be used from elsewhere: that is only worth knowing.

    Raises:
        ToolError: vulture is not installed.
        Beyond, Stopped: it did not end, or found too much.
        ValueError: it died on one of the files.
    """
    marked = any(mentions(repository, path, b"noqa") for path in paths)
    told = {"paths": list(paths), "whitelists": [path for path in paths if _is_whitelist(path)], "marked": marked}
    program = Path(__file__).with_name("unused.py")
    command = [sys.executable, "-I", str(program)]
    done = job.confined(command, repository.folder, json.dumps(told).encode(), reads=[program])
    if b"ModuleNotFoundError" in done.stderr:
        raise ToolError("vulture is not installed: install the extra `aether-agents[servers]`")
    found = [(_finding(*item), suppressed) for *item, suppressed in json.loads(done.stdout)]
    return [one for one, _ in found], [one for one, suppressed in found if suppressed]


def _is_whitelist(path: str) -> bool:
    """Whether a file is, by its name, a list of what vulture shall take for used."""
    return bool(_WHITELIST.fullmatch(path.rpartition("/")[2].lower()))


def _finding(path: str, line: int, kind: str, name: str, confidence: int) -> Finding:
    sure = confidence >= _SURE or name.startswith("_")
    what = printable(kind, 20).replace("_", " ")
    unreachable = kind == "unreachable_code"
    return Finding(
        rule=("" if unreachable else "unused-") + what.replace(" ", "-"),
        title=what.capitalize() if unreachable else f"Unused {what}",
        severity="low" if sure else "info",
        file=printable(path),
        line=line,
        detail="It is never run."
        if unreachable
        else f"{printable(name, 80)}: nothing here uses it ({confidence}% sure).",
    )
