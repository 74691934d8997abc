"""How often a model may plan anew what a chain of tasks left undone."""

import pytest

from aether_agents.contracts import HighLevelTask, RerunOf
from aether_agents.errors import WrongStatus
from aether_agents.orchestrator.rerun import MOST_REPLANS, _anew


def after(replans: int, kind: str = "retry") -> HighLevelTask:
    of = RerunOf.model_validate({"task_id": "t0", "kind": kind, "replans": replans})
    return HighLevelTask(task_id="t1", description="x", rerun=of)


def test_a_model_plans_the_rest_twice_and_no_more() -> None:
    first = _anew(HighLevelTask(description="x"), "another way")
    assert first == {"anew": True, "said": "another way", "replans": 1}
    assert _anew(after(1), "")["replans"] == MOST_REPLANS
    with pytest.raises(WrongStatus, match="planned anew 2 times already"):
        _anew(after(MOST_REPLANS), "")


def test_a_plain_retry_counts_none_and_a_fork_begins_anew() -> None:
    assert _anew(after(MOST_REPLANS), None) == {"anew": False, "said": "", "replans": 2}
    assert _anew(after(MOST_REPLANS, "fork"), "x")["replans"] == 1
