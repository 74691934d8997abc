"""Near: alerts about what is nearly used up - the store's memory, connections and disk, descriptors, deaf workers."""

from collections.abc import Iterator

from aether_agents.store import Store
from beat.alerts import Alert


def near_their_end(store: Store, percent: float) -> Iterator[Alert]:
    """What is used to more than so many percent, and who takes no messages.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    for strain in store.health.strains():
        if strain.near(percent):
            how = "used up" if strain.share >= 1 else "near its end"
            text = f"{strain.said}: {strain.fix}"
            yield Alert(f"store {strain.what}", f"the store's {strain.what} is {how}", text, "critical", lasting=True)
    for worker in store.presence.alive():
        if 100 * worker.strain > percent:
            text = f"{worker.strain:.0%} of its descriptors are open: raise its limit of open files"
            yield Alert(f"descriptors {worker.name}", f"{worker.name} is near its last descriptor", text, lasting=True)
        if not worker.hears:
            text = "it ends itself, to be started again; its log says more"
            yield Alert(f"deaf {worker.name}", f"{worker.name} takes no messages", text, "critical", lasting=True)
