"""CurrentTemplates: the planner of a worker, made anew when a person has changed a specialist's templates."""

import logging
import threading
from collections.abc import Sequence

from aether_agents.contracts import Specialist
from aether_agents.execution.worker.known_specialists import KnownSpecialists
from aether_agents.planning.files.templates import gather
from aether_agents.planning.planner import Planner
from aether_agents.settings.model import Settings

log = logging.getLogger(__name__)


class CurrentTemplates:
    """Gives the planner with the templates as their files are now. Thread-safe."""

    def __init__(self, settings: Settings, specialists: KnownSpecialists) -> None:
        self._settings = settings
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
        return Planner(self._settings, templates.known)


def _outdated(name: str, fault: str) -> str:
    return f"the files of the specialist {name} were changed and are wrong, so it is used as it was before: {fault}"
