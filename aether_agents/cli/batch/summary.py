"""The result of a batch: a table for people, JSON for programs, one exit code for both."""

from collections.abc import Sequence

from rich.text import Text

from aether_agents.cli.batch.scheduler import Run
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import CANCELLED, COMPLETED, FINDINGS, NO_PLAN, TASK_FAILED, WAITS
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.tables import Column, quiet, sign, table, verdict
from aether_agents.contracts import FailOn, Json, TaskStatus


def exit_code(runs: Sequence[Run], fail_on: FailOn | None = None) -> int:
    """The worst that happened, as one code: failed, not planned, cancelled, waiting, found so bad, completed.

    What is tolerated (`on_failure: continue`) counts for nothing.
    """
    heavy = [run for run in runs if not (run.job.tolerated and run.ended)]
    failed = [run for run in heavy if run.status == "failed"]
    if failed:
        return TASK_FAILED if any(run.view is not None and run.view.plan is not None for run in failed) else NO_PLAN
    if any(run.status == "cancelled" for run in heavy):
        return CANCELLED
    if any(run.status == TaskStatus.WAITING for run in heavy):
        return WAITS
    if any(run.status != "completed" for run in heavy):
        return CANCELLED
    found = [run.view.verdict for run in heavy if run.view and run.view.verdict]
    return FINDINGS if fail_on and any(verdict.reaches(fail_on) for verdict in found) else COMPLETED


def body(name: str, runs: Sequence[Run], fail_on: FailOn | None = None) -> dict[str, Json]:
    """The JSON of a batch."""
    return {
        "batch": name,
        "exit_code": exit_code(runs, fail_on),
        "tasks": [
            {
                "id": run.job.id,
                "task_id": run.task_id or None,
                "status": run.status,
                "resumed": run.resumed,
                "seconds": round(run.seconds, 3),
                "outputs": dict(run.view.outputs) if run.view else {},
                **({"verdict": run.view.verdict.model_dump(mode="json")} if run.view and run.view.verdict else {}),
                **({"why": run.why} if run.why else {}),
            }
            for run in runs
        ],
    }


def show(output: Output, runs: Sequence[Run], fail_on: FailOn | None = None) -> None:
    """The batch as a table, and what to do next."""
    columns = (Column("entry", keep=True), Column("status", keep=True), Column("took", align="right"), Column("task"))
    rows: list[list[str | Text]] = []
    for run in runs:
        known = " (before)" if run.resumed else ""
        found = run.view.verdict if run.view and run.status == "completed" else None
        standing = verdict(found, output.glyphs) if found else sign(run.status, output.glyphs)
        status = standing.append(known, style="bright_black")
        rows.append([run.job.id, status, brief(run.seconds) if run.view else "", quiet(run.task_id)])
    output.show(table(columns, rows))
    for run in runs:
        if run.why:
            output.say(f"{output.error_glyphs.status[run.status]} {run.job.id}: {run.why}")
    if runs and all(run.resumed for run in runs):
        output.hint("everything had completed before; --fresh starts over")
    elif exit_code(runs, fail_on) not in (COMPLETED, WAITS, FINDINGS):
        output.hint("run it again to go on where it stopped: what has completed is left alone")
