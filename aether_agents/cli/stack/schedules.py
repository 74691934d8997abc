"""Schedules at the command line: what is done again and again, when, and what became of it."""

from datetime import UTC, datetime
from typing import NamedTuple

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.submission import bring
from aether_agents.cli.terminal.duration import ago
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.tables import Column, quiet, sign, table
from aether_agents.contracts import Json, Note
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings, TaskNotFound
from aether_agents.local.stack_folder import StackFolder
from aether_agents.settings.model import ScheduleSettings
from beat.added import only_added, with_added
from beat.firing import task_of
from beat.service import serve, slots_of

_MOMENT = "%Y-%m-%d %H:%M:%S"
_SIGNS = {"on": "ok", "paused": "paused", "off": "skipped"}


class ScheduleRow(NamedTuple):
    """One schedule as it is listed."""

    name: str
    when: str
    task: str
    status: str  #: on, paused, or off (`enabled: false`)
    next: datetime | None
    last: datetime | None
    last_task: str
    last_status: str  #: of that task, or why there is none
    missed: int
    new: int  #: findings of its last audit that were not there before
    by: str  #: `settings`, or who added it


def schedule_rows(session: Session) -> list[ScheduleRow]:
    """The schedules of the settings, with what is known of each; what is known is nothing while no stack runs."""
    now = datetime.now(UTC)
    rows = []
    with session.running_orchestrator() as orchestrator:
        notes = orchestrator.schedules.notes() if orchestrator is not None else {}
        added = orchestrator.schedules.added() if orchestrator is not None else {}
        settings = session.settings if orchestrator is None else with_added(session.settings, orchestrator.schedules)
        slots = slots_of(settings)
        for name, one in settings.schedules.items():
            note = notes.get(name, Note())
            status = "off" if not one.enabled else "paused" if note.paused else "on"
            became = ""
            if note.fired is not None:
                became = note.fired.error
                if orchestrator is not None and note.fired.task_id:
                    try:
                        became = orchestrator.view(note.fired.task_id).status.value
                    except TaskNotFound:
                        became = "forgotten"
            fired = note.fired
            rows.append(
                ScheduleRow(
                    name,
                    _when(one),
                    one.task,
                    status,
                    slots[name].after(now) if status == "on" else None,
                    fired.slot if fired else None,
                    fired.task_id if fired else "",
                    became,
                    fired.missed if fired else 0,
                    note.audit.new if note.audit else 0,
                    "settings" if name in session.settings.schedules else added[name].owner,
                )
            )
    return rows


def are_asleep(session: Session) -> bool:
    """Whether schedules were added to the embedded stack, which does not run."""
    stack = session.stack
    return stack is not None and not stack.running() and StackFolder(session.settings.home).scheduled.exists()


def rows_as_json(rows: list[ScheduleRow]) -> list[dict[str, Json]]:
    """The rows for programs, moments as ISO 8601."""
    return [
        {key: value.isoformat() if isinstance(value, datetime) else value for key, value in row._asdict().items()}
        for row in rows
    ]


def show_schedules(output: Output, rows: list[ScheduleRow], *, asleep: bool = False) -> None:
    """The schedules as a table; moments are UTC. `asleep`: some were added, and no stack runs that could be asked."""
    if asleep:
        output.warn(
            "schedules were added, and stand in the store of the embedded stack: `aether-agent up` shows and fires them"
        )
    if not rows:
        output.say("aether_agent.yaml has no schedules" if asleep else "there are no schedules")
        output.hint('add one: aether-agent schedule add "Back up ./shop.db every night at 2"')
        output.hint("or in aether_agent.yaml under `schedules`, each with `crontab` or `every`, and `task`")
        return
    columns = (
        Column("schedule", keep=True),
        Column("status", keep=True),
        Column("when", keep=True),
        Column("next (UTC)"),
        Column("last"),
        Column("result"),
        Column("by"),
    )
    output.show(
        table(
            columns,
            [
                (
                    row.name,
                    sign(_SIGNS[row.status], output.glyphs, row.status),
                    row.when,
                    row.next.strftime(_MOMENT) if row.next else "",
                    ago(row.last),
                    quiet(
                        f"{row.last_status} {row.last_task}"
                        + (f", {row.missed} missed" if row.missed else "")
                        + (f", {row.new} new findings" if row.new else "")
                    ),
                    row.by,
                )
                for row in rows
            ],
        )
    )


def run_schedule(session: Session, name: str, *, detach: bool) -> int:
    """Run a schedule's task now, whatever the time; the exit code is the task's."""
    with session.orchestrator(keep=detach) as orchestrator:
        added = only_added(session.settings, orchestrator.schedules).get(name)
        wish = task_of(name, _the(session, orchestrator, name), added=added)
        if added is None:  # of the settings, it commits as who runs it
            wish = wish.model_copy(update={"git": session.git})
        return bring(session, orchestrator, wish, detach=detach)


def pause_schedule(session: Session, name: str, *, pause: bool) -> int:
    """Leave out the slots of a schedule, or fire them again."""
    with session.orchestrator() as orchestrator:
        _the(session, orchestrator, name)
        if pause:
            orchestrator.schedules.pause(name)
            session.output.good(f"{name} is paused: its slots are left out")
            session.output.hint(f"aether-agent schedule resume {name}")
        elif orchestrator.schedules.resume(name):
            session.output.good(f"{name} goes on with its next slot")
        else:
            session.output.say(f"{name} was not paused")
    return COMPLETED


def serve_beat(session: Session) -> int:
    """Fire the schedules until told to end."""
    with session.running_orchestrator() as orchestrator:
        added = orchestrator is not None and bool(orchestrator.schedules.added())
    if not session.settings.wants_beat and not added:
        raise InvalidSettings(
            'there is nothing to do: `aether-agent schedule add "… every night"`, or add `schedules` (or `alerts`) to '
            "aether_agent.yaml"
        )
    serve(session.settings if session.stack is None else session.stack.settings(), session.specialists)
    return COMPLETED


def _the(session: Session, orchestrator: OrchestratorFace, name: str) -> ScheduleSettings:
    known = with_added(session.settings, orchestrator.schedules).schedules
    if name not in known:
        there = f"there are: {', '.join(known)}" if known else "there are none"
        raise InvalidSettings(f"there is no schedule `{name}`{nearest(name, known)}; {there}")
    return known[name]


def _when(one: ScheduleSettings) -> str:
    if one.crontab is None:
        return f"every {one.every:g} s"
    return f"{one.crontab} {one.timezone}" if one.timezone else one.crontab
