"""Lint findings, as ruff sees them: one ruler for all, whatever the folder's own settings say."""

import json
import os
import sys
from collections.abc import Iterator, Sequence

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable
from workers.inspection.repository import Repository
from workers.inspection.suppression import mentions

#: Rules about mistakes, not about taste.
SELECTED = "E4,E7,E9,F,B,PLE,W605"
#: What ruff calls a file it cannot parse.
SYNTAX = "invalid-syntax"

#: What tells a finding from another one: rule, file, line and column.
_Key = tuple[str, str, int, int]
_MISTAKES = ("E9", "PLE", "F50", "F63", "F7", "F82", SYNTAX)


def lint(repository: Repository, job: Job, paths: Sequence[str]) -> tuple[list[Finding], list[Finding]]:
    """The findings in some files, and those of them that a comment there suppresses (`# noqa`, `# ruff: …`).

    Raises:
        ToolError: ruff cannot be run.
        Beyond, Stopped: it did not end, or found too much.
    """
    found = dict(_found(repository, job, paths, "--ignore-noqa"))
    marked = [path for path in paths if mentions(repository, path, b"noqa", b"ruff:")]
    left = dict(_found(repository, job, marked)).keys() if marked else set()
    taken_back = [finding for key, finding in found.items() if key[1] in marked and key not in left]
    return list(found.values()), taken_back


def lint_text(repository: Repository, job: Job, path: str, text: str) -> tuple[list[Finding], list[Finding]]:
    """The same of one file, given as text: ruff itself reads nothing but UTF-8.

    Raises:
        ToolError: ruff cannot be run.
        Beyond, Stopped: it did not end, or found too much.
    """
    name = ("--stdin-filename", f"./{path}", "-")
    found = dict(_found(repository, job, [], "--ignore-noqa", *name, given=text))
    left = dict(_found(repository, job, [], *name, given=text)).keys() if "noqa" in text.lower() else found.keys()
    return list(found.values()), [finding for key, finding in found.items() if key not in left]


def _found(
    repository: Repository, job: Job, paths: Sequence[str], *more: str, given: str = ""
) -> Iterator[tuple[_Key, Finding]]:
    command = [sys.executable, "-I", "-m", "ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--quiet"]
    command += ["--select", SELECTED, "--target-version", "py314", "--output-format", "json", *more]
    command += ["--", *(f"./{path}" for path in paths)] if paths else []
    done = job.confined(command, repository.folder, given.encode("utf-8", "replace"))
    try:
        items = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ToolError(
            f"ruff failed ({printable(reason[0]) if reason else f'exit code {done.returncode}'}): "
            f"check it with `{sys.executable} -m ruff --version`"
        ) from None
    for item in items:
        rule = str(item.get("code") or SYNTAX)
        # Ruff's message can quote the code, and so a secret in it; the rule's name cannot.
        name = str(item.get("name") or rule).replace("-", " ")
        path = os.path.relpath(str(item["filename"]), repository.folder)
        line, column = int(item["location"]["row"]), int(item["location"]["column"])
        found = Finding(
            rule=rule,
            title=name[:1].upper() + name[1:],
            severity=_severity(rule),
            file=printable(path),
            line=line,
            help=item.get("url"),
        )
        yield (rule, path, line, column), found


def _severity(rule: str) -> Severity:
    if rule.startswith(_MISTAKES):
        return "high"
    return "medium" if rule.startswith("B") else "low"
