"""KnownSpecialists: the specialists of a worker, read again when a person has changed their files; and its planner."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aether_agents.contracts import Specialist, Template
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.trust.trust import Trust, stamp
from aether_agents.planning.files.templates import FOLDER, gather
from aether_agents.planning.model.model_planner import ModelPlanner
from aether_agents.planning.planner import Planner
from aether_agents.settings.model import Settings
from aether_agents.specialists import DECLARATION, TEMPLATES, TOOL_TABLE, read_specialist

log = logging.getLogger(__name__)

#: Seconds between two looks at the times of the files: many plans at once share a look.
LOOK_EVERY = 0.1


class KnownSpecialists:
    """Called, it gives the specialists as their files are now. Thread-safe.

    Which specialists there are, and so the queues, is settled when the process starts. A file that is wrong changes
    nothing: what was read before goes on, and `faults` says so until it is right again.
    """

    def __init__(self, specialists: Iterable[Specialist]) -> None:
        self._known = tuple(specialists)
        self._stamps = {one.name: _stamps(one) for one in self._known}
        self._faults: dict[str, str] = {}
        self._lock = threading.Lock()
        self._next = time.monotonic() + LOOK_EVERY

    def __call__(self) -> tuple[Specialist, ...]:
        """The specialists; the same tuple for as long as nothing has changed."""
        with self._lock:
            if time.monotonic() >= self._next:
                self._look()
                self._next = time.monotonic() + LOOK_EVERY
            return self._known

    @property
    def faults(self) -> Mapping[str, str]:
        """Why the changed files of a specialist are not used, by its name."""
        with self._lock:
            return dict(self._faults)

    def _look(self) -> None:
        known = tuple(self._read_if_changed(one) for one in self._known)
        if any(now is not before for now, before in zip(known, self._known, strict=True)):
            self._known = known

    def _read_if_changed(self, before: Specialist) -> Specialist:
        stamps = _stamps(before)
        if stamps == self._stamps[before.name]:
            return before
        self._stamps[before.name] = stamps
        try:
            found = read_specialist(Path(before.folder))
        except InvalidSettings as error:
            return self._refused(before, str(error))
        if found.name != before.name:
            return self._refused(before, f"it is called `{found.name}` now: start the workers anew")
        self._faults.pop(before.name, None)
        if found == before:
            return before
        log.info("specialist %s has changed: its files were read again", before.name)
        return found

    def _refused(self, before: Specialist, fault: str) -> Specialist:
        self._faults[before.name] = fault
        log.warning("specialist %s has changed and is not used as it is now: %s", before.name, fault)
        return before


def _stamps(specialist: Specialist) -> tuple[object, ...]:
    """Another one when any file that is read for a specialist was written, added or taken away."""
    if not specialist.folder:
        return ()
    folder = Path(specialist.folder)
    files = [folder / DECLARATION, folder / TOOL_TABLE, *sorted((folder / TEMPLATES).glob("*.yaml"))]
    return tuple((file.name, stamp(file)) for file in files)


class CurrentTemplates:
    """Gives the planner with the templates as their files are now. Thread-safe."""

    def __init__(self, settings: Settings, specialists: KnownSpecialists, model: ModelPlanner | None = None) -> None:
        """`model` drafts what no template does, where one is configured."""
        self._settings = settings
        self._model = model
        self._specialists = specialists
        self._lock = threading.Lock()
        self._read: tuple[Specialist, ...] = ()
        self._planner = self._made(specialists())

    def planner(self) -> tuple[Planner, Sequence[str]]:
        """The planner, and for each specialist whose changed files are wrong that it plans with the ones before."""
        specialists = self._specialists()
        with self._lock:
            if specialists is not self._read:
                self._planner = self._made(specialists)
            return self._planner, [_outdated(name, fault) for name, fault in self._specialists.faults.items()]

    def _made(self, specialists: tuple[Specialist, ...]) -> Planner:
        templates = gather(specialists, self._settings)
        for fault in templates.faults:
            log.warning("%s", fault)
        self._read = specialists
        return Planner(self._settings, templates.known, model=self._model)


def _outdated(name: str, fault: str) -> str:
    return f"the files of the specialist {name} were changed and are wrong, so it is used as it was before: {fault}"


def project_templates(settings: Settings, place: str) -> Sequence[Template]:
    """The trusted templates of the folder that a task was asked in."""
    folder = Path(place) if place else None
    if folder is None or not (folder / FOLDER).is_dir():
        return ()
    try:
        found = gather((), Settings(), folder, Trust(settings.home).is_trusted)
    except InvalidSettings as error:
        log.warning("templates of %s are left out: %s", folder, error)
        return ()
    return found.known
