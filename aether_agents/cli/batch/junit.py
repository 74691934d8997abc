"""JUnit XML of a batch: the form every CI shows. One test case per entry."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from aether_agents.cli.batch.scheduler import Run
from aether_agents.errors import InvalidSettings

#: What XML 1.0 cannot carry, however it is written.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, name: str, runs: Sequence[Run]) -> None:
    """Write the result of a batch for a CI.

    Raises:
        InvalidSettings: the file cannot be written.
    """
    suite = ElementTree.Element("testsuite", {"name": _clean(name), **_counts(runs)})
    for run in runs:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_clean(name), name=_clean(run.job.id), time=f"{run.seconds:.3f}"
        )
        _verdict(case, run)
        about = ElementTree.SubElement(case, "system-out")
        about.text = _clean(_about(run))
    suites = ElementTree.Element("testsuites", {"name": _clean(name), **_counts(runs)})
    suites.append(suite)
    ElementTree.indent(suites)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise InvalidSettings(f"{path}: cannot be written: {error.strerror}") from None


def _verdict(case: ElementTree.Element, run: Run) -> None:
    if run.status == "completed":
        return
    if run.status == "failed" and not run.job.tolerated:
        kind, sort = "failure", "failed" if run.view and run.view.plan else "not planned"
    elif run.status in ("skipped", "pending") or run.job.tolerated:
        kind, sort = "skipped", run.status
    else:
        kind, sort = "error", run.status
    ElementTree.SubElement(case, kind, type=sort, message=_clean(run.why or run.status))


def _counts(runs: Sequence[Run]) -> dict[str, str]:
    probe = ElementTree.Element("probe")
    for run in runs:
        _verdict(probe, run)
    kinds = [part.tag for part in probe]
    return {
        "tests": str(len(runs)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(run.seconds for run in runs):.3f}",
    }


def _about(run: Run) -> str:
    """What a person wants to see beside the verdict: the task, and which of its subtasks went how."""
    lines = [
        run.job.task.description,
        f"task {run.task_id or 'not started'}" + (" (from before)" if run.resumed else ""),
    ]
    for subtask in run.view.subtasks if run.view else ():
        lines.append(
            f"{subtask.status}  {subtask.id}  {subtask.tool}" + (f"  {subtask.error}" if subtask.error else "")
        )
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
