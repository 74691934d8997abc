"""Scheduling: schedules that people add, list and remove, by their role. Beat fires them (`beat`)."""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from aether_agents.access.roles import require
from aether_agents.celery_app.due_times import DueTimes
from aether_agents.contracts import AddedSchedule, HighLevelTask, Note, Role
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings, InvalidTask
from aether_agents.orchestrator import refining
from aether_agents.orchestrator.sending import require_consent
from aether_agents.settings.model import SCHEDULE_NAME, ScheduleSettings, Settings
from aether_agents.settings.time_zone import is_zone
from aether_agents.store import Store
from aether_agents.store.system.schedules import Schedules

SCHEDULE = re.compile(SCHEDULE_NAME)
_LONGEST = 44


class Removable(Protocol):
    """Where schedules are kept that people added. See `aether_agents.store.system.schedules.Schedules`."""

    def added(self) -> dict[str, AddedSchedule]: ...
    def remove(self, name: str) -> bool: ...


class Times(NamedTuple):
    """When a schedule is due, and whether its questions are answered ahead."""

    crontab: str
    zone: str = "UTC"
    yes: bool = False


class Kept(NamedTuple):
    """A schedule as it is listed."""

    name: str
    settings: ScheduleSettings
    by: str  #: who added it; nobody where the settings name it
    note: Note
    next: datetime | None  #: none while it is paused or off


def settings_of(task: HighLevelTask, times: Times) -> ScheduleSettings:
    """A schedule that does this task at these times; with `yes`, what policy lets one answer ahead is answered.

    Raises:
        InvalidTask: its zone is none.
        InvalidSettings: its crontab is none.
    """
    if not is_zone(times.zone):
        raise InvalidTask(f"`{times.zone}` is no time zone that is known here: write it as `Europe/Berlin`")
    if len(times.crontab.split()) != len(("minute", "hour", "day of month", "month", "day of week")):
        raise InvalidTask(f"`{times.crontab}` is no crontab: five fields, such as `30 3 * * *`")
    wish = {
        "crontab": times.crontab,
        "timezone": None if times.zone == "UTC" else times.zone,
        "task": task.description,
        "template": task.type,
        "specialist": task.agent_type,
        "inputs": task.inputs,
        "context": task.context or None,
        "folder": task.folder or None,
        "priority": task.priority,
        "timeout_seconds": task.timeout_seconds,
        "yes": times.yes,
    }
    made = ScheduleSettings.model_validate(wish)
    DueTimes("it", made)
    return made


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A name for a schedule that no other has."""
    name = wanted.lower().replace(" ", "_")[:_LONGEST]
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 100))) if one not in taken)


def schedule_planned(
    store: Store, settings: Settings, task_id: str, times: Times, name: str = "", *, by: str, role: Role
) -> tuple[str, ScheduleSettings]:
    """Do again and again what a task does that was only planned. Gives the schedule's name and settings.

    Args:
        store: where tasks and schedules are.
        settings: those of this process: which schedules they name, and whether four eyes are wanted.
        task_id: the task; it stays as it is.
        times: when, and with which consent.
        name: its name; one that is made of the plan's without it.
        by: who adds it.
        role: his role, with which each run of it asks.

    Raises:
        NotAllowed: his role may not submit or not approve ahead, or the task is another's.
        TaskNotFound, WrongStatus: there is no such plan.
        InvalidTask, InvalidSettings: times or name do not fit, or the name is taken.
    """
    require(role, "submit")
    task, plan = refining.proposal(store, task_id)
    require(role, "act", own=task.owner == by)
    require_consent(role, assume_yes=times.yes, four_eyes=settings.policy.four_eyes)
    if task.document is not None:
        raise InvalidTask("a plan of a file cannot be scheduled: ask for it with a sentence, or with a template")
    made = settings_of(task, times)
    own = _name(name or free_name(plan.name, {*settings.schedules, *store.schedules.added()}), settings)
    kept = AddedSchedule(
        owner=by,
        at=datetime.now(UTC),
        sentence=task.description,
        settings=made.model_dump(mode="json", exclude_none=True),
        role=role,
        git=task.git,
    )
    if not store.schedules.add(own, kept):
        raise InvalidSettings(f"there is a schedule `{own}`: choose another name, or remove that one first")
    return own, made


def remove_schedule(
    kept: Removable,
    settings: Settings,
    name: str,
    *,
    by: str,
    role: Role,
    sees: Callable[[str], bool] = lambda _owner: True,
) -> None:
    """Forget a schedule that was added; a task of it that runs goes on. `sees`: whether he sees those of an owner.

    Raises:
        InvalidSettings: he sees none of that name among those that were added.
        NotAllowed: it is another's, and the role may not act on that.
    """
    known = {one: added for one, added in kept.added().items() if sees(added.owner)}
    if name in settings.schedules and sees(""):
        raise InvalidSettings(f"`{name}` stands in aether_agent.yaml under `schedules`: take it out there")
    if name in known:
        require(role, "act", own=known[name].owner == by)
    if name not in known or not kept.remove(name):
        there = f"there are: {', '.join(known)}" if known else "none was added"
        raise InvalidSettings(f"no schedule `{name}` was added{nearest(name, known)}; {there}")


def schedules(kept: Schedules, settings: Settings) -> list[Kept]:
    """Those of the settings, and those that were added. One that fits no more is left out, as beat leaves it out."""
    now, notes = datetime.now(UTC), kept.notes()
    known: dict[str, tuple[ScheduleSettings, str]] = {name: (one, "") for name, one in settings.schedules.items()}
    for name, one in kept.added().items():
        with suppress(ValueError):
            known.setdefault(name, (ScheduleSettings.model_validate(one.settings), one.owner))
    found = []
    for name, (own, by) in known.items():
        note = notes.get(name, Note())
        with suppress(InvalidSettings):
            due = DueTimes(name, own).after(now) if own.enabled and not note.paused else None
            found.append(Kept(name, own, by, note, due))
    return found


def _name(name: str, settings: Settings) -> str:
    if not SCHEDULE.fullmatch(name):
        raise InvalidTask(f"`{name}` is no name of a schedule: small letters, digits, `_` and `-`, 48 at most")
    if name in settings.schedules:
        raise InvalidSettings(f"aether_agent.yaml has a schedule `{name}`: choose another name")
    return name
