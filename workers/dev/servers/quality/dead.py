"""Code that nothing uses, as vulture sees it over all files of a repository."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.findings import Finding
from workers.inspection.git import printable
from workers.inspection.job import Job
from workers.inspection.repository import Repository

_SURE = 100


def dead_code(repository: Repository, job: Job, paths: Sequence[str]) -> Iterator[Finding]:
    """What nothing uses. A public name may be used from elsewhere: that is only worth knowing.

    Raises:
        ToolError: vulture is not installed.
        Beyond, Stopped: it did not end, or found too much.
        ValueError: it died on one of the files.
    """
    command = [sys.executable, "-I", str(Path(__file__).with_name("unused.py"))]
    done = job.program(command, repository.folder, json.dumps(list(paths)).encode())
    if b"ModuleNotFoundError" in done.stderr:
        raise ToolError("vulture is not installed: install the extra `aether-agents[servers]`")
    for path, line, kind, name, confidence in json.loads(done.stdout):
        sure = confidence >= _SURE or str(name).startswith("_")
        what = printable(str(kind), 20).replace("_", " ")
        unreachable = kind == "unreachable_code"
        yield Finding(
            rule=("" if unreachable else "unused-") + what.replace(" ", "-"),
            title=what.capitalize() if unreachable else f"Unused {what}",
            severity="low" if sure else "info",
            file=printable(str(path)),
            line=int(line),
            detail="It is never run."
            if unreachable
            else f"{printable(str(name), 80)}: nothing here uses it ({confidence}% sure).",
        )
