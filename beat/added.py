"""Added: the settings with the schedules that people added beside those of the settings."""

import logging
from typing import Protocol

from pydantic import ValidationError

from aether_agents.celery_app.due_times import DueTimes
from aether_agents.contracts import AddedSchedule
from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import ScheduleSettings, Settings

log = logging.getLogger(__name__)


class SchedulesChanged(Exception):
    """Schedules were added or removed since beat began."""


class Added(Protocol):
    """Where the schedules are kept that people added. See `aether_agents.store.system.schedules.Schedules`."""

    def added(self) -> dict[str, AddedSchedule]: ...


def with_added(settings: Settings, schedules: Added) -> Settings:
    """The settings with what was added; a name that the settings have stays theirs. What fits no more is left out."""
    found = dict(settings.schedules)
    for name, one in schedules.added().items():
        if name in settings.schedules:
            continue
        try:
            added = ScheduleSettings.model_validate(one.settings)
            DueTimes(name, added)
        except (ValidationError, InvalidSettings) as error:
            log.warning("the schedule %s that was added is left out: %s", name, error)
        else:
            found[name] = added
    return settings.model_copy(update={"schedules": found})


def only_added(settings: Settings, schedules: Added) -> dict[str, AddedSchedule]:
    """Those that people added and the settings do not have: who did, with which role, and as whom its runs commit."""
    return {name: one for name, one in schedules.added().items() if name not in settings.schedules}
