"""Chronicle: the events of a task as a list, for people or as lines of JSON."""

from rich.text import Text

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import clock
from aether_agents.cli.terminal.glyphs import QUIET, STYLES
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.text import plain
from aether_agents.contracts import Event

_STATUS = {"started": "running", "waiting": "waiting_user_input", "resumed": "running", "progress": "running"}


def show_events(session: Session, task_id: str, *, after: int, follow: bool) -> None:
    """Show the events of a task after a number; with `follow`, until it has ended.

    Raises:
        TaskNotFound: there is no such task.
    """
    output = session.output
    with session.past() as orchestrator:
        session.keep_for(orchestrator.view(task_id))
        for event in orchestrator.follow(task_id, after) if follow else orchestrator.events(task_id, after):
            if output.json_wanted:
                output.json_line(event)
            else:
                output.out.print(event_line(event, output))


def event_line(event: Event, output: Output) -> Text:
    """One event: its number, when, what, about whom, and what was said."""
    state = event.type.value.partition(".")[2]
    status = _STATUS.get(state, state)
    line = Text(f"{event.seq:>4}  {clock(event.at)}  ", style=QUIET)
    line.append(f"{output.glyphs.status.get(status, output.glyphs.dot)} ", style=STYLES.get(status, ""))
    line.append(event.type.value.ljust(18), style=STYLES.get(status, ""))
    line.append(event.subtask_id or "", style="bold")
    if event.specialist:
        line.append(f" ({event.specialist})", style=QUIET)
    message = plain(event.message)
    return line.append(f"  {message}") if message else line
