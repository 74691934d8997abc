"""Cases: what no template does, told with the nearest plan that the same person completed before."""

from aether_agents.contracts import HighLevelTask
from aether_agents.planning.composition.draft import DRAFT
from aether_agents.planning.editing.cases import nearest_case, offered
from aether_agents.planning.planning_result import Asked, Conclusion, Unplannable
from aether_agents.store import Store

#: Latest tasks among which a case is looked for.
CASES = 100


def with_case(store: Store, conclusion: Conclusion, task: HighLevelTask) -> Conclusion:
    """The same, with the nearest case where a draft is offered or nothing was found.

    Raises:
        StoreUnavailable: the store is away.
    """
    if isinstance(conclusion, Asked) and DRAFT in conclusion.intervention.choices:
        asked = conclusion.intervention
        return Asked(asked.model_copy(update={"prompt": _told(store, asked.prompt, task)}))
    if isinstance(conclusion, Unplannable) and conclusion.code == "could_not_plan":
        return conclusion._replace(error=_told(store, conclusion.error, task))
    return conclusion


def _told(store: Store, text: str, task: HighLevelTask) -> str:
    return offered(text, nearest_case(task.description, task.owner, store.tasks.recent(CASES)))
