"""KnownSpecialists: which specialists there are - those of installed packages, and those that a worker serves now."""

from typing import NamedTuple

from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists
from aether_agents.store import PLANNER, Store


class KnownSpecialist(NamedTuple):
    """A specialist as the page shows it."""

    name: str
    description: str  #: empty where its package is installed with the workers only
    workers: int  #: how many serve its queue now


def known_specialists(settings: Settings, store: Store) -> list[KnownSpecialist]:
    """By name. A package that cannot be loaded here is left out, unless a worker serves it; `doctor` tells of it.

    Raises:
        StoreUnavailable: who is alive cannot be read.
    """
    try:
        described = {one.name: one.description for one in load_specialists(settings)}
    except InvalidSettings:
        described = {}
    served = [queue for worker in store.presence.alive() for queue in worker.queues if queue != PLANNER]
    return [
        KnownSpecialist(name, described.get(name, ""), served.count(name)) for name in sorted({*described, *served})
    ]
