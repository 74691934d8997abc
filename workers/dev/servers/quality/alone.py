"""Programs that read strangers' code alone: what kills one costs the file that did it, and no other."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.repository import Repository

#: Files given to one run of a program: few runs, but progress between them.
CHUNK = 400


def measured(name: str, repository: Repository, job: Job, paths: Sequence[str]) -> list[dict[str, Any]]:
    """What the program `name` beside this file says of each file; of one that kills it, `error`.

    Raises:
        ToolError: what it stands on is not installed.
        Beyond, Stopped: it did not end.
    """
    program = Path(__file__).with_name(name)
    command = [sys.executable, "-I", str(program)]
    done = job.confined(command, repository.folder, json.dumps(list(paths)).encode(), reads=[program])
    try:
        return list(json.loads(done.stdout))
    except ValueError:
        why = "the measuring program died on it, or on a file beside it"
        if len(paths) > 1:  # find the one that kills it, so that the others are measured
            half = len(paths) // 2
            return [
                *measured(name, repository, job, paths[:half]),
                *measured(name, repository, job, paths[half:]),
            ]
        if b"ModuleNotFoundError" in done.stderr:
            missing = done.stderr.decode("utf-8", "replace").strip().rpartition("named ")[2].strip("'\"")
            raise ToolError(f"{missing} is not installed: install the extra `aether-agents[servers]`") from None
        return [{"path": path, "error": why} for path in paths]


def in_chunks(
    job: Job, paths: Sequence[str], what: str, gaps: list[str], work: Callable[[Sequence[str]], None]
) -> None:
    """Do some work on many files, a part at a time; what is beyond a bound becomes a gap."""
    for start in range(0, len(paths), CHUNK):
        chunk = paths[start : start + CHUNK]
        job.progress(start / len(paths), f"file {start + 1} of {len(paths)}")
        try:
            work(chunk)
        except Beyond as bound:
            lost = len(paths) - start if job.out_of_time else len(chunk)
            gaps.append(f"{lost} {what} files: beyond the bound of {bound}")
            if job.out_of_time:
                return
