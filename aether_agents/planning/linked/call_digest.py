"""Call digest: what a subtask does, so that two tasks can be compared: nothing that names a task itself counts."""

from collections.abc import Callable, Mapping

from aether_agents.contracts import Json, PlannedSubtask
from aether_agents.planning.validation.digest import portable

#: Writes a value without what names its own task.
Portable = Callable[[Json], Json]

#: The result of a subtask hangs on these. Its tool's definition may have changed since: what is done, is done.
DECISIVE = ("tool", "args", "if_", "for_each", "review", "expect", "verify", "specialist", "context")


def content(subtask: PlannedSubtask, write: Portable) -> Json:
    """What a subtask does, without what names its task."""
    whole = subtask.model_dump(mode="json", include=set(DECISIVE))
    return write(whole)


def writer(places: Mapping[str, str]) -> Portable:
    """Writes values so that they name none of these tasks: `${context.task_id}` for the id, `${context.reports}` for
    the folder of its reports, which stands beside each id.
    """

    def write(value: Json) -> Json:
        for task_id, reports in places.items():
            value = portable(value, task_id, reports)
        return value

    return write
