"""Run: what `batch` does: a file is read, its tasks are handed in and followed together, and told about."""

from functools import partial
from pathlib import Path

from aether_agents.cli.batch.batch_file import Batch, read_batch
from aether_agents.cli.batch.junit import write_junit
from aether_agents.cli.batch.scheduler import Run, Scheduler
from aether_agents.cli.batch.summary import body, exit_code, show
from aether_agents.cli.session.reconnect import patiently
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.interrupts import Interrupts
from aether_agents.cli.terminal.output import Output
from aether_agents.contracts import FailOn, TaskStatus


def carry_out_batch(
    session: Session,
    file: Path,
    *,
    parallel: int | None,
    fresh: bool,
    junit: Path | None,
    fail_on: FailOn | None = None,
) -> int:
    """Run the batch in a file; the exit code."""
    settings = session.settings
    contexts = list(dict.fromkeys(["local", *settings.contexts]))
    batch = read_batch(file, session.folder, contexts, [one.name for one in session.specialists])
    runs = list(_followed(session, batch, parallel or batch.parallel, fresh=fresh).values())
    if junit is not None:
        write_junit(junit, batch.name, runs)
    if session.output.json_wanted:
        session.output.json(body(batch.name, runs, fail_on))
    else:
        show(session.output, runs, fail_on)
    return exit_code(runs, fail_on)


def _followed(session: Session, batch: Batch, parallel: int, *, fresh: bool) -> dict[str, Run]:
    """Work until nothing can happen any more without a person. The first Ctrl-C cancels, the second leaves."""
    output = session.output
    with session.orchestrator() as orchestrator:
        session.require_worker(orchestrator)
        told, git = partial(_tell, output), session.git
        work = Scheduler(batch, orchestrator, parallel=parallel, fresh=fresh, tell=told, git=git)

        def stop() -> None:
            output.say("cancelling what is under way; once more to leave at once")
            work.stop()

        def lost(is_lost: bool) -> None:
            output.say("connection lost, retrying" if is_lost else "connected again")

        try:
            with Interrupts(stop), output.spinning(f"{batch.name}: {len(batch.jobs)} tasks, {parallel} at once"):
                while patiently(work.turn, lost):
                    if trouble := session.check():
                        output.say(trouble)
                    work.pause()
        finally:
            if any(run.open for run in work.runs.values()):
                session.keep()
        return work.runs


def _tell(output: Output, run: Run) -> None:
    """One line for what was started or joined, and for what ended or waits."""
    before = " before" if run.resumed else ""
    if run.ended or run.status == TaskStatus.WAITING:
        word = "waits for a person" if run.open else run.status
        output.say(f"{output.error_glyphs.status[run.status]} {run.job.id} {word}{before}")
    else:
        what = "goes on" if run.seq else "started"
        output.say(f"{output.error_glyphs.status['running']} {run.job.id} {what} ({run.task_id})")
