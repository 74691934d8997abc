"""Firing: a slot of a schedule becomes a task, once, and what was missed is told."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from aether_agents.celery_app.due_times import Due
from aether_agents.contracts import AddedSchedule, Fired, HighLevelTask
from aether_agents.errors import AetherError, StoreUnavailable
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import ScheduleSettings, Settings
from aether_agents.store import owner_of

log = logging.getLogger(__name__)


def task_of(
    name: str, settings: ScheduleSettings, slot: datetime | None = None, *, added: AddedSchedule | None = None
) -> HighLevelTask:
    """The task of a schedule; of a slot it is always the same one, without a slot (by hand) a new one.

    Args:
        name: the schedule.
        settings: what it asks for, and when.
        slot: the moment it was due.
        added: what was kept of it, if a person added it.

    Raises:
        InvalidTask: the schedule's settings make no task.
    """
    wish = {
        "description": settings.task,
        "type": settings.template,
        "agent_type": settings.specialist,
        "context": settings.context,
        "inputs": settings.inputs,
        "folder": str(settings.folder) if settings.folder else None,
        "priority": settings.priority,
        "timeout_seconds": settings.timeout_seconds,
    }
    if slot is not None:
        wish["task_id"] = hashlib.sha256(f"{name} {slot.isoformat()}".encode()).hexdigest()[:12]
    # By the settings, which are a person's.
    said: dict[str, object] = {"owner": owner_of(name), "assume_yes": settings.yes}
    if added is not None:
        said |= {"added_by": added.owner, "role": added.role, "git": added.git}
    return HighLevelTask.from_dict(wish).model_copy(update=said)


class Firing:
    """Hands slots in through the orchestrator. It connects when the first slot is due."""

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[Settings], Orchestrator],
        added: Mapping[str, AddedSchedule] | None = None,
    ) -> None:
        """`added` are those of the schedules that people added."""
        self._settings = settings
        self._added = added or {}
        self._connect = connect
        self._orchestrator: Orchestrator | None = None

    def fire(self, name: str, due: Due) -> None:
        """Hand in the task of a slot. Safe to repeat: the same slot is the same task.

        Raises:
            StoreUnavailable: the store is away; nothing was handed in.
        """
        orchestrator = self._open()
        for slot in due.missed:
            log.warning("schedule %s: the slot %s was missed, only the latest is run", name, slot.isoformat())
        notes = orchestrator.schedules
        if notes.paused(name):
            log.info("schedule %s: paused, the slot %s is left out", name, due.slot.isoformat())
            notes.fired(name, Fired(slot=due.slot, task_id="", missed=due.total, error="paused"))
            return
        task, error = "", ""
        try:
            wish = self._settings.schedules[name]
            task = orchestrator.submit(task_of(name, wish, due.slot, added=self._added.get(name)))
            log.info("schedule %s: the slot %s is task %s", name, due.slot.isoformat(), task)
        except StoreUnavailable:
            raise
        except AetherError as wrong:
            error = str(wrong)
            log.error("schedule %s: the slot %s makes no task: %s", name, due.slot.isoformat(), error)  # noqa: TRY400
        notes.fired(name, Fired(slot=due.slot, task_id=task, missed=due.total, error=error))

    def close(self) -> None:
        """Close the orchestrator."""
        if self._orchestrator is not None:
            self._orchestrator.close()
            self._orchestrator = None

    def _open(self) -> Orchestrator:
        if self._orchestrator is None:
            self._orchestrator = self._connect(self._settings)
        return self._orchestrator
