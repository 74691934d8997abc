"""Join: the children of a fan-out, as far as what stands beside a sealed document in the store can be believed."""

from aether_agents.contracts import PlannedSubtask
from aether_agents.errors import Tampered

#: Children that nothing fans out to, by far: whoever can write to the store can write any number.
MOST_CHILDREN = 100_000


def children_of(subtask: PlannedSubtask, join: int, count: int) -> tuple[str, ...]:
    """The ids of the children that a join has; none of what is no join.

    Raises:
        Tampered: it has no list to fan out over, so it is none, whatever stands beside it in the store; or too many.
    """
    if join and (subtask.for_each is None or count > MOST_CHILDREN):
        raise Tampered(
            f"the store tells of `{subtask.id}` that it joins the results of {count} others, which is not so"
        )
    return tuple(f"{subtask.id}#{index}" for index in range(count)) if join else ()
