"""Schedules added from a sentence ("… every night at 2, and mail me"), and removed again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aether_agents.celery_app.due_times import DueTimes
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.submission import planned, task_from
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.views.understood import understood_lines
from aether_agents.contracts import AddedSchedule, Plan
from aether_agents.errors import InvalidSettings, InvalidTask
from aether_agents.orchestrator import scheduling
from aether_agents.orchestrator.scheduling import Times, free_name, settings_of
from aether_agents.planning.sentence.recurrence import Recurrence, read_recurrence
from aether_agents.settings.model import ScheduleSettings
from aether_agents.settings.time_zone import machine_zone


def add_schedule(
    session: Session, sentence: str, name: str | None, times: tuple[str | None, str | None], options: Mapping[str, Any]
) -> int:
    """Plan what a sentence asks for without its time, and keep it with its time: `times` is a crontab and a zone."""
    found = read_recurrence(sentence)
    when, zone = times[0] or found.crontab, times[1] or found.zone or machine_zone()
    if not when:
        raise InvalidTask(_no_time(found))
    _require_told(session, found)
    task = task_from(session, found.task, {**options, "plan_only": True})
    view, plan = planned(session, task)
    if plan is None:
        session.output.hint(
            "a schedule cannot answer questions: say it so that it plans, or give what is missing with -i"
        )
        return ending(session.output, view)
    settings = settings_of(task, Times(when, zone, bool(options.get("yes"))))
    own = DueTimes(name or "it", settings)
    with session.orchestrator() as orchestrator:
        own_name = name or free_name(plan.name, {*session.settings.schedules, *orchestrator.schedules.added()})
        if own_name in session.settings.schedules:
            raise InvalidSettings(f"aether_agent.yaml has a schedule `{own_name}`: choose another name with --name")
        kept = AddedSchedule(
            owner=session.person,
            at=datetime.now(UTC),
            sentence=sentence,
            settings=settings.model_dump(mode="json", exclude_none=True),
            git=task.git,
        )
        if not orchestrator.schedules.add(own_name, kept):
            raise InvalidSettings(
                f"there is a schedule `{own_name}`: `aether-agent schedule remove {own_name}`, or --name"
            )
    _show(session, own_name, settings, own, plan)
    _keep_firing(session)
    return COMPLETED


def remove_schedule(session: Session, name: str) -> int:
    """Forget a schedule that was added. The exit code."""
    with session.past() as orchestrator:
        kept = orchestrator.schedules
        scheduling.remove_schedule(kept, session.settings, name, by=session.person, role="Owner")
        left = kept.added()
    if session.stack is not None and not left:
        session.stack.note_schedules(there=False)
    session.output.good(f"{name} is removed; a task of it that runs goes on")
    return COMPLETED


def _no_time(found: Recurrence) -> str:
    said = f"`{found.said}` is no time that repeats, or more than one" if found.said else "it does not say how often"
    return (
        f"{said}: say `every night`, `every day at 3:30`, `every monday at 6`, `every 15 minutes`, or give "
        '`--crontab "30 3 * * *"`; times are of this machine, or name a zone: `at 3:30 Europe/Berlin`'
    )


def _require_told(session: Session, found: Recurrence) -> None:
    """Whoever is to be told is told by the alerts of the settings; nobody is said to be told who is not."""
    if found.others:
        raise InvalidTask(
            f"`{found.others[0]}`: a schedule tells whom `alerts.to` of aether_agent.yaml names, nobody else; "
            "say it without"
        )
    if found.tell_me and not session.settings.alerts.to:
        raise InvalidTask(
            f"`{found.tell_me[0]}`: nobody would be told. Say where to in aether_agent.yaml "
            "(`alerts: {to: [env:NAME]}`; the variable holds an apprise address such as mailto://…), or say it without"
        )


def _show(session: Session, name: str, settings: ScheduleSettings, slots: DueTimes, plan: Plan) -> None:
    output = session.output
    zone = settings.timezone or "UTC"
    following = slots.after(datetime.now(UTC)).astimezone(ZoneInfo(zone))
    if output.json_wanted:
        when = {"crontab": settings.crontab, "timezone": zone, "next": following.isoformat()}
        output.json({"name": name, "task": settings.task, **when})
        return
    output.good(f"{name}: `{settings.crontab}`, {zone}; next {following:%Y-%m-%d %H:%M} {zone}")
    for line in understood_lines(plan.understood, plan.unused, output.err.width, output.error_glyphs.more):
        output.err.print(line)
    if session.settings.alerts.to:
        output.hint("`alerts.to` is told of a run that fails, and of new findings")
    output.hint(
        "what asks a person waits for one: `aether-agent tasks --waiting`. Missed slots are told by `schedule list`"
    )
    output.hint(f"take it back: aether-agent schedule remove {name}")


def _keep_firing(session: Session) -> None:
    """Say what must keep running, and start it if the person wants that."""
    if session.stack is None:
        session.output.hint("it fires while an `aether-agent beat` runs on this broker")
        return
    session.stack.note_schedules(there=True)
    session.output.hint(
        "it fires while the embedded stack is up, on this machine (`aether-agent up` keeps it, beat with it)"
    )
    if session.may_ask and session.output.confirm("Keep the stack up now?"):
        with session.stack.join_or_start(keep=True, also=("beat",)):
            session.output.good("the embedded stack is kept, and fires; `aether-agent down` ends it")
    elif session.stack.running():  # somebody else keeps it: then it fires from now on
        with session.stack.join_or_start(also=("beat",)):
            session.output.hint("the stack that runs fires it as long as it is kept")
    else:
        session.output.warn("nothing runs now: until `aether-agent up` no slot is run, and each is told as missed")
